/* SPDX-License-Identifier: ISC */
/* What is chosen of a flood, written, and counted where it is left out. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/sha256.h"
#include "lib/watch/evidence.h"

#define KEY "own:1m:sender:jake@x.example"

static struct {
	enum journal_kind kind;
	json_t *members;
} records[2000];
static size_t count;
static struct evidence *evidence;
static const struct evidence_privacy open_privacy;

static void write_record(void *context, enum journal_kind kind, json_t *members)
{
	ck_assert_ptr_eq(context, records);
	ck_assert_uint_lt(count, sizeof(records) / sizeof(records[0]));
	records[count].kind = kind;
	records[count++].members = members;
}

static void setup(void)
{
	count = 0;
	evidence = evidence_new(write_record, records);
	evidence_set_privacy(evidence, &open_privacy);
}

static void forget_records(void)
{
	while (count > 0)
		json_decref(records[--count].members);
}

static void teardown(void)
{
	forget_records();
	evidence_free(&evidence);
}

static struct event event_at(uint64_t now_ms, enum verdict_kind verdict)
{
	bool is_in = verdict == VERDICT_ACCEPT;
	struct event event = {
		.when_ms = 1795485849123 + now_ms,
		.steady_ms = now_ms,
		.host = "gw1",
		.queue_id = "4Abc",
		.stage = EVENT_AT_END,
		.verdict = verdict,
		.cause = is_in ? VERDICT_BY_NOTHING : VERDICT_BY_LIMIT,
		.limit = is_in ? "" : "own",
		.subject = is_in ? "" : "sender:jake@x.example",
		.used = 100,
		.max = is_in ? 0 : 100,
		.per_ms = is_in ? 0 : 60000,
		.near_limit = is_in ? "own" : "",
		.near_subject = is_in ? "sender:jake@x.example" : "",
		.near_per_ms = is_in ? 60000 : 0,
		.near_max = is_in ? 100 : 0,
		.sender = "jake@x.example",
		.client = "192.0.2.7",
		.login = "",
		.helo = "x.example",
		.listener = "",
		.content = "",
		.recipients = { "ann@y.example" },
		.recipient_count = 1,
		.recipients_all = 1,
		.bytes = 1000,
	};

	return event;
}

static void give(struct event *event)
{
	event_give((const struct event_sink[]){ { evidence_add, evidence },
						{ NULL, NULL } },
		   event);
}

static void add(uint64_t now_ms, enum verdict_kind verdict)
{
	struct event event = event_at(now_ms, verdict);

	give(&event);
}

static const char *text(size_t record, const char *name)
{
	ck_assert_uint_lt(record, count);
	return document_get_text(records[record].members, name);
}

static uint64_t number(size_t record, const char *name)
{
	ck_assert_uint_lt(record, count);
	return document_get_number(records[record].members, name);
}

/* Before and first wait for the number; then one in ten seconds. */
START_TEST(a_flood_from_its_beginning)
{
	for (uint64_t i = 0; i < 10; i++)
		add(i, VERDICT_ACCEPT);
	for (uint64_t i = 10; i < 20; i++)
		add(i, VERDICT_TEMPFAIL);
	ck_assert_uint_eq(count, 0);
	ck_assert(!evidence_is_wanted(evidence));
	evidence_assign(evidence, KEY, 17, "1795485849123-17");
	ck_assert(evidence_is_wanted(evidence));
	ck_assert_uint_eq(count, 8);
	for (size_t i = 0; i < 8; i++) {
		ck_assert_int_eq(records[i].kind, JOURNAL_MESSAGE);
		ck_assert_str_eq(text(i, "role"), i < 3 ? "before" : "first");
		ck_assert_str_eq(text(i, "uid"), "1795485849123-17");
		ck_assert_uint_eq(number(i, "incident"), 17);
		ck_assert_str_eq(text(i, "limit"), "own");
		ck_assert_str_eq(text(i, "queue_id"), "4Abc");
	}
	ck_assert_str_eq(text(0, "when"), "2026-11-24T02:04:09.130Z");
	ck_assert_str_eq(text(2, "when"), "2026-11-24T02:04:09.132Z");
	ck_assert_str_eq(text(3, "when"), "2026-11-24T02:04:09.133Z");
	add(20, VERDICT_TEMPFAIL);
	add(10013, VERDICT_TEMPFAIL);
	ck_assert_uint_eq(count, 8);
	add(10014, VERDICT_TEMPFAIL);
	ck_assert_uint_eq(count, 9);
	ck_assert_str_eq(text(8, "role"), "sampled");
	ck_assert_uint_eq(number(8, "left_out"), 7);
	ck_assert_uint_eq(evidence_left_out(evidence), 7);
}
END_TEST

