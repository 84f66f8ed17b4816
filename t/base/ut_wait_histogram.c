/* SPDX-License-Identifier: ISC */

/* Each wait is in one bucket, whatever thread noted it. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/base/wait_histogram.h"

#define THREADS 12
#define EACH	10000

static struct wait_histogram histogram;

START_TEST(a_bound_is_in_its_bucket)
{
	struct wait_histogram own = { 0 };
	struct wait_counts counts;

	for (int i = 0; i < WAIT_BOUNDS; i++) {
		wait_histogram_note(&own, wait_bounds_ns[i]);
		wait_histogram_note(&own, wait_bounds_ns[i] + 1);
	}
	wait_histogram_note(&own, 0);
	wait_histogram_read(&own, &counts);
	ck_assert_uint_eq(counts.buckets[0], 2);
	for (int i = 1; i < WAIT_BOUNDS; i++)
		ck_assert_uint_eq(counts.buckets[i], 2);
	ck_assert_uint_eq(counts.buckets[WAIT_BOUNDS], 1);
	ck_assert_uint_eq(wait_bounds_ns[0], 500000);
	ck_assert_uint_eq(wait_bounds_ns[WAIT_BOUNDS - 1], 1000000000);
}
END_TEST

static void *note(void *nothing)
{
	for (int i = 0; i < EACH; i++)
		wait_histogram_note(&histogram, 3000000);
	return nothing;
}

START_TEST(no_wait_of_many_threads_is_lost)
{
	pthread_t threads[THREADS];
	struct wait_counts counts;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, note, NULL),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	wait_histogram_read(&histogram, &counts);
	ck_assert_uint_eq(counts.buckets[3], THREADS * EACH);
	ck_assert_uint_eq(counts.sum_ns,
			  (uint64_t)THREADS * EACH * UINT64_C(3000000));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wait_histogram");
	TCase *tests = tcase_create("wait_histogram");

	tcase_add_test(tests, a_bound_is_in_its_bucket);
	tcase_add_test(tests, no_wait_of_many_threads_is_lost);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
