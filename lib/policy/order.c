/* SPDX-License-Identifier: ISC */

/* Plain data, and who owns it. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "order.h"

const char *order_kind_name(enum order_kind kind)
{
	static const char *const names[] = {
		[ORDER_BLOCK] = "block",
		[ORDER_PERMIT] = "permit",
		[ORDER_OVERRIDE] = "override",
	};

	return names[kind];
}

bool order_is_in_force(const struct order *order, uint64_t now_ms)
{
	return order->from_ms <= now_ms && now_ms < order->until_ms;
}

bool order_names(const struct order *order, const char *limit)
{
	if (order->limit_count == 0)
		return true;
	for (size_t i = 0; i < order->limit_count; i++)
		if (strcmp(order->limits[i], limit) == 0)
			return true;
	return false;
}

uint64_t order_first_number(const struct order *order)
{
	return order->given_as != 0 ? order->given_as : order->id;
}

void order_copy(const struct order *order, struct order *copy_r)
{
	*copy_r = *order;
	copy_r->subject = alloc_text(order->subject);
	copy_r->by = alloc_text(order->by);
	copy_r->reason = alloc_text(order->reason);
	copy_r->owner = alloc_text(order->owner);
	copy_r->limits = alloc_array(order->limit_count,
				     sizeof(*copy_r->limits));
	for (size_t i = 0; i < order->limit_count; i++)
		copy_r->limits[i] = alloc_text(order->limits[i]);
}

void order_clear(struct order *order)
{
	alloc_free_texts(order->limits, order->limit_count);
	free(order->subject);
	free(order->by);
	free(order->reason);
	free(order->owner);
	memset(order, 0, sizeof(*order));
}