START_TEST(each_new_source_and_the_last_ones)
{
	struct event event = event_at(1, VERDICT_REJECT);

	add(0, VERDICT_REJECT);
	evidence_assign(evidence, KEY, 17, "u-17");
	for (uint64_t i = 1; i < 6; i++)
		add(i, VERDICT_REJECT);
	ck_assert_uint_eq(count, 5);
	for (int i = 0; i < 60; i++) {
		char client[32];

		snprintf(client, sizeof(client), "192.0.2.%d", 100 + i);
		event.client = client;
		event.steady_ms = 2000 + 1000 * (uint64_t)i;
		give(&event);
	}
	/* 50 of them are remembered, two for the first one; and one in 10 s */
	ck_assert_str_eq(text(6, "role"), "new");
	ck_assert_uint_ge(count, 5 + 48);
	ck_assert_uint_le(count, 5 + 48 + 2);
	for (uint64_t i = 0; i < 5; i++)
		add(62000 + i * EVIDENCE_LAST_MS, VERDICT_REJECT);
	add(62401, VERDICT_REJECT); /* too near to the one before */
	evidence_end(evidence, 17);
	ck_assert(!evidence_is_wanted(evidence));
	ck_assert_str_eq(text(count - 4, "role"), "");
	ck_assert_int_eq(records[count - 4].kind, JOURNAL_MINUTE);
	for (size_t i = count - 3; i < count; i++)
		ck_assert_str_eq(text(i, "role"), "last");
	ck_assert_str_eq(text(count - 1, "when"), "2026-11-24T02:05:11.523Z");
}
END_TEST

/* It goes on after it was quiet: under the same number. */
START_TEST(a_flood_that_begins_again)
{
	add(0, VERDICT_REJECT);
	evidence_assign(evidence, KEY, 17, "u-17");
	evidence_end(evidence, 17);
	forget_records();
	add(1000000, VERDICT_REJECT);
	ck_assert_uint_eq(count, 0);
	evidence_assign(evidence, KEY, 17, "u-17");
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(text(0, "role"), "first");
}
END_TEST

START_TEST(the_bounds_hold_and_are_counted)
{
	struct event event = event_at(0, VERDICT_REJECT);
	uint64_t sum = 0;

	give(&event);
	evidence_assign(evidence, KEY, 17, "u-17");
	for (uint64_t i = 1; i <= 40; i++) {
		char login[32];

		snprintf(login, sizeof(login), "login%d", (int)i);
		event.login = login;
		give(&event);
	}
	ck_assert_uint_eq(count, EVIDENCE_SECOND_MAX);
	event.login = "";
	for (uint64_t i = 1; i <= 400; i++) {
		event.steady_ms = i * EVIDENCE_EVERY_MS;
		give(&event);
	}
	ck_assert_uint_eq(count, EVIDENCE_INCIDENT_MAX - EVIDENCE_LAST);
	add(500 * EVIDENCE_EVERY_MS, VERDICT_REJECT);
	for (size_t i = 0; i < count; i++)
		sum += number(i, "left_out");
	ck_assert_uint_eq(sum, 41 - EVIDENCE_SECOND_MAX);
	ck_assert_uint_eq(evidence_left_out(evidence) + count, 442);
	/* at the end nothing is left that no record counts */
	evidence_end(evidence, 17);
	for (sum = 0; count > 0; json_decref(records[--count].members))
		sum += number(count - 1, "left_out");
	ck_assert_uint_eq(sum, evidence_left_out(evidence));
}
END_TEST

START_TEST(every_queue_id_that_was_held)
{
	struct event event = event_at(0, VERDICT_QUARANTINE);
	size_t ids = 0;

	give(&event);
	evidence_assign(evidence, KEY, 17, "u-17");
	for (int i = 1; i < 250; i++) {
		char id[32];

		snprintf(id, sizeof(id), "4Q%d", i);
		event.queue_id = id;
		give(&event);
	}
	evidence_tick(evidence, 100);
	for (size_t i = 0; i < count; i++)
		if (strcmp(text(i, "role"), "held") == 0)
			ids += json_array_size(json_object_get(
				records[i].members, "queue_ids"));
	ck_assert_uint_eq(ids, 250);
	evidence_tick(evidence, 60000);
	ck_assert_int_eq(records[count - 1].kind, JOURNAL_MINUTE);
	ck_assert_uint_eq(number(count - 1, "held"), 250);
	ck_assert_uint_eq(number(count - 1, "stopped"), 0);
	ck_assert_uint_eq(number(count - 1, "bytes"), 250000);
}
END_TEST

