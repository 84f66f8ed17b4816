/* SPDX-License-Identifier: ISC */

/*
 * A hash table of windows in the order of their last use (uthash keeps the
 * order of insertion; a window that is used is taken out and put in again),
 * under one lock: a charge must see all its windows at once, and takes about
 * a microsecond.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "../base/alloc.h"
#include "store_memory.h"

struct entry {
	UT_hash_handle hh;
	struct window window;
	size_t key_length;
	char key[];
};

struct store_memory {
	struct store store; /* first: a struct store * is one of these */
	pthread_mutex_t lock;
	struct entry *entries;
	size_t max_windows;
	uint64_t evictions;
};

static struct store_memory *memory_of(struct store *store)
{
	return (struct store_memory *)(void *)store;
}

static void memory_evict(struct store_memory *memory)
{
	struct entry *oldest = memory->entries;

	HASH_DEL(memory->entries, oldest);
	free(oldest);
	memory->evictions++;
}

static struct entry *memory_find(struct store_memory *memory,
				 const struct charge *charge)
{
	struct entry *entry;

	HASH_FIND(hh, memory->entries, charge->key, charge->key_length, entry);
	return entry;
}

/* Puts it behind all others: it has just been used. */
static void memory_touch(struct store_memory *memory, struct entry *entry)
{
	HASH_DEL(memory->entries, entry);
	HASH_ADD_KEYPTR(hh, memory->entries, entry->key, entry->key_length,
			entry);
}

static struct entry *memory_make(struct store_memory *memory,
				 const struct charge *charge, uint64_t now_ms)
{
	struct entry *entry = alloc_zero(sizeof(*entry) + charge->key_length);

	if (HASH_COUNT(memory->entries) >= memory->max_windows)
		memory_evict(memory);
	entry->key_length = charge->key_length;
	memcpy(entry->key, charge->key, charge->key_length);
	window_init(&entry->window, &charge->shape, now_ms);
	HASH_ADD_KEYPTR(hh, memory->entries, entry->key, entry->key_length,
			entry);
	return entry;
}

/* The window as it is now, or an empty one, without making it. To be looked
 * at is a use: who is being refused must not be forgotten for it. */
static void memory_look(struct store_memory *memory,
			const struct charge *charge, uint64_t now_ms,
			struct window *window_r)
{
	struct entry *entry = memory_find(memory, charge);

	if (entry == NULL) {
		window_init(window_r, &charge->shape, now_ms);
		return;
	}
	memory_touch(memory, entry);
	*window_r = entry->window;
	window_move(window_r, &charge->shape, now_ms);
}

static void memory_add(struct store_memory *memory, struct charge *charge,
		       uint64_t now_ms)
{
	struct entry *entry = memory_find(memory, charge);

	if (entry == NULL)
		entry = memory_make(memory, charge, now_ms);
	window_move(&entry->window, &charge->shape, now_ms);
	window_add(&entry->window, &charge->shape, charge->cost);
	charge->used = entry->window.used;
}

/* Fills in the answer of one charge as if nothing were charged. */
static void memory_judge(struct store_memory *memory, struct charge *charge,
			 uint64_t now_ms)
{
	struct window window;

	memory_look(memory, charge, now_ms, &window);
	charge->used = window.used;
	charge->wait_ms = window_wait(&window, &charge->shape, now_ms,
				      charge->cost, charge->max);
	charge->shut_ms = charge->wait_ms == 0
				  ? 0
				  : window_wait(&window, &charge->shape, now_ms,
						1, charge->max);
}

/* What is found out about one question before anything is charged. */
struct finding {
	bool is_stopped;
	uint32_t open, taken; /* sets of permits */
};

static bool is_covered(const struct finding *finding,
		       const struct charge *charge)
{
	return (charge->covers & finding->open) != 0;
}

/* Permits that have room in all their windows. */
static uint32_t open_permits(const struct charge *charges, size_t count)
{
	uint32_t named = 0, full = 0;

	for (size_t i = 0; i < count; i++) {
		if (charges[i].permit == 0)
			continue;
		named |= STORE_PERMIT_BIT(charges[i].permit);
		if (charges[i].wait_ms != 0)
			full |= STORE_PERMIT_BIT(charges[i].permit);
	}
	return named & ~full;
}

/* The first open permit that covers it takes it. */
static void memory_find_out(struct charge *charges, size_t count,
			    struct finding *finding_r)
{
	*finding_r = (struct finding){ .open = open_permits(charges, count) };
	for (size_t i = 0; i < count; i++) {
		struct charge *charge = &charges[i];
		uint32_t open = charge->covers & finding_r->open;

		if (open != 0) {
			finding_r->taken |= open & (~open + 1);
			charge->wait_ms = charge->shut_ms = 0;
		} else if (charge->permit == 0 && charge->stops &&
			   charge->wait_ms != 0) {
			finding_r->is_stopped = true;
		}
	}
}

static bool memory_is_charged(enum store_question question,
			      const struct finding *finding,
			      const struct charge *charge)
{
	switch (question) {
	case STORE_PEEK:
		return false;
	case STORE_ADD:
		return true;
	case STORE_CHARGE:
		break;
	}
	if (charge->permit != 0)
		return !finding->is_stopped &&
		       (finding->taken & STORE_PERMIT_BIT(charge->permit)) != 0;
	return (!finding->is_stopped || charge->attempts) &&
	       (!is_covered(finding, charge) || charge->is_own);
}

static enum store_answer memory_ask(struct store *store,
				    enum store_question question,
				    struct charge *charges, size_t count,
				    uint64_t now_ms)
{
	struct store_memory *memory = memory_of(store);
	struct finding finding;

	pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; i < count; i++)
		memory_judge(memory, &charges[i], now_ms);
	memory_find_out(charges, count, &finding);
	for (size_t i = 0; i < count; i++) {
		if (memory_is_charged(question, &finding, &charges[i]))
			memory_add(memory, &charges[i], now_ms);
	}
	pthread_mutex_unlock(&memory->lock);
	return finding.is_stopped && question != STORE_ADD ? STORE_REFUSED
							   : STORE_ADMITTED;
}

static void memory_free(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	struct entry *entry, *next;

	HASH_ITER (hh, memory->entries, entry, next) {
		HASH_DEL(memory->entries, entry);
		free(entry);
	}
	pthread_mutex_destroy(&memory->lock);
	free(memory);
}

struct store *store_memory_new(size_t max_windows)
{
	static const struct store_methods methods = {
		.ask = memory_ask,
		.free = memory_free,
	};
	struct store_memory *memory = alloc_zero(sizeof(*memory));

	memory->store.methods = &methods;
	pthread_mutex_init(&memory->lock, NULL);
	memory->max_windows = max_windows;
	return &memory->store;
}

size_t store_memory_windows(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	size_t windows;

	pthread_mutex_lock(&memory->lock);
	windows = HASH_COUNT(memory->entries);
	pthread_mutex_unlock(&memory->lock);
	return windows;
}

uint64_t store_memory_evictions(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	uint64_t evictions;

	pthread_mutex_lock(&memory->lock);
	evictions = memory->evictions;
	pthread_mutex_unlock(&memory->lock);
	return evictions;
}
