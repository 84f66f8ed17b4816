/* SPDX-License-Identifier: ISC */
/* What the orders in force change about a list, line by line. */
#include <check.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/apply_orders.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define ALL		 0u
#define SENDER		 LIMIT_KEY_OF(DIMENSION_SENDER)
#define SENDER_DOMAIN	 LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN)
#define RECIPIENT	 LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define RECIPIENT_DOMAIN LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN)
#define CLIENT		 LIMIT_KEY_OF(DIMENSION_CLIENT)
#define AUTH		 LIMIT_KEY_OF(DIMENSION_AUTH)

#define NOW  UINT64_C(1000)
#define HOUR UINT64_C(3600000)

static alignas(max_align_t) char memory[16384];
static struct arena arena;
static struct charge_list list;
static struct message message;
static struct orders *orders;
static struct limit limits[8];
static size_t limit_count;

static void setup(void)
{
	arena_init(&arena, memory, sizeof(memory));
	charge_list_init(&list, &arena, 16, 64, true);
	orders = orders_new();
	message_init(&message);
	message_set_sender(&message, &address_rules_default, "<jake@x>");
	message_add_recipient(&message, &address_rules_default, "<bob@y>");
	message_add_recipient(&message, &address_rules_default, "<ann@z>");
	message_set_auth(&message, "jake");
	message.has_client = true;
	ck_assert(network_parse("192.0.2.1", &message.client));
	memset(limits, 0, sizeof(limits));
	limit_count = 0;
}

static void teardown(void)
{
	charge_list_clear(&list);
	arena_clear(&arena);
	orders_release(&orders);
	message_clear(&message);
}

/* A line of the list, or one for each recipient; limits are "0", "1" ... */
static void add_line(unsigned int key)
{
	static char names[][2] = { "0", "1", "2", "3", "4", "5", "6", "7" };
	struct limit *limit = &limits[limit_count];

	limit->name = names[limit_count++];
	limit->key = key;
	limit->max = 10;
	limit->per_ms = 60000;
	limit->action = LIMIT_TEMPFAIL;
	if ((key & LIMIT_KEY_RECIPIENTS) == 0) {
		ck_assert(charge_list_add(&list, limit, &message, NULL, 1));
		return;
	}
	for (size_t i = 0; i < message.recipient_count; i++)
		ck_assert(charge_list_add(&list, limit, &message,
					  &message.recipients[i], 1));
}

static struct order order_of(uint64_t id, enum order_kind kind,
			     unsigned int key, const char *subject)
{
	return (struct order){ .id = id,
			       .kind = kind,
			       .subject = (char *)(uintptr_t)subject,
			       .key = key,
			       .from_ms = NOW,
			       .until_ms = NOW + HOUR,
			       .messages = 500,
			       .max = 99 };
}

static void add_permit(uint64_t id, unsigned int key, const char *subject,
		       const char *limit)
{
	char *names[] = { (char *)(uintptr_t)limit };
	struct order order = order_of(id, ORDER_PERMIT, key, subject);

	order.limits = names;
	order.limit_count = limit == NULL ? 0 : 1;
	orders_add(orders, &order, 0);
}

static void apply_at(uint64_t now_ms, size_t recipients)
{
	const struct order_scope scope = { &message, message.recipients,
					   recipients };

	apply_orders(orders, &scope, now_ms, &list);
}

static void apply(void)
{
	apply_at(NOW, message.recipient_count);
}

/*
 * A letter for each line: "-" not covered, "c" covered, "o" covered and the
 * permitted subject's own; then, behind a space, the numbers that the
 * windows of permits have.
 */
static const char *covered(void)
{
	static char letters[64];
	size_t length = 0, i = 0;

	for (; i < list.count && list.charges[i].permit == 0; i++) {
		const struct charge *charge = &list.charges[i];

		if (charge->covers == 0)
			ck_assert(!charge->is_own);
		letters[length++] = charge->covers == 0 ? '-'
				    : charge->is_own	? 'o'
							: 'c';
	}
	letters[length++] = ' ';
	for (; i < list.count; i++) {
		ck_assert_ptr_nonnull(list.lines[i].permit);
		ck_assert_ptr_null(list.lines[i].limit);
		letters[length++] = (char)('0' + list.charges[i].permit);
	}
	letters[length] = '\0';
	return letters;
}

