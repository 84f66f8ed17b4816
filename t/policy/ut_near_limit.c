/* SPDX-License-Identifier: ISC */
/* Who is at half of a limit or above, and how many of theirs were refused. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/near_limit.h"
#include "lib/store/window.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define MOST	       10
#define THREADS	       8
#define NOTES	       5000

static struct near_limit *busy;
static uint64_t now_ms;

static void setup(void)
{
	busy = near_limit_new(MOST);
}

static void teardown(void)
{
	near_limit_free(&busy);
	ck_assert_ptr_null(busy);
	near_limit_free(&busy);
}

static const struct {
	uint64_t used, max;
	bool is_worth;
} halves[] = {
	{ 0, 1, false },
	{ 1, 1, true },
	{ 0, 2, false },
	{ 1, 2, true },
	{ 1, 3, false },
	{ 2, 3, true },
	{ 49, 100, false },
	{ 50, 100, true },
	{ 101, 100, true },
	{ WINDOW_COUNT_MAX / 2 - 1, WINDOW_COUNT_MAX, false },
	{ WINDOW_COUNT_MAX / 2, WINDOW_COUNT_MAX, true },
	{ UINT64_MAX / 2, UINT64_MAX, false },
	{ UINT64_MAX, UINT64_MAX, true },
};

START_TEST(test_half_and_above)
{
	ck_assert_int_eq(near_limit_is_worth(halves[_i].used, halves[_i].max),
			 halves[_i].is_worth);
}
END_TEST

static void note(const char *subject, const char *limit, uint64_t per_ms,
		 uint64_t used, uint64_t refused)
{
	struct near_limit_window window = { .subject =
						    (char *)(uintptr_t)subject,
					    .limit = (char *)(uintptr_t)limit,
					    .per_ms = per_ms,
					    .used = used,
					    .max = 100,
					    .refused = refused,
					    .seen_ms = now_ms };

	near_limit_note(busy, &window);
}

static void check(struct near_limit_window *window, const char *subject,
		  uint64_t used, uint64_t refused)
{
	ck_assert_str_eq(window->subject, subject);
	ck_assert_uint_eq(window->used, used);
	ck_assert_uint_eq(window->max, 100);
	ck_assert_uint_eq(window->refused, refused);
	near_limit_window_clear(window);
	ck_assert_ptr_null(window->subject);
	ck_assert_ptr_null(window->limit);
}

START_TEST(test_nothing_noted_nothing_taken)
{
	struct near_limit_window windows[MOST];

	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 0);
	note("all", "minute", 60000, 50, 0);
	ck_assert_uint_eq(near_limit_take(busy, windows, 0), 0);
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 1);
	near_limit_window_clear(&windows[0]);
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 0);
}
END_TEST

START_TEST(test_the_last_use_counts_and_refusals_add_up)
{
	struct near_limit_window windows[MOST];

	note("all", "minute", 60000, 50, 1);
	note("all", "minute", 60000, 99, 0);
	note("all", "minute", 60000, 70, 3);
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 1);
	ck_assert_str_eq(windows[0].limit, "minute");
	ck_assert_uint_eq(windows[0].per_ms, 60000);
	check(&windows[0], "all", 70, 4);
	/* what was taken is not counted again */
	note("all", "minute", 60000, 60, 2);
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 1);
	check(&windows[0], "all", 60, 2);
}
END_TEST

START_TEST(test_texts_are_copied)
{
	char subject[] = "all", limit[] = "minute";
	struct near_limit_window windows[MOST];

	note(subject, limit, 60000, 50, 0);
	subject[0] = limit[0] = 'x';
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 1);
	ck_assert_str_eq(windows[0].limit, "minute");
	check(&windows[0], "all", 50, 0);
}
END_TEST

/* Subject, limit and span together are a window. */
static const struct {
	const char *subject, *limit;
	uint64_t per_ms;
} different[] = {
	{ "all", "minute", 60000 },  { "all", "minute", 6000 },
	{ "all", "hour", 60000 },    { "auth:a", "minute", 60000 },
	{ "0:all", "minute", 6000 }, { "auth:A", "minute", 60000 },
};

START_TEST(test_windows_are_told_apart)
{
	struct near_limit_window windows[MOST];

	for (int i = 0; i < 2 * COUNT_OF(different); i++) {
		int row = i % COUNT_OF(different);

		note(different[row].subject, different[row].limit,
		     different[row].per_ms, 50, 1);
	}
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST),
			  COUNT_OF(different));
	for (int i = 0; i < COUNT_OF(different); i++) {
		ck_assert_str_eq(windows[i].limit, different[i].limit);
		ck_assert_uint_eq(windows[i].per_ms, different[i].per_ms);
		check(&windows[i], different[i].subject, 50, 2);
	}
}
END_TEST

static void note_number(unsigned int number, uint64_t used)
{
	char subject[20];

	snprintf(subject, sizeof(subject), "auth:%u", number);
	note(subject, "minute", 60000, used, 1);
}

START_TEST(test_bounded)
{
	struct near_limit_window windows[MOST + 1];

	for (unsigned int i = 0; i < 2 * MOST; i++)
		note_number(i, 50);
	/* those that are there are still counted */
	note_number(0, 90);
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST + 1), MOST);
	check(&windows[0], "auth:0", 90, 2);
	check(&windows[1], "auth:1", 50, 1);
	check(&windows[MOST - 1], "auth:9", 50, 1);
	for (unsigned int i = 2; i < MOST - 1; i++)
		near_limit_window_clear(&windows[i]);
	/* and there is room again */
	note_number(15, 50);
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 1);
	check(&windows[0], "auth:15", 50, 1);
}
END_TEST

