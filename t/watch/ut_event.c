/* SPDX-License-Identifier: ISC */
/* What an event knows of a verdict, and whether a copy knows the same. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/watch/event.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct message message;
static struct limit limit = { .name = (char[]){ "own-sender" },
			      .key = LIMIT_KEY_OF(DIMENSION_SENDER),
			      .per_ms = 60000 };
static struct verdict verdict;
static struct event event;

static void add_recipient(const char *raw)
{
	message_add_recipient(&message, &address_rules_default, raw);
}

static void setup(void)
{
	struct network_address client;

	message_init(&message);
	ck_assert(network_parse("10.20.0.7", &client));
	message_set_client(&message, &client);
	message_set_auth(&message, "jake");
	message_set_helo(&message, &address_rules_default, "mail.example.com");
	message_set(&message.listener, "smtpd", 5);
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
	message.bytes = 1234;
	verdict_accept(&verdict, VERDICT_BY_LIMIT);
	verdict.kind = VERDICT_REJECT;
	verdict.limit = &limit;
	strcpy(verdict.subject, "sender:jake@example.com");
	verdict.used = 101;
	verdict.max = 100;
	verdict.wait_ms = 41200;
	verdict.is_cached = true;
}

static void teardown(void)
{
	message_clear(&message);
}

static void make(void)
{
	event_make(&event, &message, NULL, &verdict);
	event.host = "gate1";
	event.queue_id = "4Xabc";
	event.when_ms = 1777651200000;
	event.steady_ms = 5000;
	event.stage = EVENT_AT_END;
}

START_TEST(test_what_is_known)
{
	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.net>");
	make();
	ck_assert_int_eq(event.verdict, VERDICT_REJECT);
	ck_assert_int_eq(event.cause, VERDICT_BY_LIMIT);
	ck_assert_str_eq(event.limit, "own-sender");
	ck_assert_uint_eq(event.order, 0);
	ck_assert_str_eq(event.subject, "sender:jake@example.com");
	ck_assert_uint_eq(event.used, 101);
	ck_assert_uint_eq(event.max, 100);
	ck_assert_uint_eq(event.per_ms, 60000);
	ck_assert_uint_eq(event.wait_ms, 41200);
	ck_assert(event.is_cached);
	ck_assert_str_eq(event.sender, "jake@example.com");
	ck_assert_str_eq(event.client, "10.20.0.7");
	ck_assert_str_eq(event.login, "jake");
	ck_assert_str_eq(event.helo, "mail.example.com");
	ck_assert_str_eq(event.listener, "smtpd");
	ck_assert_uint_eq(event.bytes, 1234);
	ck_assert_uint_eq(event.recipients_all, 2);
	ck_assert_uint_eq(event.recipient_count, 2);
	ck_assert_str_eq(event.recipients[0], "bob@example.net");
	ck_assert_str_eq(event.recipients[1], "ann@example.net");
}
END_TEST

START_TEST(test_a_verdict_about_one_recipient)
{
	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.net>");
	event_make(&event, &message, &message.recipients[1], &verdict);
	ck_assert_uint_eq(event.recipients_all, 1);
	ck_assert_uint_eq(event.recipient_count, 1);
	ck_assert_str_eq(event.recipients[0], "ann@example.net");
	ck_assert_str_eq(event.host, "");
	ck_assert_str_eq(event.queue_id, "");
}
END_TEST

START_TEST(test_a_block)
{
	verdict.cause = VERDICT_BY_BLOCK;
	verdict.limit = NULL;
	verdict.order = 17;
	make();
	ck_assert_str_eq(event.limit, "");
	ck_assert_uint_eq(event.order, 17);
	ck_assert_uint_eq(event.per_ms, 0);
	ck_assert_str_eq(event.subject, "sender:jake@example.com");
}
END_TEST

/* A verdict keeps what was there before it was decided otherwise. */
START_TEST(test_an_accept_is_about_nobody)
{
	verdict_accept(&verdict, VERDICT_BY_FAILURE);
	strcpy(verdict.subject, "left over");
	verdict.order = 5;
	make();
	ck_assert_int_eq(event.verdict, VERDICT_ACCEPT);
	ck_assert_str_eq(event.limit, "");
	ck_assert_str_eq(event.subject, "");
	ck_assert_uint_eq(event.order + event.used + event.max, 0);
}
END_TEST

START_TEST(test_a_declared_size_until_there_is_a_real_one)
{
	message.declared_bytes = 99;
	make();
	ck_assert_uint_eq(event.bytes, 1234);
	message.bytes = 0;
	make();
	ck_assert_uint_eq(event.bytes, 99);
}
END_TEST

static const size_t crowds[] = { 0, 1, EVENT_RECIPIENTS_MAX,
				 EVENT_RECIPIENTS_MAX + 1, 1000 };

START_TEST(test_a_copy_stands_by_itself)
{
	struct event *copy;
	char raw[64];

	for (size_t i = 0; i < crowds[_i]; i++) {
		snprintf(raw, sizeof(raw), "<user%zu@example.net>", i);
		add_recipient(raw);
	}
	make();
	copy = event_copy(&event);
	memset(verdict.subject, 'x', sizeof(verdict.subject) - 1);
	message_clear(&message);
	message_init(&message);
	ck_assert_uint_eq(copy->when_ms, 1777651200000);
	ck_assert_uint_eq(copy->steady_ms, 5000);
	ck_assert_int_eq(copy->stage, EVENT_AT_END);
	ck_assert_str_eq(copy->host, "gate1");
	ck_assert_str_eq(copy->queue_id, "4Xabc");
	ck_assert_str_eq(copy->limit, "own-sender");
	ck_assert_str_eq(copy->subject, "sender:jake@example.com");
	ck_assert_str_eq(copy->sender, "jake@example.com");
	ck_assert_str_eq(copy->client, "10.20.0.7");
	ck_assert_str_eq(copy->login, "jake");
	ck_assert_str_eq(copy->helo, "mail.example.com");
	ck_assert_str_eq(copy->listener, "smtpd");
	ck_assert_uint_eq(copy->recipients_all, crowds[_i]);
	ck_assert_uint_le(copy->recipient_count, EVENT_RECIPIENTS_MAX);
	for (size_t i = 0; i < copy->recipient_count; i++) {
		snprintf(raw, sizeof(raw), "user%zu@example.net", i);
		ck_assert_str_eq(copy->recipients[i], raw);
	}
	free(copy);
}
END_TEST

static void count(void *context, const struct event *given)
{
	unsigned int *counted = context;

	*counted += given == &event;
}

START_TEST(test_each_sink_gets_it)
{
	unsigned int counted[2] = { 0 };
	const struct event_sink sinks[] = { { count, &counted[0] },
					    { count, &counted[1] },
					    { NULL, NULL } };

	make();
	event_give(sinks, &event);
	event_give(sinks + 1, &event);
	event_give(sinks + 2, &event);
	ck_assert_uint_eq(counted[0], 1);
	ck_assert_uint_eq(counted[1], 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("event");
	TCase *cases = tcase_create("events");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_what_is_known);
	tcase_add_test(cases, test_a_verdict_about_one_recipient);
	tcase_add_test(cases, test_a_block);
	tcase_add_test(cases, test_an_accept_is_about_nobody);
	tcase_add_test(cases, test_a_declared_size_until_there_is_a_real_one);
	tcase_add_loop_test(cases, test_a_copy_stands_by_itself, 0,
			    COUNT_OF(crowds));
	tcase_add_test(cases, test_each_sink_gets_it);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