/* Until the number is known, too: in the counts, and as a queue id. */
START_TEST(what_waits_is_counted)
{
	struct event event = event_at(100, VERDICT_QUARANTINE);
	char id[32];

	add(50, VERDICT_ACCEPT);
	for (int i = 0; i < EVIDENCE_IDS_MAX + 7; i++) {
		snprintf(id, sizeof(id), "4Q%d", i);
		event.queue_id = id;
		give(&event);
	}
	add(200, VERDICT_ACCEPT);
	add(300, VERDICT_REJECT);
	evidence_assign(evidence, KEY, 17, "u-17");
	evidence_count_let_in(evidence, 17, 3);
	evidence_count_let_in(evidence, 17, -1);
	evidence_count_let_in(evidence, 18, 1);
	forget_records();
	evidence_tick(evidence, 1000);
	ck_assert_uint_eq(count, EVIDENCE_IDS_MAX / EVIDENCE_HELD_MAX);
	ck_assert_uint_eq(number(0, "ids_left_out"), 7);
	forget_records();
	evidence_tick(evidence, 60100);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(number(0, "held"), EVIDENCE_IDS_MAX + 7);
	ck_assert_uint_eq(number(0, "stopped"), 1);
	ck_assert_uint_eq(number(0, "let_in"), 2);
}
END_TEST

/* The last ones have a place, whatever came before; also when weir stops. */
START_TEST(the_last_ones_of_a_long_flood)
{
	add(0, VERDICT_REJECT);
	evidence_assign(evidence, KEY, 17, "u-17");
	for (uint64_t i = 1; i <= 2 * EVIDENCE_INCIDENT_MAX; i++) {
		add(i * EVIDENCE_EVERY_MS, VERDICT_REJECT);
		add(i * EVIDENCE_EVERY_MS + 5000, VERDICT_REJECT);
	}
	ck_assert_uint_eq(count, EVIDENCE_INCIDENT_MAX - EVIDENCE_LAST);
	forget_records();
	evidence_end_all(evidence);
	ck_assert(!evidence_is_wanted(evidence));
	ck_assert_uint_eq(count, 1 + EVIDENCE_LAST);
	for (size_t i = 1; i < count; i++)
		ck_assert_str_eq(text(i, "role"), "last");
}
END_TEST

/* A sample of an earlier second is no new second. */
START_TEST(samples_that_are_older_than_the_last_one)
{
	struct event event = event_at(9999, VERDICT_REJECT);

	give(&event);
	evidence_assign(evidence, KEY, 17, "u-17");
	for (uint64_t i = 0; i < 40; i++) {
		char login[32];

		snprintf(login, sizeof(login), "login%d", (int)i);
		event.login = login;
		event.steady_ms = 9999 - (i & 1) * 2000;
		give(&event);
	}
	ck_assert_uint_eq(count, EVIDENCE_SECOND_MAX);
}
END_TEST

/* Headers are looked at all the same: they make floods one. */
START_TEST(without_a_journal)
{
	evidence_free(&evidence);
	evidence = evidence_new(NULL, NULL);
	add(0, VERDICT_ACCEPT);
	add(1, VERDICT_REJECT);
	ck_assert(!evidence_is_wanted(evidence));
	evidence_assign(evidence, KEY, 17, "u-17");
	ck_assert(evidence_is_wanted(evidence));
	add(2, VERDICT_QUARANTINE);
	evidence_tick(evidence, 100000);
	evidence_end(evidence, 17);
	ck_assert(!evidence_is_wanted(evidence));
	ck_assert_uint_eq(evidence_left_out(evidence), 0);
}
END_TEST

