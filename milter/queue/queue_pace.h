/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_PACE_H
#define WEIR_QUEUE_PACE_H

/*
 * Without this ten thousand messages that were held would be let go at once,
 * and be the next flood.
 *
 * Acts on a list of messages, oldest first: in great batches, or at so many a
 * minute, evenly spread. Ctrl-C ends it between two batches.
 */
#include <stdbool.h>
#include <stdint.h>

#include "queue.h"

/* A tool of the MTA is run for each message that is released: this many a
 * minute it keeps up with, and so many at once are worth it. */
#define QUEUE_PACE_MAX	  6000
#define QUEUE_DELIVER_MAX 1000

struct queue_outcome {
	uint64_t tried;	 /* messages handed to the MTA's tool */
	uint64_t done;	 /* of those, what it did: the rest was gone */
	bool is_stopped; /* by Ctrl-C or SIGTERM, before the end */
	bool is_failed;	 /* a tool failed: queue->error */
	bool is_waiting; /* released, but for the MTA's next queue run */
};

/*
 * How many messages may be out when elapsed_ms have passed since the first:
 * one at once, then one each 60000 / per_minute ms; at most total. Pure.
 */
uint64_t queue_pace_due(uint64_t per_minute, uint64_t elapsed_ms,
			uint64_t total);

/* Milliseconds from the first until count may be out: the inverse. */
uint64_t queue_pace_when_ms(uint64_t per_minute, uint64_t count);

/* Learns how many messages are done with, at every step; may be NULL. */
typedef void queue_progress(void *context, uint64_t done);

struct queue_pace {
	uint64_t per_minute; /* 0: at once */
	queue_progress *progress;
	void *context;
};

void queue_pace_run(struct queue *queue, enum queue_act act,
		    const struct queue_list *list,
		    const struct queue_pace *pace,
		    struct queue_outcome *outcome_r);

#endif