START_TEST(test_no_orders_no_change)
{
	add_line(SENDER);
	apply();
	ck_assert_str_eq(covered(), "- ");
	orders_release(&orders);
	apply();
	ck_assert_str_eq(covered(), "- ");
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(list.charges[0].max, 10);
}
END_TEST

/* overrides */

static void add_override(unsigned int key, const char *subject,
			 const char *limit, uint64_t max)
{
	char *names[] = { (char *)(uintptr_t)limit };
	struct order order = order_of(1, ORDER_OVERRIDE, key, subject);

	order.limits = names;
	order.limit_count = 1;
	order.max = max;
	orders_add(orders, &order, 0);
}

START_TEST(test_an_override_is_of_one_limit_and_subject)
{
	add_line(SENDER);
	add_line(SENDER);
	add_line(RECIPIENT);
	add_override(SENDER, "sender:jake@x", "1", 70);
	add_override(SENDER, "sender:jane@x", "0", 71);
	add_override(RECIPIENT, "recipient:ann@z", "2", 5);
	apply();
	ck_assert_uint_eq(list.count, 4);
	ck_assert_uint_eq(list.charges[0].max, 10);
	ck_assert_uint_eq(list.charges[1].max, 70);
	ck_assert_uint_eq(list.charges[2].max, 10); /* bob's */
	ck_assert_uint_eq(list.charges[3].max, 5);
	ck_assert_str_eq(covered(), "---- ");
}
END_TEST

START_TEST(test_an_override_of_all_mail)
{
	add_line(ALL);
	add_override(ALL, "all", "0", 70);
	apply();
	ck_assert_uint_eq(list.charges[0].max, 70);
}
END_TEST

START_TEST(test_an_override_ends)
{
	add_line(SENDER);
	add_override(SENDER, "sender:jake@x", "0", 70);
	apply_at(NOW - 1, 2);
	ck_assert_uint_eq(list.charges[0].max, 10);
	apply_at(NOW + HOUR, 2);
	ck_assert_uint_eq(list.charges[0].max, 10);
	apply_at(NOW + HOUR - 1, 2);
	ck_assert_uint_eq(list.charges[0].max, 70);
}
END_TEST

/* permits */

/* Lines: all, sender, sender_domain, client, auth, sender+client, and for
 * both of bob and ann: recipient. */
static void add_usual_lines(void)
{
	add_line(ALL);
	add_line(SENDER);
	add_line(SENDER_DOMAIN);
	add_line(CLIENT);
	add_line(AUTH);
	add_line(SENDER | CLIENT);
	add_line(RECIPIENT);
}

static const struct {
	unsigned int key;
	const char *subject, *covered;
} permits[] = {
	{ ALL, "all", "oooooooo 1" },
	{ SENDER, "sender:jake@x", "cocccocc 1" },
	{ SENDER, "sender:jane@x", "-------- " },
	{ SENDER_DOMAIN, "sender_domain:x", "cooccocc 1" },
	{ CLIENT, "client:192.0.2.1", "cccococc 1" },
	{ AUTH, "auth:jake", "ccccoccc 1" },
	{ SENDER | CLIENT, "sender+client:jake@x+192.0.2.1", "cccccocc 1" },
	/* only a part of the message is theirs */
	{ RECIPIENT, "recipient:bob@y", "------o- 1" },
	{ RECIPIENT, "recipient:eve@y", "-------- " },
	{ RECIPIENT_DOMAIN, "recipient_domain:z", "-------o 1" },
	{ SENDER | RECIPIENT, "sender+recipient:jake@x+bob@y", "------c- 1" },
};

START_TEST(test_a_permit_covers)
{
	add_usual_lines();
	add_permit(7, permits[_i].key, permits[_i].subject, NULL);
	apply();
	ck_assert_str_eq(covered(), permits[_i].covered);
}
END_TEST

START_TEST(test_a_permit_by_recipient_of_the_whole_message)
{
	message_drop_recipient(&message);
	message_add_recipient(&message, &address_rules_default, "<ann@y>");
	add_usual_lines();
	add_permit(7, RECIPIENT_DOMAIN, "recipient_domain:y", NULL);
	apply();
	ck_assert_str_eq(covered(), "ccccccoo 1");
}
END_TEST

