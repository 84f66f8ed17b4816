/* SPDX-License-Identifier: ISC */
#ifndef WEIR_POLICY_ORDERS_H
#define WEIR_POLICY_ORDERS_H

/*
 * Without this each test of orders would lay them on the policy in a way of
 * its own.
 *
 * A list of orders that a test fills, and then has obeyed. Included by test
 * programs only, instead of policy_way.h.
 */
#include "lib/base/alloc.h"
#include "t/lib/policy_way.h"

#define HOUR_MS	   UINT64_C(3600000)
#define ORDERS_MAX 12

static struct order list[ORDERS_MAX];
static size_t list_count;
static uint64_t last_id;

static inline struct order *add_order(enum order_kind kind, unsigned int key,
				      const char *subject)
{
	struct order *order = &list[list_count++];

	ck_assert_uint_le(list_count, ORDERS_MAX);
	*order = (struct order){ .id = ++last_id,
				 .kind = kind,
				 .subject = alloc_text(subject),
				 .key = key,
				 .from_ms = now_ms,
				 .until_ms = now_ms + HOUR_MS,
				 .by = alloc_text("root"),
				 .reason = alloc_text("test"),
				 .owner = alloc_text("") };
	return order;
}

static inline void name_limit(struct order *order, const char *limit)
{
	order->limits = alloc_array(1, sizeof(*order->limits));
	order->limits[0] = alloc_text(limit);
	order->limit_count = 1;
}

static inline struct order *add_block(unsigned int key, const char *subject,
				      enum limit_action action)
{
	struct order *order = add_order(ORDER_BLOCK, key, subject);

	order->action = action;
	return order;
}

static inline struct order *add_permit(unsigned int key, const char *subject,
				       uint64_t messages)
{
	struct order *order = add_order(ORDER_PERMIT, key, subject);

	order->messages = messages;
	return order;
}

static inline struct order *add_override(unsigned int key, const char *subject,
					 const char *limit, uint64_t max)
{
	struct order *order = add_order(ORDER_OVERRIDE, key, subject);

	order->max = max;
	name_limit(order, limit);
	return order;
}

static inline void obey(void)
{
	struct orders *orders = orders_new();

	for (size_t i = 0; i < list_count; i++)
		orders_add(orders, &list[i], 0);
	policy_set_orders(policy, &orders);
	ck_assert_ptr_null(orders);
}

static inline void forget_orders(void)
{
	while (list_count != 0)
		order_clear(&list[--list_count]);
}

static inline void start_orders(void)
{
	setup();
	last_id = 0;
}

static inline void stop_orders(void)
{
	forget_orders();
	teardown();
}

#endif
