/* SPDX-License-Identifier: ISC */

/* A small hash table in the order in which windows were remembered last, under
 * one lock. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "refusal_cache.h"

struct entry {
	UT_hash_handle hh;
	struct refusal refusal;
	char key[];
};

struct refusal_cache {
	pthread_mutex_t lock;
	struct entry *entries;
	size_t max_windows;
	atomic_size_t count;
};

struct refusal_cache *refusal_cache_new(size_t max_windows)
{
	struct refusal_cache *refusals = alloc_zero(sizeof(*refusals));

	pthread_mutex_init(&refusals->lock, NULL);
	refusals->max_windows = max_windows;
	return refusals;
}

static void refusal_cache_drop(struct refusal_cache *refusals,
			       struct entry *entry)
{
	HASH_DEL(refusals->entries, entry);
	refusals->count--;
	free(entry);
}

void refusal_cache_clear(struct refusal_cache *refusals)
{
	struct entry *entry, *next;

	pthread_mutex_lock(&refusals->lock);
	HASH_ITER (hh, refusals->entries, entry, next)
		refusal_cache_drop(refusals, entry);
	pthread_mutex_unlock(&refusals->lock);
}

void refusal_cache_free(struct refusal_cache **refusals_r)
{
	struct refusal_cache *refusals = *refusals_r;

	if (refusals == NULL)
		return;
	refusal_cache_clear(refusals);
	pthread_mutex_destroy(&refusals->lock);
	free(refusals);
	*refusals_r = NULL;
}

bool refusal_cache_is_empty(const struct refusal_cache *refusals)
{
	return atomic_load_explicit(&refusals->count, memory_order_relaxed) ==
	       0;
}

void refusal_cache_remember(struct refusal_cache *refusals, const char *key,
			    size_t key_length, const struct refusal *refusal)
{
	struct entry *entry;

	pthread_mutex_lock(&refusals->lock);
	HASH_FIND(hh, refusals->entries, key, key_length, entry);
	if (entry == NULL) {
		if (refusals->count >= refusals->max_windows)
			refusal_cache_drop(refusals, refusals->entries);
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

bool refusal_cache_find(struct refusal_cache *refusals, const char *key,
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

void refusal_cache_sweep(struct refusal_cache *refusals, uint64_t now_ms)
{
	pthread_mutex_lock(&refusals->lock);
	while (refusals->entries != NULL &&
	       refusals->entries->refusal.until_ms <= now_ms)
		refusal_cache_drop(refusals, refusals->entries);
	pthread_mutex_unlock(&refusals->lock);
}
