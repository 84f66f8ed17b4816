/* SPDX-License-Identifier: ISC */
/* The lines themselves, and how few of them a flood makes. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/watch/verdict_log.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define MAX_SUBJECTS 50
#define MAX_LINES    2000

static struct verdict_log *verdict_log;
static char *lines[MAX_LINES];
static size_t line_count;
static uint64_t now_ms;

static void keep_line(void *unused, enum log_gravity gravity, const char *line)
{
	(void)unused;
	if (gravity == LOG_GRAVITY_INFO && line_count < MAX_LINES)
		lines[line_count++] = strdup(line);
}

static void forget_lines(void)
{
	while (line_count > 0)
		free(lines[--line_count]);
}

/* A log lives as long as its process. */
static struct verdict_log *new_log(size_t max_subjects)
{
	static struct verdict_log *logs[100];
	static size_t count;

	ck_assert_uint_lt(count, COUNT_OF(logs));
	return logs[count++] = verdict_log_new(max_subjects);
}

static void setup(void)
{
	log_set_threshold(LOG_GRAVITY_INFO);
	log_open_sink(keep_line, NULL);
	verdict_log = new_log(MAX_SUBJECTS);
	now_ms = 1000000;
}

static void teardown(void)
{
	log_open_stderr("ut_verdict_log");
	forget_lines();
}

static struct event event_of(const char *subject)
{
	return (struct event){
		.steady_ms = now_ms,
		.host = "gate1",
		.queue_id = "4Qx1",
		.verdict = VERDICT_TEMPFAIL,
		.cause = VERDICT_BY_LIMIT,
		.limit = "sender-minute",
		.subject = subject,
		.used = 100,
		.max = 100,
		.per_ms = 60000,
		.wait_ms = 41200,
		.sender = "jake@example.com",
		.client = "192.0.2.1",
		.login = "jake",
		.helo = "mail.example.com",
		.listener = "",
		.recipients = { "bob@example.net" },
		.recipient_count = 1,
		.recipients_all = 1,
	};
}

/* No limit's doing. */
static struct event bare_event(enum verdict_kind kind)
{
	struct event event = event_of("");

	event.verdict = kind;
	event.queue_id = event.limit = "";
	return event;
}

static void give(const struct event *event)
{
	verdict_log_add(verdict_log, event);
}

static void add(const char *subject, unsigned int times)
{
	const struct event event = event_of(subject);

	while (times-- > 0)
		give(&event);
}

static void add_subjects(unsigned int from, unsigned int count)
{
	char subject[32];

	for (unsigned int i = from; i < from + count; i++) {
		snprintf(subject, sizeof(subject), "sender:%u", i);
		add(subject, 1);
	}
}

static void tick(void)
{
	now_ms += 1000;
	verdict_log_tick(verdict_log, now_ms);
}

static void assert_line(size_t i, const char *expected)
{
	ck_assert_uint_lt(i, line_count);
	ck_assert_str_eq(lines[i], expected);
}

START_TEST(test_a_line_has_all_words_in_order)
{
	add("sender:jake@example.com", 1);
	ck_assert_uint_eq(line_count, 1);
	assert_line(0, "queue-id=4Qx1 verdict=tempfail limit=sender-minute "
		       "subject=sender:jake@example.com used=100/100 per=1m "
		       "retry=42s sender=jake@example.com "
		       "recipients=bob@example.net client=192.0.2.1 "
		       "login=jake");
}
END_TEST

/* Accepted mail has a line with -v only, and is counted in none. */
START_TEST(test_what_is_not_there_is_a_dash)
{
	struct event event = bare_event(VERDICT_ACCEPT);

	event.sender = event.client = event.login = "";
	event.recipient_count = event.recipients_all = 0;
	give(&event);
	ck_assert_uint_eq(line_count, 0);
	log_set_threshold(LOG_GRAVITY_DEBUG);
	for (unsigned int i = 0; i < 2 * VERDICT_LOG_SINGLES; i++)
		give(&event);
	tick();
	ck_assert_uint_eq(line_count, 2 * VERDICT_LOG_SINGLES);
	assert_line(0, "queue-id=- verdict=accept limit=- subject=- used=- "
		       "per=- retry=- sender=<> recipients=- client=- "
		       "login=-");
}
END_TEST

static const struct {
	uint64_t wait_ms;
	const char *word;
} waits[] = {
	{ 0, " retry=0s " },
	{ 1, " retry=1ms " },
	{ 999, " retry=999ms " },
	{ 1000, " retry=1s " },
	{ 1001, " retry=2s " },
	{ 86400000, " retry=86400s " },
	{ UINT64_MAX, " retry=never " },
};

