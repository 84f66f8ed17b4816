/* SPDX-License-Identifier: ISC */
/* Which messages a filter takes: by identities, records and values. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "milter/queue/queue_filter.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define DAY_MS	       UINT64_C(86400000)
#define ARRIVED_MS     UINT64_C(1795601862000)

static struct settings settings;
static struct subject subject;
static struct queue_filter *filter;
static struct queue_message message;
static struct event record;

static void setup(void)
{
	settings.identity = address_rules_default;
	settings.ipv6_prefix = 64;
	message = (struct queue_message){
		.id = alloc_text("4Qx1"),
		.is_held = true,
		.arrived_ms = ARRIVED_MS,
		.sender = alloc_text("Jake+x@Example.com"),
		.recipients = alloc_array(2, sizeof(char *)),
		.recipient_count = 2,
		.client = alloc_text("198.51.100.7"),
	};
	message.recipients[0] = alloc_text("A@Y.test");
	message.recipients[1] = alloc_text("prvs=1234abcdef=b@y.test");
	record = (struct event){
		.queue_id = message.id,
		.when_ms = ARRIVED_MS + 100,
		.sender = "jake@example.com",
		.limit = "own-sender",
		.subject = "sender:jake@example.com",
		.client = "203.0.113.9",
	};
}

static void teardown(void)
{
	queue_filter_free(&filter);
	ck_assert_ptr_null(filter);
	queue_message_clear(&message);
}

static void make(struct queue_wish wish, const char *subject_text)
{
	const char *reason;

	if (subject_text != NULL) {
		ck_assert_msg(subject_parse(subject_text, strlen(subject_text),
					    &settings, &subject, &reason),
			      "%s", reason);
		wish.subject = &subject;
	}
	filter = queue_filter_new(&settings, &wish, &reason);
	ck_assert_ptr_nonnull(filter);
}

static const struct {
	const char *sender, *recipient;
	bool is_taken;
} envelopes[] = {
	{ NULL, NULL, true },
	{ "jake@example.com", NULL, true },
	{ "<JAKE+other@EXAMPLE.COM>", NULL, true },
	{ "jake@example.org", NULL, false },
	{ "ake@example.com", NULL, false },
	{ "<>", NULL, false },
	{ NULL, "a@y.test", true },
	{ NULL, "B+news@y.test", true },
	{ NULL, "c@y.test", false },
	{ "jake@example.com", "a@y.test", true },
	{ "jake@example.com", "c@y.test", false },
	{ "joan@example.com", "a@y.test", false },
};

START_TEST(test_envelope)
{
	make((struct queue_wish){ .sender = envelopes[_i].sender,
				  .recipient = envelopes[_i].recipient },
	     NULL);
	ck_assert_int_eq(queue_filter_takes_envelope(filter, &message),
			 envelopes[_i].is_taken);
	ck_assert(!queue_filter_asks_record(filter));
	ck_assert(!queue_filter_needs_record(filter));
}
END_TEST

START_TEST(test_the_null_sender)
{
	make((struct queue_wish){ .sender = "<>" }, NULL);
	message.sender[0] = '\0';
	ck_assert(queue_filter_takes_envelope(filter, &message));
}
END_TEST

static const struct {
	const char *sender;
	uint64_t when_ms;
	bool is_record;
} records[] = {
	{ "jake@example.com", ARRIVED_MS, true },
	{ "jake@example.com", ARRIVED_MS + DAY_MS, true },
	{ "jake@example.com", ARRIVED_MS - DAY_MS, true },
	{ "jake@example.com", ARRIVED_MS + DAY_MS + 1, false },
	{ "jake@example.com", ARRIVED_MS - DAY_MS - 1, false },
	{ "joan@example.com", ARRIVED_MS, false },
	{ "", ARRIVED_MS, false },
};

START_TEST(test_a_queue_id_that_came_again)
{
	const struct event old = {
		.queue_id = message.id,
		.when_ms = records[_i].when_ms,
		.sender = records[_i].sender,
	};

	make((struct queue_wish){ .limit = "own-sender" }, NULL);
	ck_assert_int_eq(queue_filter_is_record(filter, &message, &old),
			 records[_i].is_record);
	ck_assert(!queue_filter_is_record(filter, &message, NULL));
}
END_TEST

static const struct {
	const char *client, *limit, *subject;
	bool with_record, without_record, needs_record, asks_client;
} rows[] = {
	{ NULL, "own-sender", NULL, true, false, true, false },
	{ NULL, "other", NULL, false, false, true, false },
	/* the record's client goes before that of the message */
	{ "203.0.113.0/24", NULL, NULL, true, false, false, true },
	{ "198.51.100.7", NULL, NULL, false, true, false, true },
	{ "192.0.2.0/24", NULL, NULL, false, false, false, true },
	/* ... and its subject before what the message could be */
	{ NULL, NULL, "sender:Jake+y@example.com", true, true, false, false },
	{ NULL, NULL, "recipient:a@y.test", false, true, false, false },
	{ NULL, NULL, "recipient:b@y.test", false, true, false, false },
	{ NULL, NULL, "recipient:c@y.test", false, false, false, false },
	{ NULL, NULL, "sender_domain:example.com", false, true, false, false },
	{ NULL, NULL, "recipient_domain:y.test", false, true, false, false },
	{ NULL, NULL, "client:198.51.100.7", false, true, false, true },
	{ NULL, NULL, "sender+recipient:jake@example.com+b@y.test", false, true,
	  false, false },
	{ NULL, NULL, "auth:jake", false, false, true, false },
	{ NULL, NULL, "all", false, false, true, false },
	{ "203.0.113.9", "own-sender", "sender:jake@example.com", true, false,
	  true, true },
	{ "203.0.113.8", "own-sender", "sender:jake@example.com", false, false,
	  true, true },
};

