/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WINDOW_TABLE_H
#define WEIR_WINDOW_TABLE_H

/*
 * Windows by key, in the order of their last use, and at most max_windows of
 * them: a new one replaces the one longest unused. Not thread-safe: the owner
 * has a lock.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bounded_table.h"
#include "store.h"

struct window_entry {
	struct bounded_entry head;
	struct window_shape shape;
	struct window window;
	unsigned int mark; /* that of the table when it was made; the owner's */
	uint64_t charged_ms; /* last; 0: never */
};

struct window_table {
	struct bounded_table table;
	unsigned int mark; /* of new windows; the owner's */
	uint64_t evictions;
};

/* max_windows is at least 1. */
void window_table_init(struct window_table *table, size_t max_windows);

/* The window of the charge's key, which has now been used; NULL when there is
 * none. It is not moved to any time. */
struct window_entry *window_table_find(struct window_table *table,
				       const struct charge *charge);

/* The same, or an empty one that is made as of now_ms. */
struct window_entry *window_table_make(struct window_table *table,
				       const struct charge *charge,
				       uint64_t now_ms);

/* Charges it, whatever its max; what the window then holds. */
uint64_t window_table_charge(struct window_table *table,
			     const struct charge *charge, uint64_t now_ms);

/*
 * One whole question of store.h: all windows are judged first, then charged or
 * not. What is charged goes to also as well, if that is not NULL.
 */
enum store_answer window_table_ask(struct window_table *table,
				   struct window_table *also,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms);

/* The longest unused one, which has now been used; NULL when there is none. */
struct window_entry *window_table_turn(struct window_table *table);

/* Removes the longest unused one, which the caller frees with free(). NULL when
 * there is none. */
struct window_entry *window_table_pop(struct window_table *table);

#endif
