/* SPDX-License-Identifier: ISC */

/* What is counted of verdicts, and that the number of counts is bounded. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/settings/settings.h"
#include "lib/watch/metrics.h"

#define LIMITS	(METRICS_LIMITS_MAX + 50)
#define THREADS 8
#define EACH	5000

static struct metrics *metrics;
static struct metrics_counts counts;
static char names[LIMITS][20];
static struct limit limits[LIMITS];

static void add_limits(size_t from, size_t count)
{
	struct settings settings = { .limits = limits + from,
				     .limit_count = count };

	metrics_add_limits(metrics, &settings);
}

static void start(void)
{
	metrics = metrics_new();
	for (int i = 0; i < LIMITS; i++) {
		snprintf(names[i], sizeof(names[i]), "limit-%d", i);
		limits[i].name = names[i];
	}
}

static void stop(void)
{
	metrics_free(&metrics);
	ck_assert_ptr_null(metrics);
	metrics_free(&metrics);
}

static void give(enum event_stage stage, enum verdict_kind verdict,
		 const struct limit *limit)
{
	uint64_t counted[LIMIT_METERS / 64] = { 0 };
	struct event event = { .stage = stage,
			       .verdict = verdict,
			       .cause = limit == NULL ? VERDICT_BY_NOTHING
						      : VERDICT_BY_LIMIT,
			       .limit = limit == NULL ? "" : limit->name,
			       .meter = limit == NULL ? 0 : limit->meter,
			       .subject = "",
			       .sender = "a@example.com",
			       .bytes = 1000 };

	/* two limits look at everything */
	counted[0] = UINT64_C(1) << limits[0].meter |
		     UINT64_C(1) << limits[1].meter;
	if (verdict < VERDICT_TEMPFAIL)
		event.counted = counted;
	metrics_add(metrics, &event);
}

START_TEST(by_stage_verdict_and_limit)
{
	uint64_t verdicts[VERDICT_KINDS];

	add_limits(0, 2);
	give(EVENT_AT_END, VERDICT_ACCEPT, NULL);
	give(EVENT_AT_END, VERDICT_MONITOR, &limits[1]);
	give(EVENT_AT_RCPT, VERDICT_REJECT, &limits[0]);
	give(EVENT_AT_MAIL, VERDICT_REJECT, &limits[0]);
	give(EVENT_AT_DATA, VERDICT_QUARANTINE, &limits[1]);
	metrics_count(metrics, &counts);
	ck_assert_uint_eq(counts.verdicts[EVENT_AT_END][VERDICT_ACCEPT], 1);
	ck_assert_uint_eq(counts.verdicts[EVENT_AT_RCPT][VERDICT_REJECT], 1);
	ck_assert_uint_eq(counts.verdicts[EVENT_AT_MAIL][VERDICT_REJECT], 1);
	ck_assert_uint_eq(counts.limit_count, 3);
	ck_assert_str_eq(counts.limits[1].name, "limit-0");
	ck_assert_uint_eq(counts.limits[1].verdicts[VERDICT_REJECT], 2);
	ck_assert_uint_eq(counts.limits[2].verdicts[VERDICT_MONITOR], 1);
	ck_assert_uint_eq(counts.limits[2].verdicts[VERDICT_QUARANTINE], 1);
	/* what a limit has counted and is over belongs to that verdict */
	ck_assert_uint_eq(counts.limits[1].verdicts[VERDICT_ACCEPT], 3);
	ck_assert_uint_eq(counts.limits[2].verdicts[VERDICT_ACCEPT], 1);
	ck_assert_uint_eq(counts.accepted_bytes, 2000);
	ck_assert_uint_eq(counts.quarantined_bytes, 1000);
	/* the same, as status shows it */
	metrics_verdicts(metrics, verdicts);
	ck_assert_uint_eq(verdicts[VERDICT_REJECT], 2);
	ck_assert_uint_eq(verdicts[VERDICT_ACCEPT], 1);
	ck_assert_uint_eq(verdicts[VERDICT_TEMPFAIL], 0);
}
END_TEST