START_TEST(test_retry)
{
	struct event event = event_of("all");

	event.wait_ms = waits[_i].wait_ms;
	give(&event);
	ck_assert_ptr_nonnull(strstr(lines[0], waits[_i].word));
}
END_TEST

static const struct {
	size_t count;
	const char *word;
} recipients[] = {
	{ 1, " recipients=a@x " },
	{ 2, " recipients=a@x,- " },
	{ 3, " recipients=a@x,-,c\\x2cd@x " },
	{ 5, " recipients=a@x,-,c\\x2cd@x,+2 " },
};

START_TEST(test_the_first_recipients_are_named)
{
	struct event event = event_of("all");

	event.recipients[0] = "a@x";
	event.recipients[1] = "";
	event.recipients[2] = "c,d@x";
	event.recipients_all = recipients[_i].count;
	event.recipient_count = recipients[_i].count;
	give(&event);
	ck_assert_ptr_nonnull(strstr(lines[0], recipients[_i].word));
}
END_TEST

static const struct {
	const char *raw;
	const char *word;
} hostile[] = {
	{ "a b", " sender=a\\x20b recipients=" },
	{ "a\r\nqueue-id=1", " sender=a\\x0d\\x0aqueue-id=1 recipients=" },
	{ "a login=root", " sender=a\\x20login=root recipients=" },
	{ "\"\\", " sender=\\x22\\x5c recipients=" },
	{ "\x1b[2J", " sender=\\x1b[2J recipients=" },
	{ "\xff", " sender=\\xff recipients=" },
	{ "j\xc3\xa4ke", " sender=j\xc3\xa4ke recipients=" },
	{ "\xe2\x80\xae", " sender=\\xe2\\x80\\xae recipients=" },
	{ "%s%n", " sender=%s%n recipients=" },
	{ ",,", " sender=\\x2c\\x2c recipients=" },
};

START_TEST(test_hostile_values_are_escaped)
{
	struct event event = event_of("all");

	event.sender = hostile[_i].raw;
	give(&event);
	ck_assert_ptr_nonnull(strstr(lines[0], hostile[_i].word));
}
END_TEST

START_TEST(test_long_values_are_cut)
{
	struct event event = event_of("all");
	char value_121[122], expected[200];

	memset(value_121, 'a', 121);
	value_121[121] = '\0';
	event.sender = value_121;
	event.login = value_121 + 1;
	give(&event);
	snprintf(expected, sizeof(expected),
		 " sender=%.120s... recipients=", value_121);
	ck_assert_ptr_nonnull(strstr(lines[0], expected));
	snprintf(expected, sizeof(expected), " login=%.120s", value_121);
	ck_assert_str_eq(strstr(lines[0], " login="), expected);
}
END_TEST

/* The worst that strangers can send pushes no word off the line. */
static const char *const worst[] = { "\x01", ",", "a", "\xe2\x80\xae" };

START_TEST(test_every_word_is_on_the_line)
{
	static const char *const words[] = {
		"queue-id=",	" verdict=", " limit=", " subject=",
		" used=",	" per=",     " retry=", " sender=",
		" recipients=", " client=",  " login=",
	};
	char bytes[4096] = "";
	struct event event = event_of(bytes);
	const char *at;

	for (size_t i = 0; i + 4 < sizeof(bytes); i += strlen(worst[_i]))
		memcpy(bytes + i, worst[_i], strlen(worst[_i]));
	event.queue_id = event.limit = bytes;
	event.sender = event.client = bytes;
	event.recipients[0] = event.recipients[1] = event.recipients[2] = bytes;
	event.login = "jake";
	event.recipient_count = EVENT_RECIPIENTS_MAX;
	event.recipients_all = SIZE_MAX;
	event.used = event.max = UINT64_MAX;
	event.per_ms = event.wait_ms = UINT64_MAX - 1;
	give(&event);
	at = lines[0];
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		at = strstr(at, words[i]);
		ck_assert_msg(at != NULL, "no %s in %s", words[i], lines[0]);
	}
	ck_assert_str_eq(at, " login=jake");
}
END_TEST

START_TEST(test_a_ceiling_is_per_message)
{
	struct event event = event_of("all");

	event.per_ms = 0;
	event.used = 101;
	event.wait_ms = UINT64_MAX;
	give(&event);
	ck_assert_ptr_nonnull(
		strstr(lines[0], " used=101/100 per=message retry=never "));
}
END_TEST

