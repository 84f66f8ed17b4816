/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDER_MEMORY_H
#define WEIR_ORDER_MEMORY_H

/*
 * What one process knows of the book of orders, so that a Redis that comes back
 * empty, or as it was an hour ago, neither returns lifted blocks nor loses new
 * ones: the orders, those that were lifted, and the windows that were emptied.
 * With each reading it leaves a new mark in Redis, PREFIX:{orders}:known:NAME,
 * in one step with the reading. Where the mark differs, Redis has lost what was
 * read; then both are merged, see order_book.lua. What was lifted stays known
 * for 30 days, at most 10,000 orders; of windows the last 1,000 that were
 * emptied. One thread.
 */
#include <stdbool.h>
#include <stddef.h>

#include "order_book.h"

struct order_memory;

/* prefix and name are copied; name: of this process and no other one, ever.
 * Never NULL. */
struct order_memory *order_memory_new(const char *prefix, const char *name);
void order_memory_free(struct order_memory **memory);

/* Numbers of orders; at most what a log line should have of them. */
#define ORDER_LOOK_SHOWN 5

struct order_ids {
	uint64_t ids[ORDER_LOOK_SHOWN];
	size_t count; /* of all */
};

/* A window that was emptied since the last look. */
struct order_reset {
	char *subject, *limit;
};

/* What a look has found. */
struct order_look {
	bool is_first;	 /* nothing was known before */
	bool is_changed; /* there is a new list */
	/* what Redis had lost and has again: orders; lifts; resets */
	struct order_ids restored, lifted;
	size_t resets_repeated;
	struct order_reset *resets; /* none at the first look */
	size_t reset_count;
};

void order_look_clear(struct order_look *look);

/*
 * Looks whether the book has changed, and if so reads it; puts right what Redis
 * has lost. Two small questions where nothing has changed. False when Redis
 * did not answer or refused: all is known as before, nothing is to be cleared.
 */
bool order_memory_look(struct order_memory *memory, struct redis_client *redis,
		       struct order_look *look_r);

/* As of the last look; {0} before the first. The memory's. */
const struct order_list *order_memory_list(const struct order_memory *memory);

#endif
