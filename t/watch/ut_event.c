/* SPDX-License-Identifier: ISC */
/* What an event knows of a verdict, and whether a copy knows the same. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/watch/event.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define SENDER		 LIMIT_KEY_OF(DIMENSION_SENDER)
#define SENDER_DOMAIN	 LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN)
#define RECIPIENT	 LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define RECIPIENT_DOMAIN LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN)
#define CLIENT		 LIMIT_KEY_OF(DIMENSION_CLIENT)
#define AUTH		 LIMIT_KEY_OF(DIMENSION_AUTH)
#define HELO		 LIMIT_KEY_OF(DIMENSION_HELO)

static struct message message;
static struct limit limit = { .name = (char[]){ "own-sender" },
			      .key = SENDER,
			      .per_ms = 60000 };
static struct verdict verdict;
static struct event event;

static void set_client(const char *text)
{
	struct network_address client;

	ck_assert(network_parse(text, &client));
	message_set_client(&message, &client);
}

static void add_recipient(const char *raw)
{
	message_add_recipient(&message, &address_rules_default, raw);
}

static void setup(void)
{
	message_init(&message);
	set_client("10.20.0.7");
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

/* json */

/* What is read lives as long as the object; the caller gives that up. */
static json_t *go_there_and_back(struct event *back_r)
{
	char *text = document_write(event_json(&event));
	json_t *object = json_loads(text, 0, NULL);

	ck_assert_ptr_null(strchr(text, '\n'));
	ck_assert_ptr_nonnull(object);
	ck_assert(event_read(object, back_r));
	free(text);
	return object;
}

static void assert_same(const struct event *back)
{
	ck_assert_uint_eq(back->when_ms, event.when_ms);
	ck_assert_str_eq(back->host, event.host);
	ck_assert_str_eq(back->queue_id, event.queue_id);
	ck_assert_int_eq(back->verdict, event.verdict);
	ck_assert_str_eq(back->limit, event.limit);
	ck_assert_uint_eq(back->order, event.order);
	ck_assert_str_eq(back->subject, event.subject);
	ck_assert_uint_eq(back->used, event.used);
	ck_assert_uint_eq(back->max, event.max);
	ck_assert_uint_eq(back->per_ms, event.per_ms);
	ck_assert_str_eq(back->sender, event.sender);
	ck_assert_str_eq(back->client, event.client);
	ck_assert_str_eq(back->login, event.login);
	ck_assert_str_eq(back->helo, event.helo);
	ck_assert_uint_eq(back->recipients_all, event.recipients_all);
	ck_assert_uint_eq(back->recipient_count, event.recipient_count);
	for (size_t i = 0; i < back->recipient_count; i++)
		ck_assert_str_eq(back->recipients[i], event.recipients[i]);
}

START_TEST(test_there_and_back)
{
	struct event back;
	json_t *object;

	for (size_t i = 0; i < crowds[_i]; i++) {
		char raw[40];

		snprintf(raw, sizeof(raw), "<r%zu@example.net>", i);
		add_recipient(raw);
	}
	make();
	ck_assert_uint_eq(event.recipients_all, crowds[_i]);
	ck_assert_uint_eq(event.recipient_count,
			  crowds[_i] < EVENT_RECIPIENTS_MAX
				  ? crowds[_i]
				  : EVENT_RECIPIENTS_MAX);
	object = go_there_and_back(&back);
	assert_same(&back);
	json_decref(object);
}
END_TEST

START_TEST(test_any_bytes_survive_as_json)
{
	struct event back;
	json_t *object;

	message_set(&message.helo, "\"\\\n\033", 4);
	message_set(&message.auth, "j\xff", 2);
	make();
	object = go_there_and_back(&back);
	ck_assert_str_eq(back.helo, "\"\\\n\033");
	/* what is no UTF-8 is written escaped */
	ck_assert_str_eq(back.login, "j\\xff");
	json_decref(object);
}
END_TEST

static const char *const foreign[] = {
	"{\"verdict\":\"accept\"}",
	"{\"verdict\":\"accept\",\"sender\":5,\"when_ms\":\"x\",\"recipients\":{\"a\":1}}",
	"{\"verdict\":\"accept\",\"sender\":null,\"used\":-5,\"max\":1.5,\"recipients\":[1,null]}",
	"{\"verdict\":\"accept\",\"recipients\":[[],{},\"a@b\",\"\\\"\"],\"recipients_all\":-1}",
};

START_TEST(test_what_others_publish)
{
	json_t *object = json_loads(foreign[_i], 0, NULL);

	ck_assert_ptr_nonnull(object);
	ck_assert(event_read(object, &event));
	ck_assert_str_eq(event.sender, "");
	ck_assert_str_eq(event.host, "");
	ck_assert_uint_eq(event.when_ms + event.used + event.max, 0);
	ck_assert_uint_eq(event.recipients_all, 0);
	for (size_t i = 0; i < event.recipient_count; i++)
		ck_assert_ptr_nonnull(event.recipients[i]);
	json_decref(object);
}
END_TEST

START_TEST(test_recipients_of_others_are_bounded)
{
	json_t *object = json_object(), *recipients = json_array();

	for (int i = 0; i < 10000; i++)
		json_array_append_new(recipients, json_string("a@b"));
	json_object_set_new(object, "recipients", recipients);
	json_object_set_new(object, "verdict", json_string("reject"));
	ck_assert(event_read(object, &event));
	ck_assert_uint_eq(event.recipient_count, EVENT_RECIPIENTS_MAX);
	json_decref(object);
}
END_TEST

