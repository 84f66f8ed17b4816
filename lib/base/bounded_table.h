/* SPDX-License-Identifier: ISC */
#ifndef WEIR_BOUNDED_TABLE_H
#define WEIR_BOUNDED_TABLE_H

/*
 * Entries by key, in the order in which they were added or renewed, and at most
 * max of them: for everything that is kept for each address or window.
 *
 * An entry is a struct of the caller whose first member is a struct
 * bounded_entry:
 *
 *	struct refusal { struct bounded_entry head; uint64_t until_ms; };
 *
 * The table allocates, links and frees it. All calls are made with the lock of
 * the table held (or another one of the caller's, always the same), but for
 * bounded_table_is_empty() and bounded_table_count().
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "hash_table.h"

/* The key, any bytes and a NUL behind them, is hh.key with hh.keylen bytes. */
struct bounded_entry {
	UT_hash_handle hh;
};

struct bounded_table {
	pthread_mutex_t lock;
	struct bounded_entry *entries; /* the oldest first */
	atomic_size_t count;
	size_t max, entry_size;
	void (*clear)(void *entry); /* frees what an entry holds; or NULL */
};

/* max is at least 1; entry_size is the sizeof of the caller's struct. */
void bounded_table_init(struct bounded_table *table, size_t max,
			size_t entry_size, void (*clear)(void *entry));
void bounded_table_destroy(struct bounded_table *table);

/* Cost nothing, and need no lock. */
size_t bounded_table_count(const struct bounded_table *table);
bool bounded_table_is_empty(const struct bounded_table *table);

void bounded_table_lock(struct bounded_table *table);
void bounded_table_unlock(struct bounded_table *table);

bool bounded_table_is_full(const struct bounded_table *table);

/* The entry of this key, or NULL. renew also makes it the newest. */
void *bounded_table_find(const struct bounded_table *table, const char *key,
			 size_t key_length);
void *bounded_table_renew(struct bounded_table *table, const char *key,
			  size_t key_length);

/* A new entry, zeroed but for its head, the newest; never NULL. If the table is
 * full, the oldest one is dropped. The key, which is copied, must be new. */
void *bounded_table_add(struct bounded_table *table, const char *key,
			size_t key_length);

/* The oldest, and the one behind an entry; NULL: there is none. */
void *bounded_table_first(const struct bounded_table *table);
void *bounded_table_next(const void *entry);

/* Removes and frees one entry, or all. */
void bounded_table_drop(struct bounded_table *table, void *entry);
void bounded_table_clear(struct bounded_table *table);

/* Removes an entry, which is the caller's to free with free(), or to put into
 * another table of the same struct, as the newest, whatever its max. */
void *bounded_table_take(struct bounded_table *table, void *entry);
void bounded_table_put(struct bounded_table *table, void *entry);

/* Moves all entries to an empty table of the same struct, at once. */
void bounded_table_move(struct bounded_table *from, struct bounded_table *to);

/* Changes the order; equal ones keep theirs. compare is that of qsort(). */
void bounded_table_sort(struct bounded_table *table,
			int (*compare)(const void *a, const void *b));

#endif
