/* SPDX-License-Identifier: ISC */
#ifndef WEIR_VERDICT_H
#define WEIR_VERDICT_H

/*
 * What happens to a message, and why. Data only: reply.c makes an SMTP reply
 * of it, an event carries it to the log and the other sinks.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/settings/limit.h"
#include "subject.h"

/* In order of severity. */
enum verdict_kind {
	VERDICT_ACCEPT,
	VERDICT_MONITOR, /* accepted, but a monitor limit is over */
	VERDICT_QUARANTINE,
	VERDICT_TEMPFAIL,
	VERDICT_DISCARD,
	VERDICT_REJECT
};

#define VERDICT_KINDS (VERDICT_REJECT + 1)

enum verdict_cause {
	VERDICT_BY_NOTHING,
	VERDICT_BY_EXEMPTION,
	VERDICT_BY_LIMIT,
	VERDICT_BY_BLOCK,
	VERDICT_BY_FAILURE /* Redis is away, and on_failure says so */
};

struct verdict {
	enum verdict_kind kind;
	enum verdict_cause cause;

	/* With VERDICT_BY_LIMIT and VERDICT_BY_BLOCK: */
	const struct limit *limit; /* of the settings that were asked with;
				      NULL: a block */
	uint64_t order;		   /* the number of the block */
	char subject[SUBJECT_SIZE];
	uint64_t used;	  /* what the window holds */
	uint64_t max;	  /* of the limit, or of an override */
	uint64_t cost;	  /* what this message would add */
	uint64_t wait_ms; /* until it has room, or the block ends;
			     WINDOW_NEVER: the message alone is too much */
	bool is_cached;	  /* Redis was not asked */

	/* Of what is accepted: the window that came nearest to its max, where
	 * that is at half of it or above (near.limit is NULL else). */
	struct verdict_near {
		const struct limit *limit; /* as above */
		char subject[SUBJECT_SIZE];
		uint64_t used, max;
	} near;

	/* A bit for the meter of each limit that looked at the message, at its
	 * end. */
	uint64_t counted[LIMIT_METERS / 64];
};

/* "accept", "monitor", "quarantine" ... */
const char *verdict_name(enum verdict_kind kind);

/* The kind of this name; false when there is none. */
bool verdict_kind_parse(const char *name, enum verdict_kind *kind_r);

/* Is the message, or this recipient, refused? */
bool verdict_refuses(const struct verdict *verdict);

void verdict_accept(struct verdict *verdict_r, enum verdict_cause cause);

/* One limit that is over, or one block, and what it knows. */
struct verdict_claim {
	const struct limit *limit; /* NULL: a block */
	uint64_t order;
	enum limit_action action;
	const char *subject;
	uint64_t used, cost, max;
	uint64_t wait_ms; /* WINDOW_NEVER: the message alone is too much */
	bool is_shared;	  /* other recipients would be refused with it */
};

/*
 * Makes the verdict the one of the claim, if that is more severe, or equally
 * severe with a longer wait. A tempfail of a message that can never fit becomes
 * a reject, because a retry cannot help. A shared claim becomes a tempfail, so
 * that the other recipients can be retried without the one over its limit (or a
 * reject, if it can never fit): their mail is neither rejected nor discarded.
 */
void verdict_weigh(struct verdict *verdict, const struct verdict_claim *claim);

void verdict_note_limit(struct verdict *verdict, const struct limit *limit);

/* A window that a message was let in to, at half of its max or above; the one
 * that is nearest stays. Without effect on what is not accepted. */
void verdict_note_near(struct verdict *verdict,
		       const struct verdict_claim *claim);

#endif
