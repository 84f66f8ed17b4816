/* SPDX-License-Identifier: ISC */
/* Which orders a message has: by subject, by kind, by time. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/policy/orders.h"

#define SENDER		 LIMIT_KEY_OF(DIMENSION_SENDER)
#define SENDER_DOMAIN	 LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN)
#define RECIPIENT	 LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define RECIPIENT_DOMAIN LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN)
#define CLIENT		 LIMIT_KEY_OF(DIMENSION_CLIENT)
#define AUTH		 LIMIT_KEY_OF(DIMENSION_AUTH)

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct orders *orders;
static struct message message;

static void setup(void)
{
	orders = orders_new();
	message_init(&message);
	message_set_sender(&message, &address_rules_default, "<jake@x>");
	message_add_recipient(&message, &address_rules_default, "<bob@y>");
	message_set_auth(&message, "jake");
	message.has_client = true;
	ck_assert(network_parse("2001:db8::1", &message.client));
}

static void teardown(void)
{
	orders_release(&orders);
	message_clear(&message);
}

/* In force from 100 to 200. */
static void add(uint64_t id, enum order_kind kind, unsigned int key,
		const char *subject)
{
	struct order order = { .id = id,
			       .kind = kind,
			       .subject = (char *)(uintptr_t)subject,
			       .key = key,
			       .from_ms = 100,
			       .until_ms = 200 };

	orders_add(orders, &order, 0);
}

static void add_override(uint64_t id, const char *subject, const char *limit)
{
	char *names[] = { (char *)(uintptr_t)limit };
	struct order order = { .id = id,
			       .kind = ORDER_OVERRIDE,
			       .subject = (char *)(uintptr_t)subject,
			       .key = SENDER,
			       .from_ms = 100,
			       .until_ms = 200,
			       .limits = names,
			       .limit_count = 1,
			       .max = 9 };

	orders_add(orders, &order, 0);
}

static void write_id(void *context, const struct order *order)
{
	text_add_format(context, "%llu ", (unsigned long long)order->id);
}

/* The numbers of the orders that the message has: "1 3 ". */
static const char *found(enum order_kind kind, bool has_recipient,
			 uint64_t now_ms)
{
	static char buffer[1000];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	orders_of_message(orders, kind, &message,
			  has_recipient ? message.recipients : NULL, now_ms,
			  write_id, &text);
	return buffer;
}

START_TEST(test_no_orders)
{
	ck_assert_uint_eq(orders_count(NULL), 0);
	ck_assert_uint_eq(orders_count(orders), 0);
	ck_assert(!orders_have(NULL, ORDER_BLOCK, ~0u));
	ck_assert(!orders_have(orders, ORDER_BLOCK, ~0u));
	ck_assert_str_eq(found(ORDER_BLOCK, true, 150), "");
	ck_assert_ptr_null(orders_find_override(orders, "sender:jake@x", SENDER,
						"minute", 150));
	orders_release(&orders);
	ck_assert_ptr_null(orders);
	ck_assert_str_eq(found(ORDER_BLOCK, true, 150), "");
	ck_assert_ptr_null(orders_acquire(NULL));
	orders_release(&orders);
}
END_TEST

START_TEST(test_a_copy_is_held)
{
	char subject[] = "sender:jake@x";

	add(1, ORDER_BLOCK, SENDER, subject);
	subject[0] = 'x';
	ck_assert_uint_eq(orders_count(orders), 1);
	ck_assert_str_eq(orders_at(orders, 0)->subject, "sender:jake@x");
	ck_assert_str_eq(found(ORDER_BLOCK, false, 150), "1 ");
}
END_TEST