/* At RCPT there is one recipient, whatever came before. */
START_TEST(test_a_permit_by_recipient_at_its_rcpt)
{
	const struct order_scope scope = { &message, &message.recipients[1],
					   1 };

	add_line(SENDER);
	ck_assert(charge_list_add(&list,
				  &(struct limit){ .name = limits[0].name,
						   .key = RECIPIENT,
						   .max = 1,
						   .per_ms = 1000 },
				  &message, &message.recipients[1], 1));
	add_permit(7, RECIPIENT, "recipient:ann@z", NULL);
	apply_orders(orders, &scope, NOW, &list);
	ck_assert_str_eq(covered(), "co 1");
}
END_TEST

/* A mailbox that is named twice is one line, and still the whole message. */
START_TEST(test_a_recipient_named_twice)
{
	message_drop_recipient(&message);
	message_add_recipient(&message, &address_rules_default, "<Bob@y>");
	add_line(SENDER);
	add_line(RECIPIENT);
	add_permit(7, RECIPIENT, "recipient:bob@y", NULL);
	apply();
	ck_assert_str_eq(covered(), "co 1");
}
END_TEST

START_TEST(test_before_any_recipient)
{
	add_line(SENDER);
	add_permit(6, RECIPIENT, "recipient:bob@y", NULL);
	apply_at(NOW, 0);
	ck_assert_str_eq(covered(), "- ");
	add_permit(7, SENDER, "sender:jake@x", NULL);
	apply_at(NOW, 0);
	ck_assert_str_eq(covered(), "o 1");
}
END_TEST

START_TEST(test_a_permit_of_some_limits)
{
	add_usual_lines();
	add_permit(7, SENDER, "sender:jake@x", "3");
	apply();
	ck_assert_str_eq(covered(), "---c---- 1");
}
END_TEST

START_TEST(test_a_permit_of_limits_that_are_gone)
{
	add_usual_lines();
	add_permit(7, SENDER, "sender:jake@x", "gone");
	apply();
	ck_assert_str_eq(covered(), "-------- ");
}
END_TEST

static const struct {
	uint64_t now_ms;
	const char *covered;
} moments[] = {
	{ NOW - 1, "- " },
	{ NOW, "o 1" },
	{ NOW + HOUR - 1, "o 1" },
	{ NOW + HOUR, "- " },
};

START_TEST(test_a_permit_has_its_time)
{
	add_line(SENDER);
	add_permit(7, SENDER, "sender:jake@x", NULL);
	apply_at(moments[_i].now_ms, 2);
	ck_assert_str_eq(covered(), moments[_i].covered);
}
END_TEST

/* One that covers nothing takes no number. */
START_TEST(test_several_permits)
{
	add_line(SENDER);
	add_line(CLIENT);
	add_permit(5, SENDER, "sender:jake@x", "0");
	add_permit(6, SENDER, "sender:jake@x", "gone");
	add_permit(7, CLIENT, "client:192.0.2.1", NULL);
	apply();
	ck_assert_str_eq(covered(), "oo 12");
	ck_assert_uint_eq(list.charges[0].covers,
			  STORE_PERMIT_BIT(1) | STORE_PERMIT_BIT(2));
	ck_assert_uint_eq(list.charges[1].covers, STORE_PERMIT_BIT(2));
	ck_assert_uint_eq(list.lines[2].permit->id, 5);
	ck_assert_uint_eq(list.lines[3].permit->id, 7);
}
END_TEST

START_TEST(test_more_permits_than_numbers)
{
	add_line(SENDER);
	for (uint64_t id = 1; id <= STORE_PERMITS_MAX + 8; id++)
		add_permit(id, SENDER, "sender:jake@x", NULL);
	apply();
	ck_assert_uint_eq(list.count, 1 + STORE_PERMITS_MAX);
	ck_assert_uint_eq(list.charges[0].covers, UINT32_MAX);
	for (unsigned int number = 1; number <= STORE_PERMITS_MAX; number++)
		ck_assert_uint_eq(list.charges[number].permit, number);
}
END_TEST

/* the windows of a permit */

