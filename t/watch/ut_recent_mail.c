/* SPDX-License-Identifier: ISC */

/* A ring of messages of any size: what is in it is whole, and what is not is
 * known. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/watch/recent_mail.h"

#define SMALL 8192

static struct recent_mail *recent;
static uint64_t seen, first_ms, last_ms, positions;
static char last_sender[200], last_recipient[300];

static void start(void)
{
	recent = recent_mail_new(SMALL);
}

static void stop(void)
{
	recent_mail_free(&recent);
}

static void give(uint64_t steady_ms, enum verdict_kind verdict,
		 const char *sender, size_t recipients)
{
	struct event event = { .steady_ms = steady_ms,
			       .verdict = verdict,
			       .sender = sender,
			       .login = "ann",
			       .client = "2001:db8::7",
			       .helo = "mx",
			       .recipient_count = recipients,
			       .recipients_all = recipients };

	for (size_t i = 0; i < recipients; i++)
		event.recipients[i] = "jake@example.com";
	recent_mail_add(recent, &event);
}

static void take(void *context, const struct recent_message *message)
{
	(void)context;
	if (seen++ == 0)
		first_ms = message->steady_ms;
	last_ms = message->steady_ms;
	ck_assert_str_eq(message->message.auth.data, "ann");
	ck_assert_str_eq(message->message.client_text, "2001:db8::7");
	ck_assert_str_eq(message->message.helo.data, "mx");
	snprintf(last_sender, sizeof(last_sender), "%s",
		 message->message.sender.data);
	for (size_t i = 0; i < message->message.recipient_count; i++)
		snprintf(last_recipient, sizeof(last_recipient), "%s",
			 message->message.recipients[i].address.data);
	ck_assert(message->position >= positions);
	positions = message->position;
}

static uint64_t visit(uint64_t position)
{
	seen = first_ms = last_ms = positions = 0;
	return recent_mail_visit(recent, position, take, NULL);
}

START_TEST(what_was_accepted_and_nothing_else)
{
	static const enum verdict_kind kinds[] = {
		VERDICT_ACCEPT,	  VERDICT_MONITOR, VERDICT_QUARANTINE,
		VERDICT_TEMPFAIL, VERDICT_DISCARD, VERDICT_REJECT
	};
	uint64_t end;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		give(100 + i, kinds[i], "a@x", 2);
	end = visit(0);
	ck_assert_uint_eq(seen, 2);
	ck_assert_uint_eq(first_ms, 100);
	ck_assert_uint_eq(last_ms, 101);
	ck_assert_str_eq(last_sender, "a@x");
	ck_assert_str_eq(last_recipient, "jake@example.com");
	ck_assert_uint_eq(recent_mail_end(recent), end);
	ck_assert_uint_eq(visit(end), end);
	ck_assert_uint_eq(seen, 0);
	give(200, VERDICT_ACCEPT, "", 0);
	visit(end);
	ck_assert_uint_eq(seen, 1);
	ck_assert_str_eq(last_sender, "");
	ck_assert_uint_eq(recent_mail_since_ms(recent), 0);
}
END_TEST

START_TEST(the_oldest_make_room)
{
	char sender[120];

	for (unsigned int i = 0; i < 5000; i++) {
		memset(sender, 'a' + (int)(i % 26), i % 100);
		sender[i % 100] = '\0';
		give(1000 + i, VERDICT_ACCEPT, sender, i % 7);
		visit(0);
		ck_assert_uint_eq(last_ms, 1000 + i);
		ck_assert_str_eq(last_sender, sender);
		ck_assert_uint_eq(seen, last_ms - first_ms + 1);
		if (first_ms > 1000)
			ck_assert_uint_eq(recent_mail_since_ms(recent),
					  first_ms);
	}
	ck_assert_uint_gt(first_ms, 5000);
}
END_TEST

START_TEST(one_that_is_too_long_is_not_forgotten)
{
	char sender[SMALL + 1];

	memset(sender, 'a', SMALL);
	sender[SMALL] = '\0';
	give(100, VERDICT_ACCEPT, sender, 1);
	visit(0);
	ck_assert_uint_eq(seen, 0);
	ck_assert_uint_eq(recent_mail_since_ms(recent), 101);
}
END_TEST

/* From one process to the next: whole, or not at all. */
START_TEST(saved_and_loaded)
{
	size_t length;
	char *data;

	for (unsigned int i = 0; i < 200; i++)
		give(5000 + i, VERDICT_ACCEPT, "a@x", 2);
	visit(0);
	data = recent_mail_save(recent, 1000, &length);
	for (size_t cut = 1; cut < 100; cut++) {
		stop();
		start();
		if (recent_mail_load(recent, data, length - cut, -4000))
			ck_assert_uint_eq(visit(0) % (length / seen), 0);
		else
			ck_assert_uint_eq(recent_mail_end(recent), 0);
	}
	for (size_t i = 0; i < length; i++) {
		data[i] ^= (char)0xff;
		stop();
		start();
		(void)recent_mail_load(recent, data, length, -4000);
		data[i] ^= (char)0xff;
	}
	stop();
	start();
	ck_assert(recent_mail_load(recent, data, length, -4000));
	visit(0);
	ck_assert_uint_eq(last_ms, 5199 + 1000 - 4000);
	ck_assert_str_eq(last_recipient, "jake@example.com");
	free(data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("recent_mail");
	TCase *tests = tcase_create("recent_mail");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, what_was_accepted_and_nothing_else);
	tcase_add_test(tests, the_oldest_make_room);
	tcase_add_test(tests, one_that_is_too_long_is_not_forgotten);
	tcase_add_test(tests, saved_and_loaded);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
