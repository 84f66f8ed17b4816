/* SPDX-License-Identifier: ISC */

/*
 * The answer to a peek is that to a charge, but for what the charge adds. What
 * a window is owed stands in its newest bucket, and so is there for as long as
 * the window: the others have room in what it leaves of max.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "store_whatif.h"

#define ADDITIONS_MAX 10000 /* windows; what more are owed is left out */

struct addition {
	char *key;
	size_t key_length;
	uint64_t cost;
};

struct store_whatif {
	struct store store; /* first: the one is found by the other */
	struct store *inner;
	struct addition *additions;
	size_t addition_count;
};

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return a > WINDOW_COUNT_MAX - b ? WINDOW_COUNT_MAX : a + b;
}

/* additions */

static struct addition *find_addition(const struct store_whatif *dry,
				      const struct charge *charge)
{
	for (size_t i = 0; i < dry->addition_count; i++)
		if (dry->additions[i].key_length == charge->key_length &&
		    memcmp(dry->additions[i].key, charge->key,
			   charge->key_length) == 0)
			return &dry->additions[i];
	return NULL;
}

static void add_addition(struct store_whatif *dry, const struct charge *charge)
{
	struct addition *addition = find_addition(dry, charge);

	if (addition != NULL) {
		addition->cost = sum_of(addition->cost, charge->cost);
		return;
	}
	if (dry->addition_count == ADDITIONS_MAX)
		return;
	dry->additions = alloc_resize(dry->additions, dry->addition_count + 1,
				      sizeof(*dry->additions));
	dry->additions[dry->addition_count++] =
		(struct addition){ alloc_copy(charge->key, charge->key_length),
				   charge->key_length, charge->cost };
}

/* until cost has room beside what was added alone, the last to leave the window
 */
static uint64_t wait_for(uint64_t added, uint64_t cost,
			 const struct charge *charge, uint64_t now_ms)
{
	struct window window;

	window_init(&window, &charge->shape, now_ms);
	window_add(&window, &charge->shape, added);
	return window_wait(&window, &charge->shape, now_ms, cost, charge->max);
}

/* asked: the answer about what what was added leaves of max. */
static void take_answer(struct charge *charge, const struct charge *asked,
			uint64_t added, uint64_t now_ms)
{
	charge->used = sum_of(asked->used, added);
	charge->wait_ms = asked->wait_ms;
	charge->shut_ms = asked->shut_ms;
	if (added == 0 || asked->wait_ms == 0)
		return;
	if (asked->cost > asked->max)
		charge->wait_ms = wait_for(added, charge->cost, charge, now_ms);
	if (asked->max == 0)
		charge->shut_ms = wait_for(added, 1, charge, now_ms);
}

static enum store_answer peek(struct store_whatif *dry, struct charge *charges,
			      size_t count, uint64_t now_ms)
{
	struct charge *asked = alloc_array(count, sizeof(*asked));
	uint64_t *added = alloc_array(count, sizeof(*added));
	enum store_answer answer;

	for (size_t i = 0; i < count; i++) {
		const struct addition *addition = find_addition(dry,
								&charges[i]);

		added[i] = addition == NULL ? 0 : addition->cost;
		asked[i] = charges[i];
		asked[i].max -= added[i] < asked[i].max ? added[i]
							: asked[i].max;
		/* what was added alone is too much, also for what costs nothing
		 */
		if (added[i] > charges[i].max && asked[i].cost == 0)
			asked[i].cost = 1;
	}
	answer = store_ask(dry->inner, STORE_PEEK, asked, count, now_ms);
	for (size_t i = 0; i < count && answer != STORE_UNAVAILABLE; i++)
		take_answer(&charges[i], &asked[i], added[i], now_ms);
	free(added);
	free(asked);
	return answer;
}

/* A window that a permit covers has room, and so is none of these. */
static void add_cost(struct charge *charge, enum store_answer answer)
{
	if (charge->permit != 0 || charge->wait_ms == 0)
		return;
	if (answer == STORE_ADMITTED || charge->attempts)
		charge->used = sum_of(charge->used, charge->cost);
}

static enum store_answer dry_ask(struct store *store,
				 enum store_question question,
				 struct charge *charges, size_t count,
				 uint64_t now_ms)
{
	struct store_whatif *dry = (struct store_whatif *)(void *)store;
	enum store_answer answer = STORE_ADMITTED;

	if (question == STORE_ADD) {
		for (size_t i = 0; i < count; i++)
			add_addition(dry, &charges[i]);
		return answer;
	}
	answer = peek(dry, charges, count, now_ms);
	if (question == STORE_CHARGE && answer != STORE_UNAVAILABLE)
		for (size_t i = 0; i < count; i++)
			add_cost(&charges[i], answer);
	return answer;
}

static void dry_free(struct store *store)
{
	struct store_whatif *dry = (struct store_whatif *)(void *)store;

	for (size_t i = 0; i < dry->addition_count; i++)
		free(dry->additions[i].key);
	free(dry->additions);
	free(dry);
}

struct store *store_whatif_new(struct store *inner)
{
	static const struct store_methods methods = {
		.ask = dry_ask,
		.free = dry_free,
	};
	struct store_whatif *dry = alloc_zero(sizeof(*dry));

	dry->store.methods = &methods;
	dry->inner = inner;
	return &dry->store;
}
