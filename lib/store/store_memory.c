/* SPDX-License-Identifier: ISC */

/*
 * A table of windows under one lock: a charge must see all its windows at
 * once, and takes about a microsecond.
 */
#include <pthread.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
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

static enum store_answer memory_ask(struct store *store,
				    enum store_question question,
				    struct charge *charges, size_t count,
				    uint64_t now_ms)
{
	struct store_memory *memory = memory_of(store);
	enum store_answer answer;

	pthread_mutex_lock(&memory->lock);
	answer = window_table_ask(&memory->windows, NULL, question, charges,
				  count, now_ms);
	pthread_mutex_unlock(&memory->lock);
	return answer;
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
