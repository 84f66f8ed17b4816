/* SPDX-License-Identifier: ISC */
/* An order: when it is in force, of which limits, and whose its texts are. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/policy/order.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

START_TEST(test_kinds_have_names)
{
	ck_assert_str_eq(order_kind_name(ORDER_BLOCK), "block");
	ck_assert_str_eq(order_kind_name(ORDER_PERMIT), "permit");
	ck_assert_str_eq(order_kind_name(ORDER_OVERRIDE), "override");
}
END_TEST

static const struct {
	uint64_t from_ms, until_ms, now_ms;
	bool is_in_force;
} times[] = {
	{ 100, 200, 0, false },	  { 100, 200, 99, false },
	{ 100, 200, 100, true },  { 100, 200, 199, true },
	{ 100, 200, 200, false }, { 100, 200, UINT64_MAX, false },
	{ 0, 200, 0, true },	  { 0, UINT64_MAX, UINT64_MAX - 1, true },
	{ 100, 100, 100, false }, { 200, 100, 150, false },
};

START_TEST(test_from_is_in_and_until_is_out)
{
	const struct order order = { .from_ms = times[_i].from_ms,
				     .until_ms = times[_i].until_ms };

	ck_assert_int_eq(order_is_in_force(&order, times[_i].now_ms),
			 times[_i].is_in_force);
}
END_TEST

/* All of it set, on the heap, as readers of orders make it. */
static struct order full_order(void)
{
	struct order order = { .id = 17,
			       .kind = ORDER_PERMIT,
			       .subject = alloc_text("sender:jake@x"),
			       .key = LIMIT_KEY_OF(DIMENSION_SENDER),
			       .created_ms = 1,
			       .from_ms = 2,
			       .until_ms = 3,
			       .by = alloc_text("root"),
			       .reason = alloc_text("a newsletter"),
			       .owner = alloc_text("marketing"),
			       .messages = 4,
			       .per_minute = 5,
			       .limits = alloc_array(2, sizeof(char *)),
			       .limit_count = 2,
			       .max = 6 };

	order.limits[0] = alloc_text("minute");
	order.limits[1] = alloc_text("day");
	return order;
}

START_TEST(test_an_order_names_its_limits)
{
	struct order order = full_order();

	ck_assert(order_names(&order, "minute"));
	ck_assert(order_names(&order, "day"));
	ck_assert(!order_names(&order, "hour"));
	ck_assert(!order_names(&order, "minut"));
	ck_assert(!order_names(&order, "minutes"));
	ck_assert(!order_names(&order, "Day"));
	ck_assert(!order_names(&order, ""));
	order_clear(&order);
	/* without any it speaks of all */
	ck_assert(order_names(&order, "hour"));
}
END_TEST

static void check_full(const struct order *order)
{
	ck_assert_uint_eq(order->id, 17);
	ck_assert_int_eq(order->kind, ORDER_PERMIT);
	ck_assert_str_eq(order->subject, "sender:jake@x");
	ck_assert_uint_eq(order->key, LIMIT_KEY_OF(DIMENSION_SENDER));
	ck_assert_uint_eq(order->created_ms, 1);
	ck_assert_uint_eq(order->from_ms, 2);
	ck_assert_uint_eq(order->until_ms, 3);
	ck_assert_str_eq(order->by, "root");
	ck_assert_str_eq(order->reason, "a newsletter");
	ck_assert_str_eq(order->owner, "marketing");
	ck_assert_uint_eq(order->messages, 4);
	ck_assert_uint_eq(order->per_minute, 5);
	ck_assert_uint_eq(order->limit_count, 2);
	ck_assert_str_eq(order->limits[0], "minute");
	ck_assert_str_eq(order->limits[1], "day");
	ck_assert_uint_eq(order->max, 6);
}

START_TEST(test_a_copy_stands_alone)
{
	struct order order = full_order(), copy;

	order_copy(&order, &copy);
	ck_assert_ptr_ne(copy.subject, order.subject);
	ck_assert_ptr_ne(copy.limits, order.limits);
	order.limits[0][0] = 'x';
	order.subject[0] = 'x';
	order_clear(&order);
	check_full(&copy);
	order_clear(&copy);
}
END_TEST

/* What a command fills in piece by piece, or a step without an order. */
START_TEST(test_a_copy_of_nothing)
{
	const struct order nothing = { 0 };
	struct order copy;

	memset(&copy, 0xff, sizeof(copy));
	order_copy(&nothing, &copy);
	ck_assert_ptr_null(copy.subject);
	ck_assert_ptr_null(copy.by);
	ck_assert_uint_eq(copy.limit_count, 0);
	ck_assert(!order_is_in_force(&copy, 0));
	order_clear(&copy);
}
END_TEST

START_TEST(test_clear_leaves_nothing)
{
	const struct order nothing = { 0 };
	struct order order = full_order();

	order_clear(&order);
	ck_assert_mem_eq(&order, &nothing, sizeof(order));
	order_clear(&order);
	ck_assert_mem_eq(&order, &nothing, sizeof(order));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("order");
	TCase *tcase = tcase_create("order");

	tcase_add_test(tcase, test_kinds_have_names);
	tcase_add_loop_test(tcase, test_from_is_in_and_until_is_out, 0,
			    COUNT_OF(times));
	tcase_add_test(tcase, test_an_order_names_its_limits);
	tcase_add_test(tcase, test_a_copy_stands_alone);
	tcase_add_test(tcase, test_a_copy_of_nothing);
	tcase_add_test(tcase, test_clear_leaves_nothing);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