static const struct {
	unsigned int key;
	const char *subject;
	bool without, with; /* a recipient */
} subjects[] = {
	{ 0, "all", true, true },
	{ SENDER, "sender:jake@x", true, true },
	{ SENDER, "sender:jane@x", false, false },
	{ SENDER_DOMAIN, "sender_domain:x", true, true },
	{ RECIPIENT, "recipient:bob@y", false, true },
	{ RECIPIENT_DOMAIN, "recipient_domain:y", false, true },
	{ CLIENT, "client:2001:db8::/64", true, true },
	{ CLIENT, "client:2001:db8::/56", true, true },
	{ CLIENT, "client:::/0", true, true },
	{ CLIENT, "client:2001:db8::1", true, true },
	{ CLIENT, "client:2001:db8::1/128", true, true },
	{ CLIENT, "client:2001:db8:1::/56", false, false },
	{ CLIENT, "client:0.0.0.0/0", false, false },
	{ CLIENT, "client:nobody", false, false },
	{ SENDER | CLIENT, "sender+client:jake@x+2001:db8::/32", true, true },
	{ SENDER | CLIENT, "sender+client:jane@x+2001:db8::/32", false, false },
	{ CLIENT | AUTH, "client+auth:2001:db8::/32+jake", true, true },
	{ CLIENT | AUTH, "client+auth:2001:db8::/32+jane", false, false },
	{ AUTH, "auth:jake", true, true },
	{ SENDER | RECIPIENT, "sender+recipient:jake@x+bob@y", false, true },
	{ SENDER | RECIPIENT, "sender+recipient:jake@x+ann@y", false, false },
	{ SENDER | AUTH, "sender+auth:jake@x+jake", true, true },
};

START_TEST(test_by_subject)
{
	add(7, ORDER_BLOCK, subjects[_i].key, subjects[_i].subject);
	ck_assert_str_eq(found(ORDER_BLOCK, false, 150),
			 subjects[_i].without ? "7 " : "");
	ck_assert_str_eq(found(ORDER_BLOCK, true, 150),
			 subjects[_i].with ? "7 " : "");
}
END_TEST

START_TEST(test_a_message_that_lacks_the_value)
{
	add(1, ORDER_BLOCK, AUTH, "auth:jake");
	add(2, ORDER_BLOCK, AUTH, "auth:");
	message_set_auth(&message, NULL);
	ck_assert_str_eq(found(ORDER_BLOCK, true, 150), "");
}
END_TEST

/* The narrowest first, whatever came first. */
START_TEST(test_networks_of_ipv4)
{
	ck_assert(network_parse("203.0.113.9", &message.client));
	add(1, ORDER_BLOCK, CLIENT, "client:203.0.113.0/24");
	add(2, ORDER_BLOCK, SENDER, "sender:jake@x");
	add(3, ORDER_BLOCK, CLIENT, "client:203.0.113.9");
	add(4, ORDER_BLOCK, CLIENT, "client:203.0.113.8/29");
	add(5, ORDER_BLOCK, CLIENT, "client:203.0.113.8");
	add(6, ORDER_BLOCK, CLIENT, "client:0.0.0.0/0");
	add(7, ORDER_BLOCK, CLIENT, "client:::/0");
	ck_assert_str_eq(found(ORDER_BLOCK, true, 150), "3 4 1 2 6 ");
}
END_TEST

START_TEST(test_overrides_by_network)
{
	static char *names[] = { (char *)(uintptr_t) "minute" };
	static const char *const networks[] = { "client:192.0.0.0/16",
						"client:192.0.2.0/24",
						"client:2001:db8::/48",
						"client:2001:db8::/96" };
	const char *const asked[] = { "client:192.0.2.7", "client:192.0.3.7",
				      "client:2001:db8::/64",
				      "client:10.0.0.1" };
	const uint64_t wanted[] = { 2, 1, 3, 0 };

	for (uint64_t i = 0; i < 4; i++)
		orders_add(orders,
			   &(struct order){
				   .id = i + 1,
				   .kind = ORDER_OVERRIDE,
				   .subject = (char *)(uintptr_t)networks[i],
				   .key = CLIENT,
				   .until_ms = 200,
				   .limits = names,
				   .limit_count = 1 },
			   0);
	for (size_t i = 0; i < 4; i++) {
		const struct order *order = orders_find_override(
			orders, asked[i], CLIENT, "minute", 150);

		ck_assert_uint_eq(order == NULL ? 0 : order->id, wanted[i]);
	}
}
END_TEST

