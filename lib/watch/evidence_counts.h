/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EVIDENCE_COUNTS_H
#define WEIR_EVIDENCE_COUNTS_H

/*
 * What was counted of a flood and is in no record of the journal yet: its
 * messages, and the queue ids of those that were held, of which a bounded
 * number is kept. One thread.
 */
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "event.h"

#define EVIDENCE_HELD_MAX 100 /* queue ids in a record */
#define EVIDENCE_IDS_MAX  1000

/* {0} is empty. */
struct evidence_counts {
	uint64_t since_ms; /* steady; 0: nothing was */
	uint64_t stopped, held, bytes;
	int64_t let_in;
	json_t *queue_ids; /* of held messages; NULL: none */
	uint64_t ids_left_out;
};

/* A message that was not let in. */
void evidence_counts_add(struct evidence_counts *counts,
			 const struct event *event);

/* What the other one has, which keeps it. */
void evidence_counts_merge(struct evidence_counts *counts,
			   const struct evidence_counts *other);

/* The members of a record of at most EVIDENCE_HELD_MAX held messages, which are
 * taken out; NULL: there are none. The caller's. */
json_t *evidence_counts_take_held(struct evidence_counts *counts);

/* The members of a record of a minute, whose counts begin anew. The caller's.
 */
json_t *evidence_counts_take_minute(struct evidence_counts *counts);

void evidence_counts_clear(struct evidence_counts *counts);

#endif
