/* SPDX-License-Identifier: ISC */

/* A small hash table in the order in which windows were remembered last, under
 * one lock. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "refusals.h"

struct entry {
	UT_hash_handle hh;
	struct refusal refusal;
	char key[];
};

struct refusals {
	pthread_mutex_t lock;
	struct entry *entries;
	size_t max_windows;
	atomic_size_t count;
};

struct refusals *refusals_new(size_t max_windows)
{
	struct refusals *refusals = alloc_zero(sizeof(*refusals));

	pthread_mutex_init(&refusals->lock, NULL);
	refusals->max_windows = max_windows;
	return refusals;
}

static void refusals_drop(struct refusals *refusals, struct entry *entry)
{
	HASH_DEL(refusals->entries, entry);
	refusals->count--;
	free(entry);
}

void refusals_clear(struct refusals *refusals)
{
	struct entry *entry, *next;

	pthread_mutex_lock(&refusals->lock);
	HASH_ITER (hh, refusals->entries, entry, next)
		refusals_drop(refusals, entry);
	pthread_mutex_unlock(&refusals->lock);
}

void refusals_free(struct refusals **refusals_r)
{
	struct refusals *refusals = *refusals_r;

	if (refusals == NULL)
		return;
	refusals_clear(refusals);
	pthread_mutex_destroy(&refusals->lock);
	free(refusals);
	*refusals_r = NULL;
}

bool refusals_is_empty(const struct refusals *refusals)
{
	return atomic_load_explicit(&refusals->count, memory_order_relaxed) ==
	       0;
}

void refusals_remember(struct refusals *refusals, const char *key,
		       size_t key_length, const struct refusal *refusal)
{
	struct entry *entry;

	pthread_mutex_lock(&refusals->lock);
	HASH_FIND(hh, refusals->entries, key, key_length, entry);
	if (entry == NULL) {
		if (refusals->count >= refusals->max_windows)
			refusals_drop(refusals, refusals->entries);
		entry = alloc_zero(sizeof(*entry) + key_length);
		memcpy(entry->key, key, key_length);
		refusals->count++;
	} else {
		HASH_DEL(refusals->entries, entry);
	}
	entry->refusal = *refusal;
	HASH_ADD_KEYPTR(hh, refusals->entries, entry->key, key_length, entry);
	pthread_mutex_unlock(&refusals->lock);
}

bool refusals_find(struct refusals *refusals, const char *key,
		   size_t key_length, uint64_t now_ms,
		   struct refusal *refusal_r)
{
	struct entry *entry;
	bool is_found;

	pthread_mutex_lock(&refusals->lock);
	HASH_FIND(hh, refusals->entries, key, key_length, entry);
	is_found = entry != NULL && entry->refusal.until_ms > now_ms;
	if (is_found)
		*refusal_r = entry->refusal;
	pthread_mutex_unlock(&refusals->lock);
	return is_found;
}

void refusals_sweep(struct refusals *refusals, uint64_t now_ms)
{
	pthread_mutex_lock(&refusals->lock);
	while (refusals->entries != NULL &&
	       refusals->entries->refusal.until_ms <= now_ms)
		refusals_drop(refusals, refusals->entries);
	pthread_mutex_unlock(&refusals->lock);
}