START_TEST(test_by_time)
{
	add(1, ORDER_BLOCK, SENDER, "sender:jake@x");
	ck_assert_str_eq(found(ORDER_BLOCK, true, 99), "");
	ck_assert_str_eq(found(ORDER_BLOCK, true, 100), "1 ");
	ck_assert_str_eq(found(ORDER_BLOCK, true, 199), "1 ");
	ck_assert_str_eq(found(ORDER_BLOCK, true, 200), "");
}
END_TEST

START_TEST(test_by_kind)
{
	add(1, ORDER_BLOCK, SENDER, "sender:jake@x");
	add(2, ORDER_PERMIT, SENDER, "sender:jake@x");
	add_override(3, "sender:jake@x", "minute");
	add(4, ORDER_PERMIT, SENDER, "sender:jake@x");
	ck_assert_str_eq(found(ORDER_BLOCK, true, 150), "1 ");
	ck_assert_str_eq(found(ORDER_PERMIT, true, 150), "2 4 ");
	ck_assert_str_eq(found(ORDER_OVERRIDE, true, 150), "3 ");
}
END_TEST

START_TEST(test_have_looks_at_kind_and_dimensions)
{
	add(1, ORDER_PERMIT, SENDER | RECIPIENT, "sender+recipient:a@x+b@y");
	ck_assert(orders_have(orders, ORDER_PERMIT, RECIPIENT));
	ck_assert(orders_have(orders, ORDER_PERMIT, SENDER | CLIENT));
	ck_assert(!orders_have(orders, ORDER_PERMIT, CLIENT));
	ck_assert(!orders_have(orders, ORDER_BLOCK, RECIPIENT));
}
END_TEST

START_TEST(test_the_subject_all_is_of_a_kind_without_dimensions)
{
	ck_assert(!orders_have_kind(NULL, ORDER_PERMIT));
	ck_assert(!orders_have_kind(orders, ORDER_PERMIT));
	add(1, ORDER_PERMIT, 0, "all");
	ck_assert(orders_have_kind(orders, ORDER_PERMIT));
	ck_assert(!orders_have_kind(orders, ORDER_BLOCK));
	ck_assert(!orders_have(orders, ORDER_PERMIT, ~0u));
}
END_TEST

START_TEST(test_overrides_by_limit)
{
	add(1, ORDER_PERMIT, SENDER, "sender:jake@x");
	add_override(2, "sender:jake@x", "minute");
	add_override(3, "sender:jake@x", "day");
	add_override(4, "sender:jane@x", "minute");
	ck_assert_uint_eq(orders_find_override(orders, "sender:jake@x", SENDER,
					       "minute", 150)
				  ->id,
			  2);
	ck_assert_uint_eq(orders_find_override(orders, "sender:jake@x", SENDER,
					       "day", 199)
				  ->id,
			  3);
	ck_assert_ptr_null(orders_find_override(orders, "sender:jake@x", SENDER,
						"hour", 150));
	ck_assert_ptr_null(orders_find_override(orders, "sender:ann@x", SENDER,
						"day", 150));
	ck_assert_ptr_null(orders_find_override(orders, "sender:jake@x", SENDER,
						"day", 200));
	ck_assert_ptr_null(orders_find_override(orders, "sender:jake@x", SENDER,
						"day", 99));
}
END_TEST

