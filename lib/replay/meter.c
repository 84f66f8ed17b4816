/* SPDX-License-Identifier: ISC */

/* Another store's answers, written down. */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "meter.h"

struct meter {
	struct store store; /* first */
	struct store *inner;
	struct tally *tally;
};

static struct meter *meter_of(struct store *store)
{
	return (struct meter *)(void *)store;
}

void meter_note(struct tally *tally, const struct charge *charge, uint64_t used,
		uint64_t now_ms)
{
	struct tally_row *row = tally_find(tally, charge->key,
					   charge->key_length);

	if (row == NULL || used <= row->peak)
		return;
	row->peak = used;
	row->peak_ms = now_ms;
}

static enum store_answer meter_ask(struct store *store,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms)
{
	struct meter *meter = meter_of(store);
	enum store_answer answer = store_ask(meter->inner, question, charges,
					     count, now_ms);

	for (size_t i = 0; i < count; i++)
		meter_note(meter->tally, &charges[i], charges[i].used, now_ms);
	return answer;
}

static void meter_free(struct store *store)
{
	struct meter *meter = meter_of(store);

	store_free(&meter->inner);
	free(meter);
}

struct store *meter_new(struct store *inner, struct tally *tally)
{
	static const struct store_methods methods = { .ask = meter_ask,
						      .free = meter_free };
	struct meter *meter = alloc_zero(sizeof(*meter));

	meter->store.methods = &methods;
	meter->inner = inner;
	meter->tally = tally;
	return &meter->store;
}
