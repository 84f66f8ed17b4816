/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_EVIDENCE_H
#define WEIR_INCIDENT_EVIDENCE_H

/*
 * What the journal of this host has of an incident: what Redis does not know,
 * the messages with their headers. Reads the files of the days since it was
 * opened. One thread.
 */
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/fleet/incident.h"

#define INCIDENT_SAMPLES_MAX 1000

struct incident_evidence {
	const char *directory; /* of the settings */
	const char *fault;     /* why nothing is known; NULL: it was read */
	size_t records;
	size_t broken, unreadable; /* lines and files, of these days */
	json_t *samples;   /* array of message records, oldest first; at most
			      INCIDENT_SAMPLES_MAX */
	uint64_t held;	   /* queue ids that are listed */
	uint64_t left_out; /* messages that were not recorded */
};

/* settings must outlive it. The caller clears. */
void incident_evidence_read(const struct settings *settings,
			    const struct incident *incident,
			    struct incident_evidence *evidence_r);
void incident_evidence_clear(struct incident_evidence *evidence);

/* The most frequent value of a header (see headers_json()) among the samples
 * that show their headers; "" where none has it. seen_r: how many show their
 * headers. */
const char *incident_evidence_top(const struct incident_evidence *evidence,
				  const char *header, size_t *count_r,
				  size_t *seen_r);

#endif
