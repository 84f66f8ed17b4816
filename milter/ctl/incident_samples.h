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

/* The oldest of the queue: array of objects with "queue_id", "held", "arrived",
 * "sender", "bytes", "recipients" (how many) and "headers" (an array of lines,
 * or null where they could not be read). The caller's. Says on standard error
 * what could not be done. queue is to be opened, by its config and tools; mta
 * is as of queue_open(). */
json_t *incident_samples_read_queue(const struct incident_view *view,
				    struct context *context,
				    struct queue *queue, int mta);
void incident_samples_print_queue(const json_t *queued, FILE *out);

#endif
