/* SPDX-License-Identifier: ISC */

/* uthash keeps the order of insertion: what is renewed is taken out and put in
 * again, with the hash that it has. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounded_table.h"

void bounded_table_init(struct bounded_table *table, size_t max,
			size_t entry_size, void (*clear)(void *entry))
{
	memset(table, 0, sizeof(*table));
	pthread_mutex_init(&table->lock, NULL);
	table->max = max;
	table->entry_size = entry_size;
	table->clear = clear;
}

void bounded_table_destroy(struct bounded_table *table)
{
	bounded_table_clear(table);
	pthread_mutex_destroy(&table->lock);
}

size_t bounded_table_count(const struct bounded_table *table)
{
	return atomic_load_explicit(&table->count, memory_order_relaxed);
}

bool bounded_table_is_empty(const struct bounded_table *table)
{
	return bounded_table_count(table) == 0;
}

bool bounded_table_is_full(const struct bounded_table *table)
{
	return bounded_table_count(table) >= table->max;
}

void bounded_table_lock(struct bounded_table *table)
{
	pthread_mutex_lock(&table->lock);
}

void bounded_table_unlock(struct bounded_table *table)
{
	pthread_mutex_unlock(&table->lock);
}

static void set_count(struct bounded_table *table)
{
	atomic_store_explicit(&table->count, HASH_COUNT(table->entries),
			      memory_order_relaxed);
}

void *bounded_table_find(const struct bounded_table *table, const char *key,
			 size_t key_length)
{
	struct bounded_entry *head;

	HASH_FIND(hh, table->entries, key, key_length, head);
	return head;
}

void *bounded_table_renew(struct bounded_table *table, const char *key,
			  size_t key_length)
{
	struct bounded_entry *head = bounded_table_find(table, key, key_length);

	if (head != NULL && head->hh.next != NULL) {
		HASH_DEL(table->entries, head);
		HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->entries, head->hh.key,
					    head->hh.keylen, head->hh.hashv,
					    head);
	}
	return head;
}

void *bounded_table_add(struct bounded_table *table, const char *key,
			size_t key_length)
{
	struct bounded_entry *head;
	char *copy;

	if (bounded_table_is_full(table))
		bounded_table_drop(table, table->entries);
	head = alloc_zero(table->entry_size + key_length + 1);
	copy = (char *)head + table->entry_size;
	memcpy(copy, key, key_length);
	HASH_ADD_KEYPTR(hh, table->entries, copy, key_length, head);
	set_count(table);
	return head;
}

void *bounded_table_first(const struct bounded_table *table)
{
	return table->entries;
}

void *bounded_table_next(const void *entry)
{
	const struct bounded_entry *head = entry;

	return head->hh.next;
}

void *bounded_table_take(struct bounded_table *table, void *entry)
{
	struct bounded_entry *head = entry;

	HASH_DEL(table->entries, head);
	set_count(table);
	return entry;
}

void bounded_table_put(struct bounded_table *table, void *entry)
{
	struct bounded_entry *head = entry;

	HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->entries, head->hh.key,
				    head->hh.keylen, head->hh.hashv, head);
	set_count(table);
}

void bounded_table_drop(struct bounded_table *table, void *entry)
{
	bounded_table_take(table, entry);
	if (table->clear != NULL)
		table->clear(entry);
	free(entry);
}

void bounded_table_clear(struct bounded_table *table)
{
	while (table->entries != NULL)
		bounded_table_drop(table, table->entries);
}

void bounded_table_move(struct bounded_table *from, struct bounded_table *to)
{
	to->entries = from->entries;
	from->entries = NULL;
	set_count(from);
	set_count(to);
}

void bounded_table_sort(struct bounded_table *table,
			int (*compare)(const void *a, const void *b))
{
	HASH_SORT(table->entries, compare);
}