START_TEST(test_client_limit_and_subject)
{
	make((struct queue_wish){ .client = rows[_i].client,
				  .limit = rows[_i].limit },
	     rows[_i].subject);
	ck_assert(queue_filter_asks_record(filter));
	ck_assert_int_eq(queue_filter_needs_record(filter),
			 rows[_i].needs_record);
	ck_assert_int_eq(queue_filter_asks_client(filter),
			 rows[_i].asks_client);
	ck_assert_int_eq(queue_filter_matches(filter, &message, &record),
			 rows[_i].with_record);
	ck_assert_int_eq(queue_filter_matches(filter, &message, NULL),
			 rows[_i].without_record);
}
END_TEST

START_TEST(test_an_old_subject_says_nothing_of_mail_that_is_not_held)
{
	make((struct queue_wish){ 0 }, "recipient:a@y.test");
	message.is_held = false;
	ck_assert(queue_filter_matches(filter, &message, &record));
}
END_TEST

START_TEST(test_a_client_that_is_not_known)
{
	make((struct queue_wish){ .client = "::/0" }, NULL);
	free(message.client);
	message.client = NULL;
	ck_assert(!queue_filter_matches(filter, &message, NULL));
	message.client = alloc_text("unknown");
	ck_assert(!queue_filter_matches(filter, &message, NULL));
	free(message.client);
	message.client = alloc_text("IPv6:2001:db8::1");
	ck_assert(queue_filter_matches(filter, &message, NULL));
}
END_TEST

static const struct {
	struct queue_wish wish;
	const char *reason;
} mistakes[] = {
	{ { .sender = "@example.com" },
	  "--sender: found a domain, allowed is an address; for a domain "
	  "there is --subject sender_domain:example.com" },
	{ { .recipient = "@example.com" },
	  "--recipient: found a domain, allowed is an address; for a domain "
	  "there is --subject recipient_domain:example.com" },
	{ { .client = "198.51.100.7/24" }, NULL },
	{ { .client = "mail.example.com" }, NULL },
};

