/* SPDX-License-Identifier: ISC */

/* A hash table in the order of insertion, under one lock. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "../base/hash_table.h"
#include "../base/text.h"
#include "../settings/limit.h"
#include "busy.h"
#include "subject.h"

struct entry {
	UT_hash_handle hh;
	struct busy_window window;
	char key[];
};

struct busy {
	pthread_mutex_t lock;
	struct entry *entries;
	size_t max_windows;
};

struct busy *busy_new(size_t max_windows)
{
	struct busy *busy = alloc_zero(sizeof(*busy));

	pthread_mutex_init(&busy->lock, NULL);
	busy->max_windows = max_windows;
	return busy;
}

void busy_window_clear(struct busy_window *window)
{
	free(window->subject);
	free(window->limit);
	memset(window, 0, sizeof(*window));
}

static void busy_drop(struct busy *busy, struct entry *entry)
{
	HASH_DEL(busy->entries, entry);
	free(entry);
}

void busy_free(struct busy **busy_r)
{
	struct busy *busy = *busy_r;
	struct entry *entry;

	if (busy == NULL)
		return;
	while ((entry = busy->entries) != NULL) {
		busy_window_clear(&entry->window);
		busy_drop(busy, entry);
	}
	pthread_mutex_destroy(&busy->lock);
	free(busy);
	*busy_r = NULL;
}

bool busy_is_worth(uint64_t used, uint64_t max)
{
	return used >= max / 2 + max % 2;
}

/* The entry of this window, made if there is room for it. */
static struct entry *busy_entry(struct busy *busy, const char *key,
				size_t key_length,
				const struct busy_window *window)
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

void busy_note(struct busy *busy, const struct busy_window *window)
{
	char buffer[WINDOW_KEY_SIZE];
	struct entry *entry;
	struct text key;

	text_init(&key, buffer, sizeof(buffer));
	text_add_format(&key, "%s:%llu:%s", window->limit,
			(unsigned long long)window->per_ms, window->subject);
	pthread_mutex_lock(&busy->lock);
	entry = busy_entry(busy, key.data, key.length, window);
	if (entry != NULL) {
		entry->window.used = window->used;
		entry->window.max = window->max;
		entry->window.refused += window->refused;
	}
	pthread_mutex_unlock(&busy->lock);
}

size_t busy_take(struct busy *busy, struct busy_window *windows_r, size_t most)
{
	struct entry *entry;
	size_t count = 0;

	pthread_mutex_lock(&busy->lock);
	while (count < most && (entry = busy->entries) != NULL) {
		windows_r[count++] = entry->window;
		busy_drop(busy, entry);
	}
	pthread_mutex_unlock(&busy->lock);
	return count;
}
