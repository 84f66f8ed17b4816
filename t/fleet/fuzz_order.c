/* SPDX-License-Identifier: ISC */
/* An order that is taken is written so that it is taken as the same again. */
#include "lib/fleet/order_json.h"
#include "t/lib/fuzz.h"

static void check_same(const struct order *a, const struct order *b)
{
	HOLDS(a->kind == b->kind && a->key == b->key);
	HOLDS(a->kind != ORDER_BLOCK || a->action == b->action);
	HOLDS(a->created_ms == b->created_ms && a->from_ms == b->from_ms &&
	      a->until_ms == b->until_ms);
	HOLDS(a->messages == b->messages && a->per_minute == b->per_minute &&
	      a->max == b->max);
	HOLDS(strcmp(a->subject, b->subject) == 0);
	HOLDS(strcmp(a->by, b->by) == 0 && strcmp(a->owner, b->owner) == 0 &&
	      strcmp(a->reason, b->reason) == 0);
	HOLDS(a->limit_count == b->limit_count);
	for (size_t i = 0; i < a->limit_count; i++)
		HOLDS(strcmp(a->limits[i], b->limits[i]) == 0);
}

static void check(struct order *order)
{
	char *text = document_write(order_json_make(order));
	struct order again;

	HOLDS(order->subject[0] != '\0');
	HOLDS(order_json_parse(text, strlen(text), &again));
	check_same(order, &again);
	order_clear(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order order;

	if (order_json_parse((const char *)data, size, &order)) {
		check(&order);
		order_clear(&order);
	}
	return 0;
}
