/* SPDX-License-Identifier: ISC */

/* Another store's answers, written down. */
#include <stdlib.h>

#include "../base/alloc.h"
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

static enum store_answer meter_ask(struct store *store,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms)
{
	struct meter *meter = meter_of(store);
	enum store_answer answer = store_ask(meter->inner, question, charges,
					     count, now_ms);

	for (size_t i = 0; i < count; i++) {
		struct tally_row *row = tally_find(meter->tally, charges[i].key,
						   charges[i].key_length);

		if (row == NULL || charges[i].used <= row->peak)
			continue;
		row->peak = charges[i].used;
		row->peak_ms = now_ms;
	}
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
