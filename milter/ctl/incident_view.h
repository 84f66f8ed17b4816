/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_VIEW_H
#define WEIR_INCIDENT_VIEW_H

/*
 * All that `weirctl incident` shows of one incident, read once for people and
 * for --json. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/fleet/incident.h"
#include "lib/fleet/order_book.h"
#include "context.h"

/*
 * What the journal of this host has of an incident: what Redis does not know,
 * the messages with their headers. Reads the files of the days since it was
 * opened.
 */
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

/* The most frequent value of a header (see headers_json()) among the samples
 * that show their headers; "" where none has it. seen_r: how many show their
 * headers. */
const char *incident_evidence_top(const struct incident_evidence *evidence,
				  const char *header, size_t *count_r,
				  size_t *seen_r);

struct incident_view {
	const struct settings *settings;
	const char *path; /* of the configuration, if -c named it, else NULL */
	struct incident_detail detail;
	struct order_list orders; /* of the whole site */
	struct incident_evidence evidence;
};

/* False when Redis did not answer or refused; the view is empty then.
 * detail.incident.number is 0 where there is no such incident. */
bool incident_view_read(const struct globals *globals, struct context *context,
			uint64_t number, struct incident_view *view_r);
void incident_view_clear(struct incident_view *view);

/* incident_json_detail(), and "orders" and "evidence". The caller's. */
json_t *incident_view_json(const struct incident_view *view);

#endif
