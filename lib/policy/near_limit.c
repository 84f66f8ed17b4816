/* SPDX-License-Identifier: ISC */

/* Two hash tables: callbacks note in one of them, under the lock; the other is
 * of the thread that takes, which empties the first into it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "lib/base/text.h"
#include "lib/settings/limit.h"
#include "near_limit.h"
#include "subject.h"

struct entry {
	UT_hash_handle hh;
	struct near_limit_window window;
	char key[];
};

struct near_limit {
	pthread_mutex_t lock;
	struct entry *entries; /* under lock */
	struct entry *waiting; /* of the thread that takes */
	size_t max_windows;
};

struct near_limit *near_limit_new(size_t max_windows)
{
	struct near_limit *busy = alloc_zero(sizeof(*busy));

	pthread_mutex_init(&busy->lock, NULL);
	busy->max_windows = max_windows;
	return busy;
}

void near_limit_window_clear(struct near_limit_window *window)
{
	free(window->subject);
	free(window->limit);
	memset(window, 0, sizeof(*window));
}

static void drop_all(struct entry **entries)
{
	struct entry *entry;

	while ((entry = *entries) != NULL) {
		HASH_DEL(*entries, entry);
		near_limit_window_clear(&entry->window);
		free(entry);
	}
}

void near_limit_free(struct near_limit **near_limit_r)
{
	struct near_limit *busy = *near_limit_r;

	if (busy == NULL)
		return;
	drop_all(&busy->entries);
	drop_all(&busy->waiting);
	pthread_mutex_destroy(&busy->lock);
	free(busy);
	*near_limit_r = NULL;
}

bool near_limit_is_worth(uint64_t used, uint64_t max)
{
	return used >= max / 2 + max % 2;
}

/* The entry of this window, made if there is room for it. */
static struct entry *near_limit_entry(struct near_limit *busy, const char *key,
				      size_t key_length,
				      const struct near_limit_window *window)
{
	struct entry *entry;

	HASH_FIND(hh, busy->entries, key, key_length, entry);
	if (entry != NULL || HASH_COUNT(busy->entries) >= busy->max_windows)
		return entry;
	entry = alloc_zero(sizeof(*entry) + key_length);
	memcpy(entry->key, key, key_length);
	entry->window.subject = alloc_text(window->subject);
	entry->window.limit = alloc_text(window->limit);
	entry->window.per_ms = window->per_ms;
	HASH_ADD_KEYPTR(hh, busy->entries, entry->key, key_length, entry);
	return entry;
}

void near_limit_note(struct near_limit *busy,
		     const struct near_limit_window *window)
{
	char buffer[WINDOW_KEY_SIZE];
	struct entry *entry;
	struct text key;

	text_init(&key, buffer, sizeof(buffer));
	text_add_format(&key, "%s:%llu:%s", window->limit,
			(unsigned long long)window->per_ms, window->subject);
	pthread_mutex_lock(&busy->lock);
	entry = near_limit_entry(busy, key.data, key.length, window);
	if (entry != NULL) {
		entry->window.used = window->used;
		entry->window.max = window->max;
		entry->window.refused += window->refused;
	}
	pthread_mutex_unlock(&busy->lock);
}

/* Joins what was noted since with what waits from before. */
static void join(struct near_limit *busy, struct entry *noted)
{
	struct entry *entry;

	while ((entry = noted) != NULL) {
		struct entry *old;

		HASH_DEL(noted, entry);
		HASH_FIND(hh, busy->waiting, entry->key, entry->hh.keylen, old);
		if (old == NULL) {
			HASH_ADD_KEYPTR(hh, busy->waiting, entry->key,
					entry->hh.keylen, entry);
			continue;
		}
		old->window.used = entry->window.used;
		old->window.max = entry->window.max;
		old->window.refused += entry->window.refused;
		near_limit_window_clear(&entry->window);
		free(entry);
	}
}

static double weight_of(const struct near_limit_window *window)
{
	return (double)window->refused +
	       (window->max == 0 ? 0
				 : (double)window->used / (double)window->max);
}

/* Equal ones keep their order: HASH_SORT is stable. */
static int heaviest_first(const struct entry *a, const struct entry *b)
{
	double left = weight_of(&a->window), right = weight_of(&b->window);

	return (left < right) - (left > right);
}

static struct entry *take_first(struct near_limit *busy)
{
	struct entry *entry = busy->waiting;

	if (entry != NULL)
		HASH_DEL(busy->waiting, entry);
	return entry;
}

/* The lightest have no room. */
static void bound(struct near_limit *busy)
{
	struct entry *entry, *next;
	size_t count = 0;

	HASH_ITER (hh, busy->waiting, entry, next) {
		if (count++ < busy->max_windows)
			continue;
		HASH_DEL(busy->waiting, entry);
		near_limit_window_clear(&entry->window);
		free(entry);
	}
}

size_t near_limit_take(struct near_limit *busy,
		       struct near_limit_window *windows_r, size_t most)
{
	struct entry *noted, *entry;
	size_t count = 0;

	pthread_mutex_lock(&busy->lock);
	noted = busy->entries;
	busy->entries = NULL;
	pthread_mutex_unlock(&busy->lock);
	join(busy, noted);
	HASH_SORT(busy->waiting, heaviest_first);
	while (count < most && (entry = take_first(busy)) != NULL) {
		windows_r[count++] = entry->window;
		free(entry);
	}
	bound(busy);
	return count;
}