START_TEST(test_what_is_no_filter)
{
	const char *reason = NULL;

	filter = queue_filter_new(&settings, &mistakes[_i].wish, &reason);
	ck_assert_ptr_null(filter);
	ck_assert_ptr_nonnull(reason);
	if (mistakes[_i].reason != NULL)
		ck_assert_str_eq(reason, mistakes[_i].reason);
}
END_TEST

/* Of an incident whose windows are these, from one minute before the message
 * arrived until one after. */
static const struct {
	const char *subject;
	int64_t later_ms;
	bool is_held, with_record, without_record;
} floods[] = {
	{ "sender:jake@example.com", 0, true, true, true },
	{ "sender:ann@example.com", 0, true, false, false },
	/* held for another reason, but of it */
	{ "recipient:b@y.test", 0, true, true, true },
	{ "client:203.0.113.9", 0, true, true, false },
	{ "client:198.51.100.7", 0, false, false, true },
	/* only a record, or Postfix, knows the login */
	{ "auth:jake", 0, false, false, true },
	{ "auth:ann", 0, true, true, false },
	/* nobody's in particular */
	{ "all", 0, true, false, false },
	{ "sender:jake@example.com", 60001, true, false, false },
	{ "sender:jake@example.com", -60001, true, false, false },
};

START_TEST(test_mail_of_an_incident)
{
	struct subject subjects[2];
	const struct incident_flood flood = { subjects, 2, ARRIVED_MS - 60000,
					      ARRIVED_MS + 60000 };
	const char *texts[] = { "sender:nobody@example.com",
				floods[_i].subject };
	const char *reason;

	for (int i = 0; i < 2; i++)
		ck_assert(subject_parse(texts[i], strlen(texts[i]), &settings,
					&subjects[i], &reason));
	make((struct queue_wish){ .flood = &flood }, NULL);
	message.arrived_ms = ARRIVED_MS + (uint64_t)floods[_i].later_ms;
	message.is_held = floods[_i].is_held;
	message.login = alloc_text("jake");
	record.login = "ann";
	ck_assert(queue_filter_asks_record(filter));
	ck_assert(!queue_filter_needs_record(filter));
	ck_assert_int_eq(
		queue_filter_takes_envelope(filter, &message) &&
			queue_filter_matches(filter, &message, &record),
		floods[_i].with_record);
	ck_assert_int_eq(queue_filter_takes_envelope(filter, &message) &&
				 queue_filter_matches(filter, &message, NULL),
			 floods[_i].without_record);
}
END_TEST

START_TEST(test_an_incident_of_nobody_has_no_mail)
{
	const struct incident_flood flood = { NULL, 0, 0, UINT64_MAX };

	make((struct queue_wish){ .flood = &flood }, NULL);
	ck_assert(!queue_filter_matches(filter, &message, &record));
	ck_assert(!queue_filter_matches(filter, &message, NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue_filter");
	TCase *tcase = tcase_create("filter");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_envelope, 0, COUNT_OF(envelopes));
	tcase_add_test(tcase, test_the_null_sender);
	tcase_add_loop_test(tcase, test_a_queue_id_that_came_again, 0,
			    COUNT_OF(records));
	tcase_add_loop_test(tcase, test_mail_of_an_incident, 0,
			    COUNT_OF(floods));
	tcase_add_test(tcase, test_an_incident_of_nobody_has_no_mail);
	tcase_add_loop_test(tcase, test_client_limit_and_subject, 0,
			    COUNT_OF(rows));
	tcase_add_test(
		tcase,
		test_an_old_subject_says_nothing_of_mail_that_is_not_held);
	tcase_add_test(tcase, test_a_client_that_is_not_known);
	tcase_add_loop_test(tcase, test_what_is_no_filter, 0,
			    COUNT_OF(mistakes));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
