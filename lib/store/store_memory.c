/* SPDX-License-Identifier: ISC */

/*
 * A table of windows under one lock: a charge must see all its windows at
 * once, and takes about a microsecond.
 */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "store_memory.h"
#include "window_table.h"

struct store_memory {
	struct store store; /* first: a struct store * is one of these */
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

	bounded_table_lock(&memory->windows.table);
	answer = window_table_ask(&memory->windows, NULL, question, charges,
				  count, now_ms);
	bounded_table_unlock(&memory->windows.table);
	return answer;
}

static void memory_free(struct store *store)
{
	struct store_memory *memory = memory_of(store);

	bounded_table_destroy(&memory->windows.table);
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
	window_table_init(&memory->windows, max_windows);
	return &memory->store;
}

size_t store_memory_windows(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	size_t windows;

	bounded_table_lock(&memory->windows.table);
	windows = bounded_table_count(&memory->windows.table);
	bounded_table_unlock(&memory->windows.table);
	return windows;
}

uint64_t store_memory_evictions(struct store *store)
{
	struct store_memory *memory = memory_of(store);
	uint64_t evictions;

	bounded_table_lock(&memory->windows.table);
	evictions = memory->windows.evictions;
	bounded_table_unlock(&memory->windows.table);
	return evictions;
}