START_TEST(test_first_singly_then_one_summary_a_second)
{
	add("sender:jake@example.com", 105);
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES);
	tick();
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES + 1);
	assert_line(VERDICT_LOG_SINGLES,
		    "queue-id=- verdict=tempfail limit=sender-minute "
		    "subject=sender:jake@example.com used=100/100 per=1m "
		    "retry=42s repeated=100");
	add("sender:jake@example.com", 7);
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES + 1);
	tick();
	ck_assert_ptr_nonnull(strstr(lines[line_count - 1], " repeated=7"));
	tick();
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES + 2);
}
END_TEST

START_TEST(test_a_summary_has_the_last_numbers)
{
	struct event event = event_of("all");

	add("all", VERDICT_LOG_SINGLES + 1);
	event.used = 250;
	event.wait_ms = UINT64_MAX;
	give(&event);
	tick();
	assert_line(VERDICT_LOG_SINGLES,
		    "queue-id=- verdict=tempfail limit=sender-minute "
		    "subject=all used=250/100 per=1m retry=never repeated=2");
}
END_TEST

START_TEST(test_a_failure_is_a_subject_too)
{
	const struct event event = bare_event(VERDICT_TEMPFAIL);

	for (unsigned int i = 0; i < VERDICT_LOG_SINGLES + 3; i++)
		give(&event);
	tick();
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES + 1);
	assert_line(VERDICT_LOG_SINGLES,
		    "queue-id=- verdict=tempfail limit=- subject=- used=- "
		    "per=- retry=- repeated=3");
}
END_TEST

START_TEST(test_verdict_and_limit_are_part_of_the_subject)
{
	struct event event = event_of("all");

	add("all", VERDICT_LOG_SINGLES);
	event.verdict = VERDICT_REJECT;
	give(&event);
	event.limit = "other";
	give(&event);
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES + 2);
	add("all", 1);
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES + 2);
}
END_TEST

START_TEST(test_after_a_quiet_minute_singles_come_again)
{
	add("all", VERDICT_LOG_SINGLES);
	now_ms += VERDICT_LOG_QUIET_MS - 1001;
	tick();
	add("all", 1);
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES);
	tick(); /* the summary */
	now_ms += VERDICT_LOG_QUIET_MS - 1000;
	verdict_log_tick(verdict_log, now_ms);
	forget_lines();
	add("all", VERDICT_LOG_SINGLES + 1);
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES);
	ck_assert_ptr_nonnull(strstr(lines[0], "queue-id=4Qx1"));
}
END_TEST

START_TEST(test_a_burst_of_subjects_is_bounded)
{
	verdict_log = new_log(1000);
	add_subjects(0, 500);
	ck_assert_uint_eq(line_count, VERDICT_LOG_BURST);
	forget_lines();
	tick();
	ck_assert_uint_eq(line_count, VERDICT_LOG_SUMMARIES + 1);
	assert_line(VERDICT_LOG_SUMMARIES,
		    "and 380 messages of 380 more subjects");
	forget_lines();
	add_subjects(0, 500);
	ck_assert_uint_eq(line_count, VERDICT_LOG_BURST);
}
END_TEST

/* A clock that two threads have read in the other order. */
START_TEST(test_a_time_before_the_last_one_is_no_new_second)
{
	verdict_log = new_log(1000);
	for (unsigned int i = 0; i < 150; i++) {
		now_ms = 1000001 - (i % 2);
		add_subjects(i, 1);
	}
	ck_assert_uint_eq(line_count, VERDICT_LOG_BURST);
	verdict_log_tick(verdict_log, 999999);
	ck_assert_uint_eq(line_count,
			  VERDICT_LOG_BURST + VERDICT_LOG_SUMMARIES + 1);
	forget_lines();
	verdict_log_tick(verdict_log, 999999); /* drops nothing */
	now_ms = 1001001;
	add("sender:0", VERDICT_LOG_SINGLES);
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES - 1);
}
END_TEST

START_TEST(test_the_oldest_subject_goes_first)
{
	add("sender:old", VERDICT_LOG_SINGLES);
	add("sender:kept", VERDICT_LOG_SINGLES);
	add_subjects(0, MAX_SUBJECTS - 2);
	add("sender:kept", 1);
	add_subjects(100, 1); /* in the place of sender:old */
	forget_lines();
	add("sender:kept", 1);
	ck_assert_uint_eq(line_count, 0);
	add("sender:old", 1);
	ck_assert_uint_eq(line_count, 1);
}
END_TEST

