/* SPDX-License-Identifier: ISC */
/* One message: words that are cut, recipients that count once. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/replay/log_message.h"

static struct log_message message;

static void setup(void)
{
	log_message_init(&message);
}

static void teardown(void)
{
	log_message_clear(&message);
	ck_assert_str_eq(message.sender, "");
	ck_assert_uint_eq(message.recipient_count, 0);
	log_message_clear(&message);
}

static bool add(const char *address)
{
	struct slice slice = slice_of(address);

	return log_message_add(&message, &slice);
}

START_TEST(a_word)
{
	static char longer[LOG_WORD_MAX + 10];
	struct slice word = slice_of("a@x"), none = { NULL, 0 };

	ck_assert_str_eq(message.login, "");
	log_message_set(&message.sender, &word);
	ck_assert_str_eq(message.sender, "a@x");
	word = slice_of("m\\303\\274ller@x"); /* in Sendmail's log */
	log_message_set(&message.sender, &word);
	ck_assert_str_eq(message.sender, "m\303\274ller@x");
	word = slice_of("a@x");
	log_message_set(&message.sender, &word);
	log_message_set(&message.sender, &none);
	ck_assert_str_eq(message.sender, "a@x");
	memset(longer, 'x', sizeof(longer));
	word = (struct slice){ longer, sizeof(longer) };
	log_message_set(&message.sender, &word);
	ck_assert_uint_eq(strlen(message.sender), LOG_WORD_MAX);
	word = slice_of("");
	log_message_set(&message.sender, &word);
	ck_assert_str_eq(message.sender, "");
}
END_TEST

START_TEST(a_recipient_counts_once)
{
	struct log_message other;
	struct slice slice = slice_of("c@y");

	ck_assert(add("a@y"));
	ck_assert(!add("a@y"));
	ck_assert(add("b@y"));
	log_message_init(&other);
	ck_assert(log_message_add(&other, &slice));
	slice = slice_of("b@y");
	ck_assert(log_message_add(&other, &slice));
	log_message_add_all(&message, &other);
	log_message_clear(&other);
	ck_assert_uint_eq(message.recipient_count, 3);
	ck_assert_str_eq(message.recipients[2].address, "c@y");
	ck_assert_uint_eq(message.hidden, 0);
}
END_TEST

START_TEST(recipients_are_bounded)
{
	char address[20];

	for (int i = 0; i < LOG_RECIPIENTS_MAX + 5; i++) {
		snprintf(address, sizeof(address), "r%d@y", i);
		ck_assert_int_eq(add(address), i < LOG_RECIPIENTS_MAX);
	}
	ck_assert_uint_eq(message.recipient_count, LOG_RECIPIENTS_MAX);
	ck_assert_uint_eq(message.hidden, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log_message");
	TCase *tcase = tcase_create("log_message");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_word);
	tcase_add_test(tcase, a_recipient_counts_once);
	tcase_add_test(tcase, recipients_are_bounded);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
