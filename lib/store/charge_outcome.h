/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHARGE_OUTCOME_H
#define WEIR_CHARGE_OUTCOME_H

/*
 * Without this a store, and whoever keeps books beside one, could disagree
 * about what a message was charged to.
 *
 * What the answers to one question (see store.h) come to: is the message
 * stopped, which permits took it, which windows are charged. charge.lua does
 * the same. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store.h"

struct charge_outcome {
	bool is_stopped;
	uint32_t open, taken; /* sets of permits */
};

/* From wait_ms of each charge, as if nothing were charged; sets it, and
 * shut_ms, to 0 where an open permit covers the window. To look again at
 * charges that have been looked at finds the same. */
void charge_outcome_of(struct charge *charges, size_t count,
		       struct charge_outcome *finding_r);

/* Is this one charged? */
bool charge_is_made(enum store_question question,
		    const struct charge_outcome *finding,
		    const struct charge *charge);

#endif
