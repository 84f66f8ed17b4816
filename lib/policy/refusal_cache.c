/* SPDX-License-Identifier: ISC */

/* In the order in which windows were remembered last. */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/bounded_table.h"
#include "refusal_cache.h"

struct entry {
	struct bounded_entry head;
	struct refusal refusal;
};

struct refusal_cache {
	struct bounded_table table;
};

struct refusal_cache *refusal_cache_new(size_t max_windows)
{
	struct refusal_cache *cache = alloc_zero(sizeof(*cache));

	bounded_table_init(&cache->table, max_windows, sizeof(struct entry),
			   NULL);
	return cache;
}

void refusal_cache_free(struct refusal_cache **cache_r)
{
	struct refusal_cache *cache = *cache_r;

	if (cache == NULL)
		return;
	bounded_table_destroy(&cache->table);
	free(cache);
	*cache_r = NULL;
}

bool refusal_cache_is_empty(const struct refusal_cache *cache)
{
	return bounded_table_is_empty(&cache->table);
}

void refusal_cache_remember(struct refusal_cache *cache, const char *key,
			    size_t key_length, const struct refusal *refusal)
{
	struct bounded_table *table = &cache->table;
	struct entry *entry;

	bounded_table_lock(table);
	entry = bounded_table_renew(table, key, key_length);
	if (entry == NULL)
		entry = bounded_table_add(table, key, key_length);
	entry->refusal = *refusal;
	bounded_table_unlock(table);
}

bool refusal_cache_find(struct refusal_cache *cache, const char *key,
			size_t key_length, uint64_t now_ms,
			struct refusal *refusal_r)
{
	const struct entry *entry;
	bool is_found;

	bounded_table_lock(&cache->table);
	entry = bounded_table_find(&cache->table, key, key_length);
	is_found = entry != NULL && entry->refusal.until_ms > now_ms;
	if (is_found)
		*refusal_r = entry->refusal;
	bounded_table_unlock(&cache->table);
	return is_found;
}

void refusal_cache_clear(struct refusal_cache *cache)
{
	bounded_table_lock(&cache->table);
	bounded_table_clear(&cache->table);
	bounded_table_unlock(&cache->table);
}

void refusal_cache_sweep(struct refusal_cache *cache, uint64_t now_ms)
{
	struct entry *entry;

	bounded_table_lock(&cache->table);
	while ((entry = bounded_table_first(&cache->table)) != NULL &&
	       entry->refusal.until_ms <= now_ms)
		bounded_table_drop(&cache->table, entry);
	bounded_table_unlock(&cache->table);
}
