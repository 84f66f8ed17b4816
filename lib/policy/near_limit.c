/* SPDX-License-Identifier: ISC */

/* Two tables: callbacks note in one, under its lock; the other one belongs to
 * the thread that takes, which moves the entries of the first into it. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bounded_table.h"
#include "lib/base/text.h"
#include "lib/settings/limit.h"
#include "near_limit.h"
#include "subject.h"

struct entry {
	struct bounded_entry head;
	struct near_limit_window window;
};

struct seen {
	struct bounded_entry head;
	uint64_t seen_ms;
};

struct near_limit {
	struct bounded_table noted;
	struct bounded_table waiting; /* of the thread that takes */
	struct bounded_table recent;  /* the longest unseen first */
};

void near_limit_window_clear(struct near_limit_window *window)
{
	free(window->subject);
	free(window->limit);
	memset(window, 0, sizeof(*window));
}

static void entry_clear(void *entry)
{
	near_limit_window_clear(&((struct entry *)entry)->window);
}

static void table_init(struct bounded_table *table, size_t max)
{
	bounded_table_init(table, max, sizeof(struct entry), entry_clear);
}

struct near_limit *near_limit_new(size_t max_windows)
{
	struct near_limit *near = alloc_zero(sizeof(*near));

	table_init(&near->noted, max_windows);
	table_init(&near->waiting, max_windows);
	bounded_table_init(&near->recent, max_windows, sizeof(struct seen),
			   NULL);
	return near;
}

void near_limit_free(struct near_limit **near_r)
{
	struct near_limit *near = *near_r;

	if (near == NULL)
		return;
	bounded_table_destroy(&near->noted);
	bounded_table_destroy(&near->waiting);
	bounded_table_destroy(&near->recent);
	free(near);
	*near_r = NULL;
}

bool near_limit_is_worth(uint64_t used, uint64_t max)
{
	return used >= max / 2 + max % 2;
}

/* The entry of this window, made if there is room for it. */
static struct entry *noted_entry(struct bounded_table *noted,
				 const struct text *key,
				 const struct near_limit_window *window)
{
	struct entry *entry = bounded_table_find(noted, key->data, key->length);

	if (entry != NULL || bounded_table_is_full(noted))
		return entry;
	entry = bounded_table_add(noted, key->data, key->length);
	entry->window.subject = alloc_text(window->subject);
	entry->window.limit = alloc_text(window->limit);
	entry->window.per_ms = window->per_ms;
	return entry;
}

static void entry_update(struct entry *entry,
			 const struct near_limit_window *window)
{
	entry->window.used = window->used;
	entry->window.max = window->max;
	entry->window.refused += window->refused;
}

/* Under lock. */
static void drop_unseen(struct bounded_table *recent, uint64_t now_ms)
{
	struct seen *seen;

	while ((seen = bounded_table_first(recent)) != NULL &&
	       seen->seen_ms + NEAR_LIMIT_MS <= now_ms)
		bounded_table_drop(recent, seen);
}

static void note_seen(struct bounded_table *recent, const struct text *key,
		      uint64_t seen_ms)
{
	struct seen *seen;

	bounded_table_lock(recent);
	drop_unseen(recent, seen_ms);
	seen = bounded_table_renew(recent, key->data, key->length);
	if (seen == NULL)
		seen = bounded_table_add(recent, key->data, key->length);
	seen->seen_ms = seen_ms;
	bounded_table_unlock(recent);
}

size_t near_limit_count(struct near_limit *near, uint64_t now_ms)
{
	struct bounded_table *recent = &near->recent;
	size_t count;

	bounded_table_lock(recent);
	drop_unseen(recent, now_ms);
	count = bounded_table_count(recent);
	bounded_table_unlock(recent);
	return count;
}

void near_limit_note(struct near_limit *near,
		     const struct near_limit_window *window)
{
	char buffer[WINDOW_KEY_SIZE];
	struct entry *entry;
	struct text key;

	text_init(&key, buffer, sizeof(buffer));
	text_add_format(&key, "%s:%llu:%s", window->limit,
			(unsigned long long)window->per_ms, window->subject);
	bounded_table_lock(&near->noted);
	entry = noted_entry(&near->noted, &key, window);
	if (entry != NULL)
		entry_update(entry, window);
	bounded_table_unlock(&near->noted);
	note_seen(&near->recent, &key, window->seen_ms);
}

/* Adds what was noted since the last time to what waits from before. */
static void join(struct bounded_table *waiting, struct bounded_table *noted)
{
	struct entry *entry, *old;

	while ((entry = bounded_table_first(noted)) != NULL) {
		old = bounded_table_find(waiting, entry->head.hh.key,
					 entry->head.hh.keylen);
		if (old == NULL) {
			bounded_table_put(waiting,
					  bounded_table_take(noted, entry));
			continue;
		}
		entry_update(old, &entry->window);
		bounded_table_drop(noted, entry);
	}
}

static double weight_of(const struct near_limit_window *window)
{
	return (double)window->refused +
	       (window->max == 0 ? 0
				 : (double)window->used / (double)window->max);
}

static int heaviest_first(const void *a, const void *b)
{
	double left = weight_of(&((const struct entry *)a)->window);
	double right = weight_of(&((const struct entry *)b)->window);

	return (left < right) - (left > right);
}

/* There is no room for the lightest. */
static void bound(struct bounded_table *waiting)
{
	struct entry *entry, *next = bounded_table_first(waiting);
	size_t count = 0;

	while ((entry = next) != NULL) {
		next = bounded_table_next(entry);
		if (count++ >= waiting->max)
			bounded_table_drop(waiting, entry);
	}
}

size_t near_limit_take(struct near_limit *near,
		       struct near_limit_window *windows_r, size_t max)
{
	struct bounded_table noted;
	struct entry *entry;
	size_t count = 0;

	table_init(&noted, near->noted.max);
	bounded_table_lock(&near->noted);
	bounded_table_move(&near->noted, &noted);
	bounded_table_unlock(&near->noted);
	join(&near->waiting, &noted);
	bounded_table_destroy(&noted);
	bounded_table_sort(&near->waiting, heaviest_first);
	while (count < max &&
	       (entry = bounded_table_first(&near->waiting)) != NULL) {
		windows_r[count++] = entry->window;
		free(bounded_table_take(&near->waiting, entry));
	}
	bound(&near->waiting);
	return count;
}
