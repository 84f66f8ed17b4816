/* SPDX-License-Identifier: ISC */

/*
 * A table of windows under one lock: a charge must see all its windows at
 * once, and takes about a microsecond.
 */
#include <pthread.h>
#include <stdlib.h>

#include "../base/alloc.h"
#include "charge_finding.h"
#include "store_memory.h"
#include "window_table.h"

struct store_memory {
	struct store store; /* first: a struct store * is one of these */
	pthread_mutex_t lock;
	struct window_table windows;
};

static struct store_memory *memory_of(struct store *store)
{
	return (struct store_memory *)(void *)store;
}

/* The window as it is now, or an empty one, without making it. To be looked
 * at is a use: who is being refused must not be forgotten for it. */
static void memory_look(struct store_memory *memory,
			const struct charge *charge, uint64_t now_ms,
			struct window *window_r)
{
	const struct window_entry *entry =
		window_table_find(&memory->windows, charge);

	if (entry == NULL) {
		window_init(window_r, &charge->shape, now_ms);
		return;
	}
	*window_r = entry->window;
	window_move(window_r, &charge->shape, now_ms);
}

static void memory_add(struct store_memory *memory, struct charge *charge,
		       uint64_t now_ms)
{
	struct window_entry *entry =
		window_table_make(&memory->windows, charge, now_ms);

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

static enum store_answer memory_ask(struct store *store,
				    enum store_question question,
				    struct charge *charges, size_t count,
				    uint64_t now_ms)
{
	struct store_memory *memory = memory_of(store);
	struct charge_finding finding;

	pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; i < count; i++)
		memory_judge(memory, &charges[i], now_ms);
	charge_find_out(charges, count, &finding);
	for (size_t i = 0; i < count; i++) {
		if (charge_is_made(question, &finding, &charges[i]))
			memory_add(memory, &charges[i], now_ms);
	}
	pthread_mutex_unlock(&memory->lock);
	return finding.is_stopped && question != STORE_ADD ? STORE_REFUSED
							   : STORE_ADMITTED;
}

static void memory_free(struct store *store)
{
	struct store_memory *memory = memory_of(store);

	window_table_clear(&memory->windows);
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
	memory->windows.max_windows = max_windows;
	return &memory->store;
}

size_t store_memory_windows(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	size_t windows;

	pthread_mutex_lock(&memory->lock);
	windows = window_table_count(&memory->windows);
	pthread_mutex_unlock(&memory->lock);
	return windows;
}

uint64_t store_memory_evictions(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	uint64_t evictions;

	pthread_mutex_lock(&memory->lock);
	evictions = memory->windows.evictions;
	pthread_mutex_unlock(&memory->lock);
	return evictions;
}
