/* SPDX-License-Identifier: ISC */

/* Found by the key of the window, so that a charge needs no other lookup. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bounded_table.h"
#include "tally.h"

struct entry {
	struct bounded_entry head;
	struct tally_row row;
};

struct tally {
	const struct settings *settings;
	struct bounded_table table;
	uint64_t dropped;
};

static void entry_clear(void *entry)
{
	free(((struct entry *)entry)->row.subject);
}

struct tally *tally_new(const struct settings *settings, size_t max_rows)
{
	struct tally *tally = alloc_zero(sizeof(*tally));

	tally->settings = settings;
	bounded_table_init(&tally->table, max_rows, sizeof(struct entry),
			   entry_clear);
	return tally;
}

void tally_free(struct tally **tally_r)
{
	struct tally *tally = *tally_r;

	if (tally == NULL)
		return;
	bounded_table_destroy(&tally->table);
	free(tally);
	*tally_r = NULL;
}

/* The limit that "}:LIMIT:PER" names; limit_count when there is none. */
static size_t limit_of(const struct settings *settings, const char *name,
		       size_t length)
{
	size_t i;

	for (i = 0; i < settings->limit_count; i++)
		if (strlen(settings->limits[i].name) == length &&
		    memcmp(settings->limits[i].name, name, length) == 0)
			break;
	return i;
}

static struct tally_row *make(struct tally *tally, const char *key,
			      size_t key_length)
{
	const char *brace = memrchr(key, '}', key_length);
	const char *name = brace == NULL ? NULL : brace + 2;
	const char *colon = name == NULL || name > key + key_length
				    ? NULL
				    : memchr(name, ':',
					     key_length - (size_t)(name - key));
	struct entry *entry;
	size_t limit;

	if (colon == NULL || key[0] != '{')
		return NULL;
	limit = limit_of(tally->settings, name, (size_t)(colon - name));
	if (limit == tally->settings->limit_count)
		return NULL;
	entry = bounded_table_add(&tally->table, key, key_length);
	entry->row.subject = alloc_copy(key + 1, (size_t)(brace - key) - 1);
	entry->row.limit = limit;
	return &entry->row;
}

struct tally_row *tally_find(struct tally *tally, const char *key,
			     size_t key_length)
{
	struct entry *entry = bounded_table_find(&tally->table, key,
						 key_length);

	if (entry != NULL)
		return &entry->row;
	if (bounded_table_is_full(&tally->table)) {
		tally->dropped++;
		return NULL;
	}
	return make(tally, key, key_length);
}

struct tally_row **tally_rows(struct tally *tally, size_t limit,
			      size_t *count_r)
{
	struct tally_row **rows = alloc_array(
		bounded_table_count(&tally->table) + 1, sizeof(*rows));
	struct entry *entry = bounded_table_first(&tally->table);

	*count_r = 0;
	for (; entry != NULL; entry = bounded_table_next(entry))
		if (entry->row.limit == limit)
			rows[(*count_r)++] = &entry->row;
	return rows;
}

uint64_t tally_dropped(const struct tally *tally)
{
	return tally->dropped;
}
