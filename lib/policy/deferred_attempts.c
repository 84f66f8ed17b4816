/* SPDX-License-Identifier: ISC */

/* Sums, in the order of their first entry. */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/bounded_table.h"
#include "deferred_attempts.h"

struct entry {
	struct bounded_entry head;
	struct window_shape shape;
	uint64_t cost;
};

struct deferred_attempts {
	struct bounded_table table;
};

struct deferred_attempts *deferred_attempts_new(size_t max_windows)
{
	struct deferred_attempts *deferred = alloc_zero(sizeof(*deferred));

	bounded_table_init(&deferred->table, max_windows, sizeof(struct entry),
			   NULL);
	return deferred;
}

void deferred_attempts_free(struct deferred_attempts **deferred_r)
{
	struct deferred_attempts *deferred = *deferred_r;

	if (deferred == NULL)
		return;
	bounded_table_destroy(&deferred->table);
	free(deferred);
	*deferred_r = NULL;
}

size_t deferred_attempts_count(const struct deferred_attempts *deferred)
{
	return bounded_table_count(&deferred->table);
}

bool deferred_attempts_is_empty(const struct deferred_attempts *deferred)
{
	return bounded_table_is_empty(&deferred->table);
}

bool deferred_attempts_add(struct deferred_attempts *deferred,
			   const struct charge *charge)
{
	struct bounded_table *table = &deferred->table;
	struct entry *entry;

	bounded_table_lock(table);
	entry = bounded_table_find(table, charge->key, charge->key_length);
	if (entry == NULL && !bounded_table_is_full(table)) {
		entry = bounded_table_add(table, charge->key,
					  charge->key_length);
		entry->shape = charge->shape;
	}
	if (entry != NULL && entry->cost <= WINDOW_COUNT_MAX - charge->cost)
		entry->cost += charge->cost;
	bounded_table_unlock(table);
	return entry != NULL;
}

uint64_t deferred_attempts_take(struct deferred_attempts *deferred,
				const char *key, size_t key_length)
{
	struct entry *entry;
	uint64_t cost = 0;

	bounded_table_lock(&deferred->table);
	entry = bounded_table_find(&deferred->table, key, key_length);
	if (entry != NULL) {
		cost = entry->cost;
		bounded_table_drop(&deferred->table, entry);
	}
	bounded_table_unlock(&deferred->table);
	return cost;
}

size_t deferred_attempts_take_some(struct deferred_attempts *deferred,
				   struct arena *arena,
				   struct charge *charges_r, size_t max)
{
	struct bounded_table *table = &deferred->table;
	struct entry *entry;
	size_t count = 0;

	bounded_table_lock(table);
	while (count < max && (entry = bounded_table_first(table)) != NULL) {
		charges_r[count++] = (struct charge){
			.key = arena_copy(arena, entry->head.hh.key,
					  entry->head.hh.keylen),
			.key_length = entry->head.hh.keylen,
			.shape = entry->shape,
			.cost = entry->cost,
			.max = WINDOW_COUNT_MAX,
		};
		bounded_table_drop(table, entry);
	}
	bounded_table_unlock(table);
	return count;
}
