/* SPDX-License-Identifier: ISC */

/* A hash table of sums in the order of their first entry, under one lock. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "arrears.h"

struct entry {
	UT_hash_handle hh;
	struct window_shape shape;
	uint64_t cost;
	size_t key_length;
	char *key;
};

struct arrears {
	pthread_mutex_t lock;
	struct entry *entries;
	size_t max_windows;
	atomic_size_t count;
};

struct arrears *arrears_new(size_t max_windows)
{
	struct arrears *arrears = alloc_zero(sizeof(*arrears));

	pthread_mutex_init(&arrears->lock, NULL);
	arrears->max_windows = max_windows;
	return arrears;
}

/* Takes the entry out and frees it, but not its key. */
static void arrears_drop(struct arrears *arrears, struct entry *entry)
{
	HASH_DEL(arrears->entries, entry);
	arrears->count--;
	free(entry);
}

void arrears_free(struct arrears **arrears_r)
{
	struct arrears *arrears = *arrears_r;
	struct entry *entry;

	if (arrears == NULL)
		return;
	while ((entry = arrears->entries) != NULL) {
		free(entry->key);
		arrears_drop(arrears, entry);
	}
	pthread_mutex_destroy(&arrears->lock);
	free(arrears);
	*arrears_r = NULL;
}

size_t arrears_count(const struct arrears *arrears)
{
	return atomic_load_explicit(&arrears->count, memory_order_relaxed);
}

bool arrears_is_empty(const struct arrears *arrears)
{
	return arrears_count(arrears) == 0;
}

static struct entry *arrears_make(struct arrears *arrears,
				  const struct charge *charge)
{
	struct entry *entry = alloc_zero(sizeof(*entry));

	entry->key = alloc_copy(charge->key, charge->key_length);
	entry->key_length = charge->key_length;
	entry->shape = charge->shape;
	HASH_ADD_KEYPTR(hh, arrears->entries, entry->key, entry->key_length,
			entry);
	arrears->count++;
	return entry;
}

bool arrears_add(struct arrears *arrears, const struct charge *charge)
{
	struct entry *entry;
	bool has_room;

	pthread_mutex_lock(&arrears->lock);
	HASH_FIND(hh, arrears->entries, charge->key, charge->key_length, entry);
	has_room = entry != NULL || arrears->count < arrears->max_windows;
	if (entry == NULL && has_room)
		entry = arrears_make(arrears, charge);
	if (has_room && entry->cost <= WINDOW_COUNT_MAX - charge->cost)
		entry->cost += charge->cost;
	pthread_mutex_unlock(&arrears->lock);
	return has_room;
}

uint64_t arrears_take(struct arrears *arrears, const char *key,
		      size_t key_length)
{
	struct entry *entry;
	uint64_t cost = 0;

	pthread_mutex_lock(&arrears->lock);
	HASH_FIND(hh, arrears->entries, key, key_length, entry);
	if (entry != NULL) {
		cost = entry->cost;
		free(entry->key);
		arrears_drop(arrears, entry);
	}
	pthread_mutex_unlock(&arrears->lock);
	return cost;
}

size_t arrears_take_some(struct arrears *arrears, struct charge *charges_r,
			 size_t most)
{
	struct entry *entry;
	size_t count = 0;

	pthread_mutex_lock(&arrears->lock);
	while (count < most && (entry = arrears->entries) != NULL) {
		charges_r[count++] = (struct charge){
			.key = entry->key,
			.key_length = entry->key_length,
			.shape = entry->shape,
			.cost = entry->cost,
			.max = WINDOW_COUNT_MAX,
		};
		arrears_drop(arrears, entry);
	}
	pthread_mutex_unlock(&arrears->lock);
	return count;
}
