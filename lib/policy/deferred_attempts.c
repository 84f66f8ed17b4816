/* SPDX-License-Identifier: ISC */

/* A hash table of sums in the order of their first entry, under one lock. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "deferred_attempts.h"

struct entry {
	UT_hash_handle hh;
	struct window_shape shape;
	uint64_t cost;
	size_t key_length;
	char *key;
};

struct deferred_attempts {
	pthread_mutex_t lock;
	struct entry *entries;
	size_t max_windows;
	atomic_size_t count;
};

struct deferred_attempts *deferred_attempts_new(size_t max_windows)
{
	struct deferred_attempts *deferred = alloc_zero(sizeof(*deferred));

	pthread_mutex_init(&deferred->lock, NULL);
	deferred->max_windows = max_windows;
	return deferred;
}

/* Takes the entry out and frees it, but not its key. */
static void deferred_attempts_drop(struct deferred_attempts *deferred,
				   struct entry *entry)
{
	HASH_DEL(deferred->entries, entry);
	deferred->count--;
	free(entry);
}

void deferred_attempts_free(struct deferred_attempts **deferred_attempts_r)
{
	struct deferred_attempts *deferred = *deferred_attempts_r;
	struct entry *entry;

	if (deferred == NULL)
		return;
	while ((entry = deferred->entries) != NULL) {
		free(entry->key);
		deferred_attempts_drop(deferred, entry);
	}
	pthread_mutex_destroy(&deferred->lock);
	free(deferred);
	*deferred_attempts_r = NULL;
}

size_t deferred_attempts_count(const struct deferred_attempts *deferred)
{
	return atomic_load_explicit(&deferred->count, memory_order_relaxed);
}

bool deferred_attempts_is_empty(const struct deferred_attempts *deferred)
{
	return deferred_attempts_count(deferred) == 0;
}

static struct entry *deferred_attempts_make(struct deferred_attempts *deferred,
					    const struct charge *charge)
{
	struct entry *entry = alloc_zero(sizeof(*entry));

	entry->key = alloc_copy(charge->key, charge->key_length);
	entry->key_length = charge->key_length;
	entry->shape = charge->shape;
	HASH_ADD_KEYPTR(hh, deferred->entries, entry->key, entry->key_length,
			entry);
	deferred->count++;
	return entry;
}

bool deferred_attempts_add(struct deferred_attempts *deferred,
			   const struct charge *charge)
{
	struct entry *entry;
	bool has_room;

	pthread_mutex_lock(&deferred->lock);
	HASH_FIND(hh, deferred->entries, charge->key, charge->key_length,
		  entry);
	has_room = entry != NULL || deferred->count < deferred->max_windows;
	if (entry == NULL && has_room)
		entry = deferred_attempts_make(deferred, charge);
	if (has_room && entry->cost <= WINDOW_COUNT_MAX - charge->cost)
		entry->cost += charge->cost;
	pthread_mutex_unlock(&deferred->lock);
	return has_room;
}

uint64_t deferred_attempts_take(struct deferred_attempts *deferred,
				const char *key, size_t key_length)
{
	struct entry *entry;
	uint64_t cost = 0;

	pthread_mutex_lock(&deferred->lock);
	HASH_FIND(hh, deferred->entries, key, key_length, entry);
	if (entry != NULL) {
		cost = entry->cost;
		free(entry->key);
		deferred_attempts_drop(deferred, entry);
	}
	pthread_mutex_unlock(&deferred->lock);
	return cost;
}

size_t deferred_attempts_take_some(struct deferred_attempts *deferred,
				   struct charge *charges_r, size_t most)
{
	struct entry *entry;
	size_t count = 0;

	pthread_mutex_lock(&deferred->lock);
	while (count < most && (entry = deferred->entries) != NULL) {
		charges_r[count++] = (struct charge){
			.key = entry->key,
			.key_length = entry->key_length,
			.shape = entry->shape,
			.cost = entry->cost,
			.max = WINDOW_COUNT_MAX,
		};
		deferred_attempts_drop(deferred, entry);
	}
	pthread_mutex_unlock(&deferred->lock);
	return count;
}
