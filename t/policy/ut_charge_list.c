/* SPDX-License-Identifier: ISC */
/* A list has each window once, whatever the message names twice. */
#include <check.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/charge_list.h"

#define SENDER	  LIMIT_KEY_OF(DIMENSION_SENDER)
#define RECIPIENT LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define AUTH	  LIMIT_KEY_OF(DIMENSION_AUTH)

#define ROOM 20000

static alignas(max_align_t) char memory[256];
static struct arena arena;
static struct charge_list list;
static struct message message;

static void setup(void)
{
	arena_init(&arena, memory, sizeof(memory));
	charge_list_init(&list, &arena, ROOM, 64, true);
	message_init(&message);
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
}

static void teardown(void)
{
	charge_list_clear(&list);
	arena_clear(&arena);
	message_clear(&message);
}

static struct limit limit_of(unsigned int key, enum limit_unit unit)
{
	return (struct limit){ .name = (char *)(uintptr_t) "x",
			       .key = key,
			       .unit = unit,
			       .action = LIMIT_REJECT,
			       .max = 100,
			       .per_ms = 60000 };
}

static void add_recipient(const char *raw)
{
	message_add_recipient(&message, &address_rules_default, raw);
}

static void add_each(const struct limit *limit, uint64_t cost)
{
	for (size_t i = 0; i < message.recipient_count; i++)
		ck_assert(charge_list_add(&list, limit, &message,
					  &message.recipients[i], cost));
}

START_TEST(test_a_line_has_all_of_its_limit)
{
	struct limit limit = limit_of(SENDER, LIMIT_MESSAGES);
	const struct charge *charge = list.charges;

	limit.count = LIMIT_COUNT_ATTEMPTS;
	ck_assert(charge_list_add(&list, &limit, &message, NULL, 1));
	ck_assert_uint_eq(list.count, 1);
	ck_assert_ptr_eq(list.lines[0].limit, &limit);
	ck_assert_str_eq(list.lines[0].subject, "sender:jake@example.com");
	ck_assert_str_eq(charge->key, "{sender:jake@example.com}:x:1m");
	ck_assert_uint_eq(charge->key_length, strlen(charge->key));
	ck_assert_uint_eq(charge->shape.width_ms, 1000);
	ck_assert_uint_eq(charge->cost, 1);
	ck_assert_uint_eq(charge->max, 100);
	ck_assert(charge->stops && charge->attempts);
}
END_TEST

START_TEST(test_a_limit_that_lets_pass_does_not_stop)
{
	struct limit limit = limit_of(SENDER, LIMIT_MESSAGES);

	limit.action = LIMIT_QUARANTINE;
	ck_assert(charge_list_add(&list, &limit, &message, NULL, 1));
	ck_assert(!list.charges[0].stops && !list.charges[0].attempts);
}
END_TEST

START_TEST(test_no_subject_no_line)
{
	const struct limit limit = limit_of(AUTH, LIMIT_MESSAGES);

	ck_assert(!charge_list_add(&list, &limit, &message, NULL, 1));
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

static const struct {
	enum limit_unit unit;
	uint64_t cost, sum;
} units[] = {
	{ LIMIT_MESSAGES, 1, 1 },
	{ LIMIT_RECIPIENTS, 1, 3 },
	{ LIMIT_BYTES, 5000, 5000 },
};

START_TEST(test_a_mailbox_named_thrice_is_one)
{
	const struct limit limit = limit_of(RECIPIENT, units[_i].unit);

	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.net>");
	add_recipient("<BOB@example.net>");
	add_recipient("<bob+tag@example.net>");
	add_each(&limit, units[_i].cost);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.lines[0].subject, "recipient:bob@example.net");
	ck_assert_uint_eq(list.charges[0].cost, units[_i].sum);
	ck_assert_str_eq(list.lines[1].subject, "recipient:ann@example.net");
	ck_assert_uint_eq(list.charges[1].cost, units[_i].cost);
}
END_TEST

START_TEST(test_two_limits_on_one_subject_are_two_windows)
{
	const struct limit first = limit_of(RECIPIENT, LIMIT_MESSAGES);
	struct limit second = first, third = first;

	second.name = (char *)(uintptr_t) "y";
	third.per_ms = 3600000;
	add_recipient("<bob@example.net>");
	add_recipient("<bob@example.net>");
	add_each(&first, 1);
	add_each(&second, 1);
	add_each(&third, 1);
	ck_assert_uint_eq(list.count, 3);
	ck_assert_str_eq(list.charges[1].key, "{recipient:bob@example.net}:y:"
					      "1m");
	ck_assert_str_eq(list.charges[2].key, "{recipient:bob@example.net}:x:"
					      "1h");
}
END_TEST

START_TEST(test_ten_thousand_recipients)
{
	const struct limit limit = limit_of(SENDER | RECIPIENT,
					    LIMIT_RECIPIENTS);
	char raw[32];

	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(raw, sizeof(raw), "<r%u@example.net>", i % 10000);
		add_recipient(raw);
	}
	add_each(&limit, 1);
	ck_assert_uint_eq(list.count, 10000);
	for (size_t i = 0; i < list.count; i++)
		ck_assert_uint_eq(list.charges[i].cost, 2);
}
END_TEST

START_TEST(test_clear_may_come_twice_and_on_nothing)
{
	charge_list_clear(&list);
	charge_list_clear(&list);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("list");
	TCase *cases = tcase_create("list");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_a_line_has_all_of_its_limit);
	tcase_add_test(cases, test_a_limit_that_lets_pass_does_not_stop);
	tcase_add_test(cases, test_no_subject_no_line);
	tcase_add_loop_test(cases, test_a_mailbox_named_thrice_is_one, 0, 3);
	tcase_add_test(cases, test_two_limits_on_one_subject_are_two_windows);
	tcase_add_test(cases, test_ten_thousand_recipients);
	tcase_add_test(cases, test_clear_may_come_twice_and_on_nothing);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