START_TEST(by_cause)
{
	struct event event = { .stage = EVENT_AT_MAIL,
			       .verdict = VERDICT_REJECT,
			       .cause = VERDICT_BY_BLOCK,
			       .limit = "",
			       .is_cached = true };

	metrics_add(metrics, &event);
	event.is_cached = false;
	metrics_add(metrics, &event);
	event.cause = VERDICT_BY_EXEMPTION;
	event.verdict = VERDICT_ACCEPT;
	metrics_add(metrics, &event);
	metrics_count(metrics, &counts);
	ck_assert_uint_eq(counts.blocked, 2);
	ck_assert_uint_eq(counts.cached, 1);
	ck_assert_uint_eq(counts.exempt, 1);
	ck_assert_uint_eq(counts.limit_count, 1);
	ck_assert_ptr_null(counts.limits[0].name);
}
END_TEST

START_TEST(a_reload_begins_nothing_anew)
{
	add_limits(0, 2);
	give(EVENT_AT_END, VERDICT_REJECT, &limits[0]);
	/* one is gone, one stays, one is new */
	add_limits(1, 2);
	ck_assert_uint_eq(limits[1].meter, 2);
	give(EVENT_AT_END, VERDICT_REJECT, &limits[0]); /* of an old session */
	give(EVENT_AT_END, VERDICT_REJECT, &limits[2]);
	metrics_count(metrics, &counts);
	ck_assert_uint_eq(counts.limit_count, 4);
	ck_assert_uint_eq(counts.limits[1].verdicts[VERDICT_REJECT], 2);
	ck_assert_str_eq(counts.limits[3].name, "limit-2");
	ck_assert_uint_eq(counts.limits[3].verdicts[VERDICT_REJECT], 1);
}
END_TEST

START_TEST(only_so_many_limits_have_a_name)
{
	uint64_t sum = 0;

	add_limits(0, LIMITS);
	for (int i = 0; i < LIMITS; i++)
		give(EVENT_AT_MAIL, VERDICT_REJECT, &limits[i]);
	metrics_count(metrics, &counts);
	ck_assert_uint_eq(counts.limit_count, METRICS_LIMITS_MAX + 1);
	for (size_t i = 1; i <= METRICS_LIMITS_MAX; i++) {
		ck_assert_str_eq(counts.limits[i].name, names[i - 1]);
		sum += counts.limits[i].verdicts[VERDICT_REJECT];
	}
	ck_assert_uint_eq(sum, METRICS_LIMITS_MAX);
	ck_assert_uint_eq(counts.limits[0].verdicts[VERDICT_REJECT],
			  LIMITS - METRICS_LIMITS_MAX);
}
END_TEST

static void *give_many(void *nothing)
{
	for (int i = 0; i < EACH; i++) {
		give(EVENT_AT_MAIL, VERDICT_REJECT, &limits[i % LIMITS]);
		metrics_note_wait(metrics, EVENT_AT_MAIL, 1000);
	}
	return nothing;
}

START_TEST(no_verdict_of_many_threads_is_lost)
{
	pthread_t threads[THREADS];
	uint64_t sum = 0;

	add_limits(0, LIMITS);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, give_many, NULL), 0);
	/* scrapes meanwhile */
	for (int i = 0; i < 50; i++)
		metrics_count(metrics, &counts);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	metrics_count(metrics, &counts);
	for (size_t i = 0; i < counts.limit_count; i++)
		sum += counts.limits[i].verdicts[VERDICT_REJECT];
	ck_assert_uint_eq(sum, THREADS * EACH);
	ck_assert_uint_eq(counts.waits[EVENT_AT_MAIL].buckets[0],
			  THREADS * EACH);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tests = tcase_create("metrics");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, by_stage_verdict_and_limit);
	tcase_add_test(tests, by_cause);
	tcase_add_test(tests, a_reload_begins_nothing_anew);
	tcase_add_test(tests, only_so_many_limits_have_a_name);
	tcase_add_test(tests, no_verdict_of_many_threads_is_lost);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
