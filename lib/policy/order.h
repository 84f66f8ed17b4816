/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDER_H
#define WEIR_ORDER_H

/*
 * One order of an operator about a subject, as plain data: who gave it, when,
 * why, and when it ends.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/settings/limit.h"

enum order_kind {
	ORDER_BLOCK,   /* this subject's mail is refused, held or discarded */
	ORDER_PERMIT,  /* announced bulk mail, in a time and a budget */
	ORDER_OVERRIDE /* another max of one limit for this subject */
};

/* The end of an order that lasts until it is lifted: that of the year 9999, so
 * that every version of weir can read it. */
#define ORDER_EVER_MS UINT64_C(253402300799999)

struct order {
	uint64_t id;	   /* from 1; never used twice */
	uint64_t given_as; /* its first number, where another order has that by
			      now: Redis had forgotten it; 0: id */
	enum order_kind kind;
	char *subject;	  /* its text, as of subject_add() */
	unsigned int key; /* its dimensions */
	/* Milliseconds since the epoch, on Redis's clock (or, in a snapshot of
	 * orders.h, on that of the policy): in force from from_ms on, and no
	 * longer at until_ms. */
	uint64_t created_ms, from_ms, until_ms;
	/* In such a snapshot: how long it lasts in all, also where it began
	 * before that clock did. 0 elsewhere. */
	uint64_t span_ms;
	char *by, *reason; /* never NULL in an order that is in force */
	char *owner;	   /* of a permit; "" else */

	enum limit_action action;      /* of a block; never LIMIT_MONITOR */
	uint64_t messages, per_minute; /* of a permit; per_minute 0: any */
	char **limits;		       /* of a permit: the limits that do not
					  hold, none: all; of an override: one */
	size_t limit_count;
	uint64_t max; /* of an override, in the limit's unit */
};

/* "block", "permit", "override" */
const char *order_kind_name(enum order_kind kind);

bool order_is_in_force(const struct order *order, uint64_t now_ms);

/* Does it speak of this limit? An order that names none speaks of all. */
bool order_names(const struct order *order, const char *limit);

/* The number that its budget is counted under, and that it is known again by
 * together with created_ms. */
uint64_t order_first_number(const struct order *order);

/* copy_r is the caller's to clear. */
void order_copy(const struct order *order, struct order *copy_r);

/* Frees what it holds, leaves {0}. */
void order_clear(struct order *order);

#endif
