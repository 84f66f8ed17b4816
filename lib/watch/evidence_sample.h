/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EVIDENCE_SAMPLE_H
#define WEIR_EVIDENCE_SAMPLE_H

/*
 * One message as it is kept as evidence: its envelope, what weir did and why,
 * and its headers where they were seen. Never the body. One thread.
 */
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "event.h"
#include "headers.h"

/* What of a message may be written. */
struct evidence_privacy {
	enum settings_subjects subjects;
	/* Recipients become HMAC-SHA-256 of the address under this key, as
	 * "hmac:" and 32 hex digits: equal ones stay equal. */
	bool hashes_recipients;
	unsigned char key[32];
};

struct evidence_sample {
	struct event *event; /* a copy */
	json_t *headers;     /* NULL: not seen */
	char content[FINGERPRINT_SIZE];
};

/* The caller clears. */
void evidence_sample_make(struct evidence_sample *sample_r,
			  const struct event *event,
			  const struct evidence_privacy *privacy);
void evidence_sample_clear(struct evidence_sample *sample);

/*
 * The members of a journal record: "role", "when", "queue_id", "stage",
 * "verdict", "limit", "subject", "used", "max", "per_ms", "client", "helo",
 * "login", "listener", "sender", "recipients" (the first EVENT_RECIPIENTS_MAX),
 * "recipients_all", "bytes", and where headers were seen "headers" and
 * "content". The caller's.
 */
json_t *evidence_sample_json(const struct evidence_sample *sample,
			     const char *role,
			     const struct evidence_privacy *privacy);

#endif