static const char *const unknown[] = {
	"[]", "\"x\"", "5", "null", "{}", "{\"verdict\":\"greylist\"}",
};

START_TEST(test_what_is_no_event)
{
	json_t *value = json_loads(unknown[_i], JSON_DECODE_ANY, NULL);

	ck_assert_ptr_nonnull(value);
	ck_assert(!event_read(value, &event));
	ck_assert(!event_read(NULL, &event));
	json_decref(value);
}
END_TEST

/* who is it about? */

static const struct {
	unsigned int key;
	const char *subject;
	bool has_it;
} subjects[] = {
	{ SENDER, "sender:jake@example.com", true },
	{ SENDER, "sender:ann@example.com", false },
	{ SENDER_DOMAIN, "sender_domain:example.com", true },
	{ CLIENT, "client:10.20.0.7", true },
	{ CLIENT, "client:10.20.0.8", false },
	{ AUTH, "auth:jake", true },
	{ HELO, "helo:mail.example.com", true },
	{ 0, "all", true },
	{ RECIPIENT, "recipient:bob@example.net", true },
	{ RECIPIENT, "recipient:ann@example.org", true },
	{ RECIPIENT, "recipient:eve@example.net", false },
	{ RECIPIENT_DOMAIN, "recipient_domain:example.org", true },
	{ SENDER | RECIPIENT,
	  "sender+recipient:jake@example.com+ann@example.org", true },
	{ SENDER | RECIPIENT,
	  "sender+recipient:jake@example.com+eve@example.org", false },
	/* the text decides, not the key alone */
	{ CLIENT, "sender:jake@example.com", false },
};

static bool has_subject(int row)
{
	return event_has_subject(&event, subjects[row].subject,
				 subjects[row].key);
}

/* Also what the verdict is not about. */
START_TEST(test_a_message_has_its_subjects)
{
	struct event back;
	json_t *object;

	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.org>");
	strcpy(verdict.subject, "auth:somebody");
	make();
	ck_assert_int_eq(has_subject(_i), subjects[_i].has_it);
	object = go_there_and_back(&back);
	ck_assert_int_eq(event_has_subject(&back, subjects[_i].subject,
					   subjects[_i].key),
			 subjects[_i].has_it);
	json_decref(object);
}
END_TEST

/* At MAIL there are no recipients yet. */
START_TEST(test_a_message_without_recipients_has_the_others)
{
	bool is_of_recipients = (subjects[_i].key & LIMIT_KEY_RECIPIENTS) != 0;

	strcpy(verdict.subject, "auth:somebody");
	make();
	ck_assert_int_eq(has_subject(_i),
			 subjects[_i].has_it && !is_of_recipients);
}
END_TEST

START_TEST(test_the_verdict_is_about_its_subject)
{
	strcpy(verdict.subject, "recipient:eve@example.net");
	make();
	ck_assert(event_has_subject(&event, "recipient:eve@example.net",
				    RECIPIENT));
}
END_TEST

START_TEST(test_what_is_missing_is_no_subject)
{
	message_set(&message.auth, NULL, 0);
	message_set(&message.sender, NULL, 0);
	message_set_client(&message, NULL);
	add_recipient("<bob@example.net>");
	strcpy(verdict.subject, "all");
	make();
	ck_assert(!event_has_subject(&event, "auth:", AUTH));
	ck_assert(!event_has_subject(&event, "sender:", SENDER));
	ck_assert(!event_has_subject(&event, "client:", CLIENT));
}
END_TEST

START_TEST(test_a_client_is_in_its_networks)
{
	set_client("2001:db8::7");
	make();
	ck_assert(event_has_subject(&event, "client:2001:db8::/64", CLIENT));
	ck_assert(event_has_subject(&event, "client:2001:db8::/48", CLIENT));
	ck_assert(!event_has_subject(&event, "client:2001:db9::/48", CLIENT));
	ck_assert(event_has_subject(&event, "client:2001:db8::7", CLIENT));
	set_client("192.0.2.7");
	make();
	ck_assert(event_has_subject(&event, "client:192.0.0.0/16", CLIENT));
	ck_assert(!event_has_subject(&event, "client:::/0", CLIENT));
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

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_what_is_known);
	tcase_add_test(cases, test_a_verdict_about_one_recipient);
	tcase_add_test(cases, test_a_block);
	tcase_add_test(cases, test_an_accept_is_about_nobody);
	tcase_add_test(cases, test_a_declared_size_until_there_is_a_real_one);
	tcase_add_loop_test(cases, test_a_copy_stands_by_itself, 0,
			    COUNT_OF(crowds));
	tcase_add_loop_test(cases, test_there_and_back, 0, COUNT_OF(crowds));
	tcase_add_test(cases, test_any_bytes_survive_as_json);
	tcase_add_loop_test(cases, test_what_others_publish, 0,
			    COUNT_OF(foreign));
	tcase_add_test(cases, test_recipients_of_others_are_bounded);
	tcase_add_loop_test(cases, test_what_is_no_event, 0, COUNT_OF(unknown));
	tcase_add_loop_test(cases, test_a_message_has_its_subjects, 0,
			    COUNT_OF(subjects));
	tcase_add_loop_test(cases,
			    test_a_message_without_recipients_has_the_others, 0,
			    COUNT_OF(subjects));
	tcase_add_test(cases, test_the_verdict_is_about_its_subject);
	tcase_add_test(cases, test_what_is_missing_is_no_subject);
	tcase_add_test(cases, test_a_client_is_in_its_networks);
	tcase_add_test(cases, test_each_sink_gets_it);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
