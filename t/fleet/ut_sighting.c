/* SPDX-License-Identifier: ISC */
/* A verdict on its way to those who watch: what it says, as JSON and back. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fleet/sighting.h"
#include "lib/policy/subject.h"

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
static struct sighting sighting;

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
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
	memset(&verdict, 0, sizeof(verdict));
	verdict.kind = VERDICT_REJECT;
	verdict.cause = VERDICT_BY_LIMIT;
	verdict.limit = &limit;
	strcpy(verdict.subject, "sender:jake@example.com");
	verdict.used = 101;
	verdict.max = 100;
}

static void teardown(void)
{
	sighting_clear(&sighting);
	message_clear(&message);
}

static void see(void)
{
	sighting_clear(&sighting);
	sighting_make(&sighting, &message, NULL, &verdict);
	sighting.host = strdup("gate1");
	sighting.queue_id = strdup("4Xabc");
	sighting.when_ms = 1777651200000;
}

START_TEST(test_what_is_seen)
{
	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.net>");
	see();
	ck_assert_str_eq(sighting.verdict, "reject");
	ck_assert_str_eq(sighting.limit, "own-sender");
	ck_assert_uint_eq(sighting.order, 0);
	ck_assert_str_eq(sighting.subject, "sender:jake@example.com");
	ck_assert_uint_eq(sighting.used, 101);
	ck_assert_uint_eq(sighting.max, 100);
	ck_assert_uint_eq(sighting.per_ms, 60000);
	ck_assert_str_eq(sighting.sender, "jake@example.com");
	ck_assert_str_eq(sighting.client, "10.20.0.7");
	ck_assert_str_eq(sighting.login, "jake");
	ck_assert_str_eq(sighting.helo, "mail.example.com");
	ck_assert_uint_eq(sighting.recipients_all, 2);
	ck_assert_uint_eq(sighting.recipient_count, 2);
	ck_assert_str_eq(sighting.recipients[0], "bob@example.net");
	ck_assert_str_eq(sighting.recipients[1], "ann@example.net");
}
END_TEST

START_TEST(test_a_verdict_about_one_recipient)
{
	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.net>");
	sighting_make(&sighting, &message, &message.recipients[1], &verdict);
	ck_assert_uint_eq(sighting.recipients_all, 1);
	ck_assert_uint_eq(sighting.recipient_count, 1);
	ck_assert_str_eq(sighting.recipients[0], "ann@example.net");
	/* host and queue id are told later, or not at all */
	ck_assert_ptr_null(sighting.host);
}
END_TEST

START_TEST(test_a_block)
{
	verdict.cause = VERDICT_BY_BLOCK;
	verdict.limit = NULL;
	verdict.order = 17;
	see();
	ck_assert_str_eq(sighting.limit, "");
	ck_assert_uint_eq(sighting.order, 17);
	ck_assert_uint_eq(sighting.per_ms, 0);
	ck_assert_str_eq(sighting.subject, "sender:jake@example.com");
}
END_TEST

/* A verdict keeps what was there before it was decided otherwise. */
START_TEST(test_an_accept_is_about_nobody)
{
	verdict_accept(&verdict, VERDICT_BY_FAILURE);
	strcpy(verdict.subject, "left over");
	verdict.order = 5;
	see();
	ck_assert_str_eq(sighting.verdict, "accept");
	ck_assert_str_eq(sighting.subject, "");
	ck_assert_uint_eq(sighting.order + sighting.used + sighting.max, 0);
}
END_TEST

/* json */

static void go_there_and_back(struct sighting *back_r)
{
	json_t *object = sighting_json(&sighting);
	char *text = document_write(object);

	ck_assert_ptr_null(strchr(text, '\n'));
	object = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(object);
	ck_assert(sighting_parse(object, back_r));
	json_decref(object);
	free(text);
}

