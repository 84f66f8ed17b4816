/* SPDX-License-Identifier: ISC */

/* The answer to a peek is that to a charge, but for what the charge adds. */
#include <stdlib.h>

#include "../base/alloc.h"
#include "store_dry.h"

struct store_dry {
	struct store store; /* first: the one is found by the other */
	struct store *inner;
};

/* A window that a permit covers has room, and so is none of these. */
static void add_cost(struct charge *charge, enum store_answer answer)
{
	if (charge->permit != 0 || charge->wait_ms == 0)
		return;
	if (answer == STORE_ADMITTED || charge->attempts)
		charge->used = charge->used > WINDOW_COUNT_MAX - charge->cost
				       ? WINDOW_COUNT_MAX
				       : charge->used + charge->cost;
}

static enum store_answer dry_ask(struct store *store,
				 enum store_question question,
				 struct charge *charges, size_t count,
				 uint64_t now_ms)
{
	struct store_dry *dry = (struct store_dry *)(void *)store;
	enum store_answer answer;

	if (question == STORE_ADD)
		return STORE_ADMITTED;
	answer = store_ask(dry->inner, STORE_PEEK, charges, count, now_ms);
	if (question == STORE_CHARGE && answer != STORE_UNAVAILABLE)
		for (size_t i = 0; i < count; i++)
			add_cost(&charges[i], answer);
	return answer;
}

static void dry_free(struct store *store)
{
	free(store);
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
