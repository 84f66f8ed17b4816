/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_SAMPLES_H
#define WEIR_INCIDENT_SAMPLES_H

/*
 * The messages of an incident, for `weirctl incident --samples`: those that the
 * journal of this host has, and the headers of some that are still in the queue
 * of the MTA of this host. One thread.
 */
#include "incident_view.h"
#include "milter/queue/queue.h"

#define INCIDENT_SAMPLES_SHOWN 40 /* of the journal, for people */
#define INCIDENT_SAMPLES_QUEUE 5  /* of the queue */

void incident_samples_print(const struct incident_view *view, FILE *out);

struct incident_samples_queue {
	struct context *context;
	const char *config, *tools; /* as of hold, release and delete */
	int mta;
};

/* The oldest of the queue: array of objects with "queue_id", "held", "arrived",
 * "sender", "bytes", "recipients" (how many) and "headers" (an array of lines,
 * or null where they could not be read). The caller's. Says on standard error
 * what could not be done. */
json_t *incident_samples_read_queue(const struct incident_view *view,
				    const struct incident_samples_queue *where);
void incident_samples_print_queue(const json_t *queued, FILE *out);

#endif