static void assert_same(const struct sighting *back)
{
	ck_assert_uint_eq(back->when_ms, sighting.when_ms);
	ck_assert_str_eq(back->host, sighting.host);
	ck_assert_str_eq(back->queue_id, sighting.queue_id);
	ck_assert_str_eq(back->verdict, sighting.verdict);
	ck_assert_str_eq(back->limit, sighting.limit);
	ck_assert_uint_eq(back->order, sighting.order);
	ck_assert_str_eq(back->subject, sighting.subject);
	ck_assert_uint_eq(back->used, sighting.used);
	ck_assert_uint_eq(back->max, sighting.max);
	ck_assert_uint_eq(back->per_ms, sighting.per_ms);
	ck_assert_str_eq(back->sender, sighting.sender);
	ck_assert_str_eq(back->client, sighting.client);
	ck_assert_str_eq(back->login, sighting.login);
	ck_assert_str_eq(back->helo, sighting.helo);
	ck_assert_uint_eq(back->recipients_all, sighting.recipients_all);
	ck_assert_uint_eq(back->recipient_count, sighting.recipient_count);
	for (size_t i = 0; i < back->recipient_count; i++)
		ck_assert_str_eq(back->recipients[i], sighting.recipients[i]);
}

static const size_t crowds[] = { 0, 1, 20, 21, 1000 };

START_TEST(test_there_and_back)
{
	struct sighting back;

	for (size_t i = 0; i < crowds[_i]; i++) {
		char raw[40];

		snprintf(raw, sizeof(raw), "<r%zu@example.net>", i);
		add_recipient(raw);
	}
	see();
	ck_assert_uint_eq(sighting.recipients_all, crowds[_i]);
	ck_assert_uint_eq(sighting.recipient_count,
			  crowds[_i] < SIGHTING_RECIPIENTS_MAX
				  ? crowds[_i]
				  : SIGHTING_RECIPIENTS_MAX);
	go_there_and_back(&back);
	assert_same(&back);
	sighting_clear(&back);
	ck_assert_ptr_null(back.recipients);
	ck_assert_ptr_null(back.host);
}
END_TEST

START_TEST(test_any_bytes_survive_as_json)
{
	struct sighting back;

	message_set(&message.helo, "\"\\\n\033", 4);
	message_set(&message.auth, "j\xff", 2);
	see();
	go_there_and_back(&back);
	ck_assert_str_eq(back.helo, "\"\\\n\033");
	/* what is no UTF-8 is told as it is escaped */
	ck_assert_str_eq(back.login, "j\\xff");
	sighting_clear(&back);
}
END_TEST

static const char *const foreign[] = {
	"{}",
	"{\"sender\":5,\"when_ms\":\"x\",\"recipients\":{\"a\":1}}",
	"{\"sender\":null,\"used\":-5,\"max\":1.5,\"recipients\":[1,null]}",
	"{\"recipients\":[[],{},\"a@b\",\"\\\"\"],\"recipients_all\":-1}",
};

START_TEST(test_what_others_publish)
{
	json_t *object = json_loads(foreign[_i], 0, NULL);

	ck_assert_ptr_nonnull(object);
	ck_assert(sighting_parse(object, &sighting));
	ck_assert_str_eq(sighting.sender, "");
	ck_assert_str_eq(sighting.host, "");
	ck_assert_uint_eq(sighting.when_ms + sighting.used + sighting.max, 0);
	ck_assert_uint_eq(sighting.recipients_all, 0);
	for (size_t i = 0; i < sighting.recipient_count; i++)
		ck_assert_ptr_nonnull(sighting.recipients[i]);
	json_decref(object);
}
END_TEST

START_TEST(test_recipients_of_others_are_bounded)
{
	json_t *object = json_object(), *recipients = json_array();

	for (int i = 0; i < 10000; i++)
		json_array_append_new(recipients, json_string("a@b"));
	json_object_set_new(object, "recipients", recipients);
	ck_assert(sighting_parse(object, &sighting));
	ck_assert_uint_eq(sighting.recipient_count, SIGHTING_RECIPIENTS_MAX);
	json_decref(object);
}
END_TEST

static const char *const no_objects[] = { "[]", "\"x\"", "5", "null" };