/* Headers stay as long as the message; a recipient can be hashed. */
START_TEST(what_a_stranger_wrote)
{
	struct evidence_privacy privacy = { .subjects = SUBJECTS_FOLD,
					    .hashes_recipients = true,
					    .key = "key" };
	struct event event = event_at(0, VERDICT_REJECT);
	struct headers headers = { 0 };
	char hash[SHA256_TEXT_SIZE], wanted[64];
	const json_t *recipients, *shown;

	evidence_set_privacy(evidence, &privacy);
	headers_add(&headers, "Subject", "Newsletter 12");
	headers_add(&headers, "X-PHP-Originating-Script", "33:a.php");
	event.headers = &headers;
	event.subject = "recipient:ann@y.example";
	event.helo = "\xff\x1b[31m";
	give(&event);
	headers_clear(&headers);
	evidence_assign(evidence, "own:1m:recipient:ann@y.example", 17, "u");
	ck_assert_uint_eq(count, 1);
	shown = json_object_get(records[0].members, "headers");
	ck_assert_str_eq(document_get_text(shown, "subject"), "newsletter #");
	ck_assert_str_eq(document_get_text(shown, "php_script"), "33:a.php");
	ck_assert_uint_eq(strlen(text(0, "content")), 16);
	sha256_hmac_text(privacy.key, sizeof(privacy.key), "ann@y.example",
			 strlen("ann@y.example"), hash);
	snprintf(wanted, sizeof(wanted), "hmac:%.32s", hash);
	recipients = json_object_get(records[0].members, "recipients");
	ck_assert_str_eq(json_string_value(json_array_get(recipients, 0)),
			 wanted);
	snprintf(wanted, sizeof(wanted), "recipient:hmac:%.32s", hash);
	ck_assert_str_eq(text(0, "subject"), wanted);
	ck_assert_str_eq(text(0, "helo"), "\\xff\x1b[31m");
}
END_TEST

/* RFC 4231, test case 2 */
/* Where few messages show headers, one that does is not lost among the others.
 */
START_TEST(headers_stay_until_others_come)
{
	struct headers headers = { 0 };
	struct event event = event_at(2, VERDICT_ACCEPT);

	headers_add(&headers, "Subject", "Newsletter 12");
	add(0, VERDICT_ACCEPT);
	add(1, VERDICT_ACCEPT);
	event.headers = &headers;
	give(&event);
	for (uint64_t i = 3; i < 10; i++)
		add(i, VERDICT_ACCEPT);
	add(10, VERDICT_TEMPFAIL);
	evidence_assign(evidence, KEY, 17, "1-17");
	ck_assert_uint_eq(count, 4);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq(text(i, "role"), "before");
		ck_assert_int_eq(
			json_object_get(records[i].members, "headers") != NULL,
			i == 0);
	}
	headers_clear(&headers);
}
END_TEST

/* A session that had headers once, and its next message none. */
START_TEST(no_headers_are_none)
{
	struct headers headers = { 0 };
	struct event event = event_at(1, VERDICT_TEMPFAIL);

	event.headers = &headers;
	give(&event);
	evidence_assign(evidence, KEY, 17, "1-17");
	ck_assert_uint_eq(count, 1);
	ck_assert_ptr_null(json_object_get(records[0].members, "headers"));
}
END_TEST

START_TEST(hmac_as_in_the_rfc)
{
	static const char data[] = "what do ya want for nothing?";
	char hash[SHA256_TEXT_SIZE];

	ck_assert_str_eq(sha256_hmac_text("Jefe", 4, data, strlen(data), hash),
			 "5bdcc146bf60754e6a042426089575c7"
			 "5a003f089d2739839dec58b964ec3843");
}
END_TEST

START_TEST(what_is_about_no_window)
{
	struct event event = event_at(0, VERDICT_REJECT);

	event.per_ms = 0;
	give(&event);
	event = event_at(0, VERDICT_ACCEPT);
	event.near_limit = "";
	give(&event);
	evidence_assign(evidence, KEY, 17, "u-17");
	ck_assert_uint_eq(count, 0);
	ck_assert(!evidence_is_wanted(evidence));
	evidence_end(evidence, 17);
	evidence_tick(evidence, 1000000);
	ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("evidence");
	TCase *cases = tcase_create("evidence");

	suite_add_tcase(suite, cases);
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, a_flood_from_its_beginning);
	tcase_add_test(cases, each_new_source_and_the_last_ones);
	tcase_add_test(cases, a_flood_that_begins_again);
	tcase_add_test(cases, the_bounds_hold_and_are_counted);
	tcase_add_test(cases, every_queue_id_that_was_held);
	tcase_add_test(cases, what_waits_is_counted);
	tcase_add_test(cases, the_last_ones_of_a_long_flood);
	tcase_add_test(cases, samples_that_are_older_than_the_last_one);
	tcase_add_test(cases, without_a_journal);
	tcase_add_test(cases, what_a_stranger_wrote);
	tcase_add_test(cases, headers_stay_until_others_come);
	tcase_add_test(cases, no_headers_are_none);
	tcase_add_test(cases, hmac_as_in_the_rfc);
	tcase_add_test(cases, what_is_about_no_window);
	return check_run(suite);
}