START_TEST(test_taken_in_parts_oldest_first)
{
	struct near_limit_window windows[MOST];

	for (unsigned int i = 0; i < 5; i++)
		note_number(i, 50);
	ck_assert_uint_eq(near_limit_take(busy, windows, 2), 2);
	check(&windows[0], "auth:0", 50, 1);
	check(&windows[1], "auth:1", 50, 1);
	note_number(0, 50);
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 4);
	check(&windows[0], "auth:2", 50, 1);
	check(&windows[1], "auth:3", 50, 1);
	check(&windows[2], "auth:4", 50, 1);
	check(&windows[3], "auth:0", 50, 1);
}
END_TEST

/* A crowd that comes faster than it is taken holds up no flood. */
START_TEST(test_what_refuses_most_is_taken_first)
{
	struct near_limit_window windows[MOST];

	for (unsigned int i = 0; i < 5; i++)
		note_number(i, 100);
	note("auth:full", "minute", 60000, 900, 0);
	note("auth:flood", "minute", 60000, 75, 29);
	ck_assert_uint_eq(near_limit_take(busy, windows, 2), 2);
	check(&windows[0], "auth:flood", 75, 29);
	check(&windows[1], "auth:full", 900, 0);
	/* those that wait are joined with what comes */
	note_number(4, 110);
	note("auth:flood", "minute", 60000, 75, 1);
	ck_assert_uint_eq(near_limit_take(busy, windows, 2), 2);
	check(&windows[0], "auth:4", 110, 2);
	check(&windows[1], "auth:0", 100, 1);
	ck_assert_uint_eq(near_limit_take(busy, windows, MOST), 4);
	for (unsigned int i = 0; i < 4; i++)
		near_limit_window_clear(&windows[i]);
}
END_TEST

/* The lightest of those that wait go; what comes has room. */
START_TEST(test_those_that_wait_are_bounded)
{
	struct near_limit_window windows[3 * MOST];

	for (unsigned int round = 0; round < 5; round++) {
		for (unsigned int i = 0; i < MOST; i++)
			note_number(MOST * round + i, 50 + round);
		ck_assert_uint_eq(near_limit_take(busy, windows, 0), 0);
	}
	note("auth:flood", "minute", 60000, 75, 29);
	ck_assert_uint_eq(near_limit_take(busy, windows, 3 * MOST), MOST + 1);
	check(&windows[0], "auth:flood", 75, 29);
	for (unsigned int i = 1; i <= MOST; i++) {
		ck_assert_uint_eq(windows[i].used, 54);
		near_limit_window_clear(&windows[i]);
	}
}
END_TEST

/* threads */

static void *note_many(void *context)
{
	for (unsigned int i = 0; i < NOTES; i++)
		note_number(i % 5, 50);
	return context;
}

static uint64_t take_refused(void)
{
	struct near_limit_window windows[MOST];
	size_t count = near_limit_take(busy, windows, MOST);
	uint64_t refused = 0;

	for (size_t i = 0; i < count; i++) {
		refused += windows[i].refused;
		near_limit_window_clear(&windows[i]);
	}
	return refused;
}

START_TEST(test_no_refusal_is_lost_between_threads)
{
	pthread_t threads[THREADS];
	uint64_t refused = 0;

	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, note_many, NULL), 0);
	for (int i = 0; i < 1000; i++)
		refused += take_refused();
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	refused += take_refused();
	ck_assert_uint_eq(refused, THREADS * NOTES);
}
END_TEST

START_TEST(test_counted_for_a_minute_taken_or_not)
{
	struct near_limit_window windows[MOST];
	size_t taken;

	ck_assert_uint_eq(near_limit_count(busy, 1), 0);
	now_ms = 1000;
	note("sender:a", "own", 1000, 50, 0);
	note("sender:b", "own", 1000, 50, 0);
	taken = near_limit_take(busy, windows, MOST);
	for (size_t i = 0; i < taken; i++)
		near_limit_window_clear(&windows[i]);
	ck_assert_uint_eq(near_limit_count(busy, now_ms), 2);
	now_ms = 2000;
	note("sender:a", "own", 1000, 51, 0);
	ck_assert_uint_eq(near_limit_count(busy, 1000 + NEAR_LIMIT_MS - 1), 2);
	ck_assert_uint_eq(near_limit_count(busy, 1000 + NEAR_LIMIT_MS), 1);
	for (unsigned int i = 0; i < 2 * MOST; i++)
		note_number(i, 0);
	ck_assert_uint_eq(near_limit_count(busy, now_ms), MOST);
	ck_assert_uint_eq(near_limit_count(busy, now_ms + NEAR_LIMIT_MS), 0);
	now_ms = 0;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("busy");
	TCase *tcase = tcase_create("busy");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_half_and_above, 0, COUNT_OF(halves));
	tcase_add_test(tcase, test_nothing_noted_nothing_taken);
	tcase_add_test(tcase, test_the_last_use_counts_and_refusals_add_up);
	tcase_add_test(tcase, test_texts_are_copied);
	tcase_add_test(tcase, test_windows_are_told_apart);
	tcase_add_test(tcase, test_bounded);
	tcase_add_test(tcase, test_taken_in_parts_oldest_first);
	tcase_add_test(tcase, test_what_refuses_most_is_taken_first);
	tcase_add_test(tcase, test_those_that_wait_are_bounded);
	tcase_add_test(tcase, test_counted_for_a_minute_taken_or_not);
	tcase_add_test(tcase, test_no_refusal_is_lost_between_threads);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