START_TEST(test_what_is_no_object)
{
	json_t *value = json_loads(no_objects[_i], JSON_DECODE_ANY, NULL);

	ck_assert_ptr_nonnull(value);
	ck_assert(!sighting_parse(value, &sighting));
	ck_assert(!sighting_parse(NULL, &sighting));
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
	return sighting_has_subject(&sighting, subjects[row].subject,
				    subjects[row].key);
}

/* Also what the verdict is not about. */
START_TEST(test_a_message_has_its_subjects)
{
	struct sighting back;

	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.org>");
	strcpy(verdict.subject, "auth:somebody");
	see();
	ck_assert_int_eq(has_subject(_i), subjects[_i].has_it);
	go_there_and_back(&back);
	ck_assert_int_eq(sighting_has_subject(&back, subjects[_i].subject,
					      subjects[_i].key),
			 subjects[_i].has_it);
	sighting_clear(&back);
}
END_TEST

/* At MAIL there are no recipients yet. */
START_TEST(test_a_message_without_recipients_has_the_others)
{
	bool is_of_recipients = (subjects[_i].key & LIMIT_KEY_RECIPIENTS) != 0;

	strcpy(verdict.subject, "auth:somebody");
	see();
	ck_assert_int_eq(has_subject(_i),
			 subjects[_i].has_it && !is_of_recipients);
}
END_TEST

START_TEST(test_the_verdict_is_about_its_subject)
{
	strcpy(verdict.subject, "recipient:eve@example.net");
	see();
	ck_assert(sighting_has_subject(&sighting, "recipient:eve@example.net",
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
	see();
	ck_assert(!sighting_has_subject(&sighting, "auth:", AUTH));
	ck_assert(!sighting_has_subject(&sighting, "sender:", SENDER));
	ck_assert(!sighting_has_subject(&sighting, "client:", CLIENT));
}
END_TEST

START_TEST(test_a_client_is_in_its_networks)
{
	set_client("2001:db8::7");
	see();
	ck_assert(sighting_has_subject(&sighting, "client:2001:db8::/64",
				       CLIENT));
	ck_assert(sighting_has_subject(&sighting, "client:2001:db8::/48",
				       CLIENT));
	ck_assert(!sighting_has_subject(&sighting, "client:2001:db9::/48",
					CLIENT));
	ck_assert(
		sighting_has_subject(&sighting, "client:2001:db8::7", CLIENT));
	set_client("192.0.2.7");
	see();
	ck_assert(
		sighting_has_subject(&sighting, "client:192.0.0.0/16", CLIENT));
	ck_assert(!sighting_has_subject(&sighting, "client:::/0", CLIENT));
}
END_TEST

START_TEST(test_the_channel)
{
	char *channel = sighting_channel("weir");

	ck_assert_str_eq(channel, "weir:verdicts");
	free(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sighting");
	TCase *cases = tcase_create("sightings");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_what_is_seen);
	tcase_add_test(cases, test_a_verdict_about_one_recipient);
	tcase_add_test(cases, test_a_block);
	tcase_add_test(cases, test_an_accept_is_about_nobody);
	tcase_add_loop_test(cases, test_there_and_back, 0, COUNT_OF(crowds));
	tcase_add_test(cases, test_any_bytes_survive_as_json);
	tcase_add_loop_test(cases, test_what_others_publish, 0,
			    COUNT_OF(foreign));
	tcase_add_test(cases, test_recipients_of_others_are_bounded);
	tcase_add_loop_test(cases, test_what_is_no_object, 0,
			    COUNT_OF(no_objects));
	tcase_add_loop_test(cases, test_a_message_has_its_subjects, 0,
			    COUNT_OF(subjects));
	tcase_add_loop_test(cases,
			    test_a_message_without_recipients_has_the_others, 0,
			    COUNT_OF(subjects));
	tcase_add_test(cases, test_the_verdict_is_about_its_subject);
	tcase_add_test(cases, test_what_is_missing_is_no_subject);
	tcase_add_test(cases, test_a_client_is_in_its_networks);
	tcase_add_test(cases, test_the_channel);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
