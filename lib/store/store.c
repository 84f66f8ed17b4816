/* SPDX-License-Identifier: ISC */

/* The door to the stores: what is the same for each of them. */
#include "store.h"

enum store_answer store_ask(struct store *store, enum store_question question,
			    struct charge *charges, size_t count,
			    uint64_t now_ms)
{
	if (count == 0)
		return STORE_ADMITTED;
	return store->methods->ask(store, question, charges, count, now_ms);
}

enum store_answer store_ask_within(struct store *store,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms,
				   struct store_patience *patience)
{
	if (count == 0)
		return STORE_ADMITTED;
	if (store->methods->ask_within == NULL)
		return store_ask(store, question, charges, count, now_ms);
	return store->methods->ask_within(store, question, charges, count,
					  now_ms, patience);
}

bool store_is_open(const struct store *store)
{
	return store->methods->is_open == NULL ||
	       store->methods->is_open(store);
}

void store_free(struct store **store)
{
	if (*store == NULL)
		return;
	(*store)->methods->free(*store);
	*store = NULL;
}