/* More subjects in a second than are remembered: counted, not written. */
START_TEST(test_subjects_that_went_are_told_in_one_line)
{
	add_subjects(0, 400);
	ck_assert_uint_eq(line_count, VERDICT_LOG_BURST);
	forget_lines();
	tick();
	ck_assert_uint_eq(line_count, VERDICT_LOG_SUMMARIES + 1);
	assert_line(VERDICT_LOG_SUMMARIES,
		    "and 280 messages of 280 more subjects");
}
END_TEST

START_TEST(test_nothing_is_lost_at_the_end)
{
	add("all", VERDICT_LOG_SINGLES + 3);
	tick();
	ck_assert_uint_eq(line_count, VERDICT_LOG_SINGLES + 1);
	ck_assert_ptr_nonnull(strstr(lines[VERDICT_LOG_SINGLES], "repeated=3"));
}
END_TEST

/* As if a session logged a refusal while syslog is being written to. */
static void add_again(void *unused, enum log_gravity gravity, const char *line)
{
	keep_line(unused, gravity, line);
	add("sender:jake", 1);
}

START_TEST(test_no_lock_is_held_while_a_line_is_written)
{
	add("sender:jake", VERDICT_LOG_SINGLES + 1);
	forget_lines();
	log_open_sink(add_again, NULL);
	verdict_log_tick(verdict_log, now_ms);
	log_open_sink(keep_line, NULL);
	ck_assert_uint_eq(line_count, 1);
	verdict_log_tick(verdict_log, now_ms);
	ck_assert_uint_eq(line_count, 2);
	ck_assert_ptr_nonnull(strstr(lines[1], "repeated=1"));
}
END_TEST

#define THREADS 4
#define EACH	500

static void *flood(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; i < EACH; i++) {
		add(i % 2 == 0 ? "sender:a" : "sender:b", 1);
		if (i % 100 == 0)
			verdict_log_tick(verdict_log, now_ms);
	}
	return NULL;
}

/* Each message is in a single line or in a summary. */
START_TEST(test_threads_lose_no_message)
{
	pthread_t threads[THREADS];
	unsigned long told = 0;

	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, flood, NULL),
				 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	verdict_log_tick(verdict_log, now_ms);
	for (size_t i = 0; i < line_count; i++) {
		const char *repeated = strstr(lines[i], " repeated=");

		told += repeated == NULL ? 1 : strtoul(repeated + 10, NULL, 10);
	}
	ck_assert_uint_eq(told, THREADS * EACH);
}
END_TEST

static void add_words(TCase *cases)
{
	tcase_add_test(cases, test_a_line_has_all_words_in_order);
	tcase_add_test(cases, test_what_is_not_there_is_a_dash);
	tcase_add_loop_test(cases, test_retry, 0, COUNT_OF(waits));
	tcase_add_loop_test(cases, test_the_first_recipients_are_named, 0,
			    COUNT_OF(recipients));
	tcase_add_loop_test(cases, test_hostile_values_are_escaped, 0,
			    COUNT_OF(hostile));
	tcase_add_test(cases, test_long_values_are_cut);
	tcase_add_loop_test(cases, test_every_word_is_on_the_line, 0,
			    COUNT_OF(worst));
}

static void add_floods(TCase *cases)
{
	tcase_add_test(cases, test_a_ceiling_is_per_message);
	tcase_add_test(cases, test_first_singly_then_one_summary_a_second);
	tcase_add_test(cases, test_a_summary_has_the_last_numbers);
	tcase_add_test(cases, test_a_failure_is_a_subject_too);
	tcase_add_test(cases, test_verdict_and_limit_are_part_of_the_subject);
	tcase_add_test(cases, test_after_a_quiet_minute_singles_come_again);
	tcase_add_test(cases, test_a_burst_of_subjects_is_bounded);
	tcase_add_test(cases, test_a_time_before_the_last_one_is_no_new_second);
	tcase_add_test(cases, test_the_oldest_subject_goes_first);
	tcase_add_test(cases, test_subjects_that_went_are_told_in_one_line);
	tcase_add_test(cases, test_nothing_is_lost_at_the_end);
	tcase_add_test(cases, test_no_lock_is_held_while_a_line_is_written);
	tcase_add_test(cases, test_threads_lose_no_message);
}

int main(void)
{
	Suite *suite = suite_create("verdict_log");
	TCase *words = tcase_create("words"), *floods = tcase_create("floods");

	tcase_add_checked_fixture(words, setup, teardown);
	tcase_add_checked_fixture(floods, setup, teardown);
	tcase_set_timeout(floods, 60); /* sanitizers, valgrind */
	add_words(words);
	add_floods(floods);
	suite_add_tcase(suite, words);
	suite_add_tcase(suite, floods);
	return check_run(suite);
}