static const struct {
	uint64_t from_ms, until_ms;
	int64_t shift_ms;
	uint64_t moved_from_ms, moved_until_ms;
} shifts[] = {
	{ 100, 200, 0, 100, 200 },
	{ 100, 200, 50, 150, 250 },
	{ 100, 200, -50, 50, 150 },
	{ 100, 200, -100, 0, 100 },
	{ 100, 200, -150, 0, 50 },
	{ 100, 200, -200, 0, 0 },
	{ 100, 200, -1000, 0, 0 },
	{ 100, INT64_MAX, INT64_MIN, 0, 0 },
	{ UINT64_C(1700000000000), UINT64_C(1700000060000),
	  -INT64_C(1699999999000), 1000, 61000 },
};

START_TEST(test_times_are_moved)
{
	struct order order = { .kind = ORDER_BLOCK,
			       .subject = (char *)(uintptr_t) "all",
			       .created_ms = 90,
			       .from_ms = shifts[_i].from_ms,
			       .until_ms = shifts[_i].until_ms };

	orders_add(orders, &order, shifts[_i].shift_ms);
	ck_assert_uint_eq(orders_at(orders, 0)->from_ms,
			  shifts[_i].moved_from_ms);
	ck_assert_uint_eq(orders_at(orders, 0)->until_ms,
			  shifts[_i].moved_until_ms);
	ck_assert_uint_eq(order.from_ms, shifts[_i].from_ms);
}
END_TEST

START_TEST(test_the_last_reference_frees)
{
	struct orders *second, *third;

	add(1, ORDER_BLOCK, SENDER, "sender:jake@x");
	second = orders_acquire(orders);
	third = orders_acquire(second);
	ck_assert_ptr_eq(second, orders);
	orders_release(&second);
	ck_assert_ptr_null(second);
	orders_release(&orders);
	ck_assert_str_eq(orders_at(third, 0)->subject, "sender:jake@x");
	orders_release(&third);
}
END_TEST

/* As many as there may ever be, and each is found, in its place. */
START_TEST(test_ten_thousand_orders)
{
	char subject[40];

	for (unsigned int i = 0; i < 10000; i++) {
		snprintf(subject, sizeof(subject), "sender:u%u@x", i % 5000);
		add(i + 1, (enum order_kind)(i % 2), SENDER, subject);
	}
	ck_assert_uint_eq(orders_count(orders), 10000);
	for (unsigned int i = 0; i < 10000; i++)
		ck_assert_uint_eq(orders_at(orders, i)->id, i + 1);
	for (unsigned int i = 0; i < 5000; i += 7) {
		char wanted[40];

		snprintf(subject, sizeof(subject), "u%u@x", i);
		message_set_sender(&message, &address_rules_default, subject);
		snprintf(wanted, sizeof(wanted), "%u %u ", i + 1, i + 5001);
		ck_assert_str_eq(found((enum order_kind)(i % 2), true, 150),
				 wanted);
		ck_assert_str_eq(
			found((enum order_kind)((i + 1) % 2), true, 150), "");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("orders");
	TCase *tcase = tcase_create("orders");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_no_orders);
	tcase_add_test(tcase, test_a_copy_is_held);
	tcase_add_loop_test(tcase, test_by_subject, 0, COUNT_OF(subjects));
	tcase_add_test(tcase, test_a_message_that_lacks_the_value);
	tcase_add_test(tcase, test_networks_of_ipv4);
	tcase_add_test(tcase, test_overrides_by_network);
	tcase_add_test(tcase, test_by_time);
	tcase_add_test(tcase, test_by_kind);
	tcase_add_test(tcase, test_have_looks_at_kind_and_dimensions);
	tcase_add_test(tcase,
		       test_the_subject_all_is_of_a_kind_without_dimensions);
	tcase_add_test(tcase, test_overrides_by_limit);
	tcase_add_loop_test(tcase, test_times_are_moved, 0, COUNT_OF(shifts));
	tcase_add_test(tcase, test_the_last_reference_frees);
	tcase_add_test(tcase, test_ten_thousand_orders);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