static void check_window(const struct charge *charge, const char *key,
			 uint64_t span_ms, uint64_t max)
{
	const struct window_shape shape = window_shape_of(span_ms);

	ck_assert_str_eq(charge->key, key);
	ck_assert_uint_eq(charge->key_length, strlen(key));
	ck_assert_uint_eq(charge->shape.width_ms, shape.width_ms);
	ck_assert_uint_eq(charge->shape.slots, shape.slots);
	ck_assert_uint_eq(charge->max, max);
	ck_assert_uint_eq(charge->cost, 1);
	ck_assert(!charge->stops);
	ck_assert(!charge->attempts);
	ck_assert_uint_eq(charge->covers, 0);
}

START_TEST(test_budget_and_pace)
{
	struct order permit = order_of(17, ORDER_PERMIT, SENDER,
				       "sender:jake@x");
	struct charge charges[2];

	ck_assert_uint_eq(apply_orders_windows(&permit, &arena, charges), 1);
	check_window(&charges[0], "{sender:jake@x}:permit:17", HOUR, 500);
	permit.per_minute = 30;
	ck_assert_uint_eq(apply_orders_windows(&permit, &arena, charges), 2);
	check_window(&charges[0], "{sender:jake@x}:permit:17", HOUR, 500);
	check_window(&charges[1], "{sender:jake@x}:permit:17:pace", 60000, 30);
}
END_TEST

START_TEST(test_both_windows_have_the_number)
{
	struct order permit = order_of(17, ORDER_PERMIT, SENDER,
				       "sender:jake@x");

	permit.per_minute = 30;
	orders_add(orders, &permit, 0);
	add_line(SENDER);
	apply();
	ck_assert_str_eq(covered(), "o 11");
	check_window(&list.charges[1], "{sender:jake@x}:permit:17", HOUR, 500);
	check_window(&list.charges[2], "{sender:jake@x}:permit:17:pace", 60000,
		     30);
}
END_TEST

/* The budget is counted in Redis: all hosts must have one idea of its window,
 * also one that was started while the permit was in force. */
static const int64_t shifts_ms[] = { 0, 5000, -500, -1000, -1001, -1800000 };

START_TEST(test_the_budget_is_the_same_on_each_host)
{
	struct order permit = order_of(17, ORDER_PERMIT, SENDER,
				       "sender:jake@x");
	struct charge charges[2];

	orders_add(orders, &permit, shifts_ms[_i]);
	ck_assert_uint_eq(
		apply_orders_windows(orders_at(orders, 0), &arena, charges), 1);
	check_window(&charges[0], "{sender:jake@x}:permit:17", HOUR, 500);
}
END_TEST

START_TEST(test_an_empty_span_is_a_window)
{
	struct order permit = order_of(17, ORDER_PERMIT, SENDER,
				       "sender:jake@x");
	struct charge charges[2];

	permit.until_ms = permit.from_ms;
	ck_assert_uint_eq(apply_orders_windows(&permit, &arena, charges), 1);
	check_window(&charges[0], "{sender:jake@x}:permit:17", 1, 500);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("order_bill");
	TCase *tcase = tcase_create("order_bill");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_no_orders_no_change);
	tcase_add_test(tcase, test_an_override_is_of_one_limit_and_subject);
	tcase_add_test(tcase, test_an_override_of_all_mail);
	tcase_add_test(tcase, test_an_override_ends);
	tcase_add_loop_test(tcase, test_a_permit_covers, 0, COUNT_OF(permits));
	tcase_add_test(tcase, test_a_permit_by_recipient_of_the_whole_message);
	tcase_add_test(tcase, test_a_permit_by_recipient_at_its_rcpt);
	tcase_add_test(tcase, test_a_recipient_named_twice);
	tcase_add_test(tcase, test_before_any_recipient);
	tcase_add_test(tcase, test_a_permit_of_some_limits);
	tcase_add_test(tcase, test_a_permit_of_limits_that_are_gone);
	tcase_add_loop_test(tcase, test_a_permit_has_its_time, 0,
			    COUNT_OF(moments));
	tcase_add_test(tcase, test_several_permits);
	tcase_add_test(tcase, test_more_permits_than_numbers);
	tcase_add_test(tcase, test_budget_and_pace);
	tcase_add_test(tcase, test_both_windows_have_the_number);
	tcase_add_loop_test(tcase, test_the_budget_is_the_same_on_each_host, 0,
			    COUNT_OF(shifts_ms));
	tcase_add_test(tcase, test_an_empty_span_is_a_window);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
