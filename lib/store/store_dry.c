/* SPDX-License-Identifier: ISC */

/*
 * The answer to a peek is that to a charge, but for what the charge adds. What
 * a window is owed stands in its newest bucket, and so is there for as long as
 * the window: the others have room in what it leaves of max.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "store_dry.h"

#define DEBTS_MOST 10000 /* windows; what more are owed is left out */

struct debt {
	char *key;
	size_t key_length;
	uint64_t cost;
};

struct store_dry {
	struct store store; /* first: the one is found by the other */
	struct store *inner;
	struct debt *debts;
	size_t debt_count;
};

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return a > WINDOW_COUNT_MAX - b ? WINDOW_COUNT_MAX : a + b;
}

/* debts */

static struct debt *find_debt(const struct store_dry *dry,
			      const struct charge *charge)
{
	for (size_t i = 0; i < dry->debt_count; i++)
		if (dry->debts[i].key_length == charge->key_length &&
		    memcmp(dry->debts[i].key, charge->key,
			   charge->key_length) == 0)
			return &dry->debts[i];
	return NULL;
}

static void add_debt(struct store_dry *dry, const struct charge *charge)
{
	struct debt *debt = find_debt(dry, charge);

	if (debt != NULL) {
		debt->cost = sum_of(debt->cost, charge->cost);
		return;
	}
	if (dry->debt_count == DEBTS_MOST)
		return;
	dry->debts = alloc_resize(dry->debts, dry->debt_count + 1,
				  sizeof(*dry->debts));
	dry->debts[dry->debt_count++] =
		(struct debt){ alloc_copy(charge->key, charge->key_length),
			       charge->key_length, charge->cost };
}

/* until cost has room beside the debt alone, the last to leave the window */
static uint64_t wait_for(uint64_t debt, uint64_t cost,
			 const struct charge *charge, uint64_t now_ms)
{
	struct window window;

	window_init(&window, &charge->shape, now_ms);
	window_add(&window, &charge->shape, debt);
	return window_wait(&window, &charge->shape, now_ms, cost, charge->max);
}

/* asked: the answer about what the debt leaves of max. */
static void take_answer(struct charge *charge, const struct charge *asked,
			uint64_t debt, uint64_t now_ms)
{
	charge->used = sum_of(asked->used, debt);
	charge->wait_ms = asked->wait_ms;
	charge->shut_ms = asked->shut_ms;
	if (debt == 0 || asked->wait_ms == 0)
		return;
	if (asked->cost > asked->max)
		charge->wait_ms = wait_for(debt, charge->cost, charge, now_ms);
	if (asked->max == 0)
		charge->shut_ms = wait_for(debt, 1, charge, now_ms);
}

static enum store_answer peek(struct store_dry *dry, struct charge *charges,
			      size_t count, uint64_t now_ms)
{
	struct charge *asked = alloc_array(count, sizeof(*asked));
	uint64_t *debts = alloc_array(count, sizeof(*debts));
	enum store_answer answer;

	for (size_t i = 0; i < count; i++) {
		const struct debt *debt = find_debt(dry, &charges[i]);

		debts[i] = debt == NULL ? 0 : debt->cost;
		asked[i] = charges[i];
		asked[i].max -= debts[i] < asked[i].max ? debts[i]
							: asked[i].max;
		/* the debt alone is too much, also for what costs nothing */
		if (debts[i] > charges[i].max && asked[i].cost == 0)
			asked[i].cost = 1;
	}
	answer = store_ask(dry->inner, STORE_PEEK, asked, count, now_ms);
	for (size_t i = 0; i < count && answer != STORE_UNAVAILABLE; i++)
		take_answer(&charges[i], &asked[i], debts[i], now_ms);
	free(debts);
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
	struct store_dry *dry = (struct store_dry *)(void *)store;
	enum store_answer answer = STORE_ADMITTED;

	if (question == STORE_ADD) {
		for (size_t i = 0; i < count; i++)
			add_debt(dry, &charges[i]);
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
	struct store_dry *dry = (struct store_dry *)(void *)store;

	for (size_t i = 0; i < dry->debt_count; i++)
		free(dry->debts[i].key);
	free(dry->debts);
	free(dry);
}

struct store *store_dry_new(struct store *inner)
{
	static const struct store_methods methods = {
		.ask = dry_ask,
		.free = dry_free,
	};
	struct store_dry *dry = alloc_zero(sizeof(*dry));

	dry->store.methods = &methods;
	dry->inner = inner;
	return &dry->store;
}
