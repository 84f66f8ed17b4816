/* SPDX-License-Identifier: ISC */

/* Found by the key of the window, so that a charge needs no other lookup. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "tally.h"

struct entry {
	UT_hash_handle hh;
	struct tally_row row;
	size_t key_length;
	char *subject;
	char key[];
};

struct tally {
	const struct settings *settings;
	struct entry *entries;
	size_t max_rows;
	uint64_t dropped;
};

struct tally *tally_new(const struct settings *settings, size_t max_rows)
{
	struct tally *tally = alloc_zero(sizeof(*tally));

	tally->settings = settings;
	tally->max_rows = max_rows;
	return tally;
}

void tally_free(struct tally **tally_r)
{
	struct tally *tally = *tally_r;
	struct entry *entry, *next;

	if (tally == NULL)
		return;
	HASH_ITER (hh, tally->entries, entry, next) {
		HASH_DEL(tally->entries, entry);
		free(entry->subject);
		free(entry);
	}
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
	entry = alloc_zero(sizeof(*entry) + key_length);
	memcpy(entry->key, key, key_length);
	entry->key_length = key_length;
	entry->subject = alloc_copy(key + 1, (size_t)(brace - key) - 1);
	entry->row.subject = entry->subject;
	entry->row.limit = limit;
	HASH_ADD_KEYPTR(hh, tally->entries, entry->key, key_length, entry);
	return &entry->row;
}

struct tally_row *tally_find(struct tally *tally, const char *key,
			     size_t key_length)
{
	struct entry *entry;

	HASH_FIND(hh, tally->entries, key, key_length, entry);
	if (entry != NULL)
		return &entry->row;
	if (HASH_COUNT(tally->entries) >= tally->max_rows) {
		tally->dropped++;
		return NULL;
	}
	return make(tally, key, key_length);
}

struct tally_row **tally_rows(struct tally *tally, size_t limit,
			      size_t *count_r)
{
	struct tally_row **rows = alloc_array(HASH_COUNT(tally->entries) + 1,
					      sizeof(*rows));
	struct entry *entry, *next;

	*count_r = 0;
	HASH_ITER (hh, tally->entries, entry, next)
		if (entry->row.limit == limit)
			rows[(*count_r)++] = &entry->row;
	return rows;
}

uint64_t tally_dropped(const struct tally *tally)
{
	return tally->dropped;
}
