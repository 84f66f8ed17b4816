/* SPDX-License-Identifier: ISC */

/* When a window is due, and what others know of its mail. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/watch/flood_tally.h"

#define SHARED "127.0.0.1"
#define START  1000
#define MOST   20

static struct flood_tally *tally;
static struct flood_window windows[MOST];
static size_t taken;

static void start(void)
{
	tally = flood_tally_new();
	taken = 0;
}

static void forget(void)
{
	while (taken > 0)
		flood_window_clear(&windows[--taken]);
}

static void stop(void)
{
	forget();
	flood_tally_free(&tally);
}

static bool is_shared(const void *context, const char *client)
{
	(void)context;
	return strcmp(client, SHARED) == 0;
}

static size_t take(uint64_t now_ms)
{
	const struct flood_look look = { .now_ms = now_ms,
					 .is_shared = is_shared };
	bool has_news = flood_tally_has_news(tally, &look);

	forget();
	taken = flood_tally_take(tally, &look, windows, MOST);
	ck_assert(has_news == (taken != 0));
	return taken;
}

/* A message that the window of this subject stops; "": not known. */
static void add(uint64_t now_ms, const char *subject, const char *sender,
		const char *client, const char *recipient)
{
	struct event event = { .steady_ms = now_ms,
			       .verdict = VERDICT_TEMPFAIL,
			       .cause = VERDICT_BY_LIMIT,
			       .limit = "own",
			       .subject = subject,
			       .used = 100,
			       .max = 100,
			       .per_ms = 60000,
			       .sender = sender,
			       .client = client,
			       .login = "",
			       .content = "",
			       .recipients = { recipient },
			       .recipient_count = recipient[0] != '\0' };

	event_give((const struct event_sink[]){ { flood_tally_add, tally },
						{ NULL, NULL } },
		   &event);
}

static bool has_mark(const char *mark)
{
	for (size_t i = 0; i < windows[0].marks.count; i++)
		if (strcmp(windows[0].marks.texts[i], mark) == 0)
			return true;
	return false;
}

START_TEST(a_source_in_the_key_is_due_at_once)
{
	add(START, "sender:a@x", "a@x", "10.0.0.1", "");
	ck_assert_uint_eq(take(START), 1);
	ck_assert_str_eq(windows[0].marks.source, "client:10.0.0.1");
	ck_assert_uint_eq(take(START), 0);
}
END_TEST

START_TEST(a_mailbox_waits_until_it_is_sure)
{
	for (int i = 1; i < MARKS_SURE; i++) {
		add(START, "recipient:b@y", "a@x", "10.0.0.1", "b@y");
		ck_assert_uint_eq(take(START + 1), 0);
	}
	add(START + 2, "recipient:b@y", "a@x", "10.0.0.1", "b@y");
	ck_assert_uint_eq(take(START + 2), 1);
	ck_assert_uint_eq(windows[0].stopped, MARKS_SURE);
	ck_assert_str_eq(windows[0].marks.source, "client:10.0.0.1");
}
END_TEST

START_TEST(but_not_for_long)
{
	add(START, "recipient:b@y", "a@x", "10.0.0.1", "b@y");
	add(START + 400, "recipient:b@y", "c@x", "10.0.0.2", "b@y");
	ck_assert_uint_eq(take(START + FLOOD_PATIENCE_MS - 1), 0);
	ck_assert_uint_eq(take(START + FLOOD_PATIENCE_MS), 1);
	ck_assert_uint_eq(windows[0].stopped, 2);
	ck_assert_ptr_null(windows[0].marks.source);
	/* of an incident now: what comes is due at once */
	flood_tally_assign(tally, "own:1m:recipient:b@y", 7, "u-7");
	add(START + 700, "recipient:b@y", "d@x", "10.0.0.3", "b@y");
	ck_assert_uint_eq(take(START + 700), 1);
}
END_TEST

START_TEST(nor_at_the_end)
{
	add(START, "all", "a@x", "10.0.0.1", "b@y");
	ck_assert_uint_eq(take(START), 0);
	flood_tally_hurry(tally);
	ck_assert_uint_eq(take(START), 1);
}
END_TEST

/* The sender's window has been refused for at MAIL from the beginning. */
START_TEST(what_another_window_has_seen)
{
	add(START, "recipient:b@y", "a@x", SHARED, "b@y");
	add(START, "sender:a@x", "a@x", SHARED, "");
	add(START, "sender:c@x", "c@x", SHARED, "");
	ck_assert_uint_eq(take(START), 2);
	ck_assert_str_eq(windows[0].subject, "sender:a@x");
	ck_assert(has_mark("way:" SHARED ">b@y"));
	ck_assert_uint_eq(windows[1].marks.count, 1);
	ck_assert_uint_eq(take(START + FLOOD_PATIENCE_MS), 1);
	ck_assert(has_mark("way:" SHARED ">b@y"));
}
END_TEST

START_TEST(bounded_and_what_is_left_out_is_counted)
{
	char subject[64];

	for (int i = 0; i < FLOOD_WINDOWS_MAX + 5; i++) {
		snprintf(subject, sizeof(subject), "sender:a%d@x", i);
		add(START, subject, "a@x", "10.0.0.1", "");
	}
	ck_assert_uint_eq(flood_tally_left_out(tally), 5);
	ck_assert_uint_eq(take(START), MOST);
	flood_tally_sweep(tally, START, 60000);
	add(START, "sender:new@x", "new@x", "10.0.0.1", "");
	ck_assert_uint_eq(flood_tally_left_out(tally), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flood_tally");
	TCase *tests = tcase_create("flood_tally");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, a_source_in_the_key_is_due_at_once);
	tcase_add_test(tests, a_mailbox_waits_until_it_is_sure);
	tcase_add_test(tests, but_not_for_long);
	tcase_add_test(tests, nor_at_the_end);
	tcase_add_test(tests, what_another_window_has_seen);
	tcase_add_test(tests, bounded_and_what_is_left_out_is_counted);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
