/* SPDX-License-Identifier: ISC */
/* What is known to be full: for how long, and how much is kept. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/refusal_cache.h"

#define MAX_WINDOWS 3

static struct refusal_cache *refusals;

static void setup(void)
{
	refusals = refusal_cache_new(MAX_WINDOWS);
}

static void teardown(void)
{
	refusal_cache_free(&refusals);
	ck_assert_ptr_null(refusals);
	refusal_cache_free(&refusals);
}

static void remember(const char *key, uint64_t until_ms)
{
	const struct refusal refusal = { .until_ms = until_ms,
					 .room_ms = until_ms + 500,
					 .used = 7 };

	refusal_cache_remember(refusals, key, strlen(key), &refusal);
}

static bool finds(const char *key, uint64_t now_ms)
{
	struct refusal refusal;

	return refusal_cache_find(refusals, key, strlen(key), now_ms, &refusal);
}

START_TEST(test_nothing_is_known_at_first)
{
	ck_assert(refusal_cache_is_empty(refusals));
	ck_assert(!finds("a", 0));
}
END_TEST

START_TEST(test_it_is_known_until_then)
{
	struct refusal refusal;

	remember("a", 1000);
	ck_assert(!refusal_cache_is_empty(refusals));
	ck_assert(refusal_cache_find(refusals, "a", 1, 999, &refusal));
	ck_assert_uint_eq(refusal.until_ms, 1000);
	ck_assert_uint_eq(refusal.room_ms, 1500);
	ck_assert_uint_eq(refusal.used, 7);
	ck_assert(!finds("a", 1000));
	ck_assert(!finds("b", 0));
}
END_TEST

START_TEST(test_keys_are_bytes_of_a_length)
{
	struct refusal refusal;

	remember("ab", 1000);
	ck_assert(!finds("a", 0));
	ck_assert(!finds("abc", 0));
	ck_assert(refusal_cache_find(refusals, "abc", 2, 0, &refusal));
}
END_TEST

START_TEST(test_it_can_be_renewed)
{
	remember("a", 1000);
	remember("a", 2000);
	ck_assert(finds("a", 1500));
	refusal_cache_sweep(refusals, 2000);
	ck_assert(refusal_cache_is_empty(refusals));
}
END_TEST

START_TEST(test_the_first_goes_first)
{
	remember("a", 1000);
	remember("b", 1000);
	remember("c", 1000);
	remember("d", 1000);
	ck_assert(!finds("a", 0));
	ck_assert(finds("b", 0) && finds("c", 0) && finds("d", 0));
}
END_TEST

START_TEST(test_sweep_drops_what_is_over)
{
	remember("a", 1000);
	remember("b", 2000);
	refusal_cache_sweep(refusals, 1000);
	ck_assert(!finds("a", 0));
	ck_assert(finds("b", 0));
	ck_assert(!refusal_cache_is_empty(refusals));
	refusal_cache_sweep(refusals, 2000);
	ck_assert(refusal_cache_is_empty(refusals));
}
END_TEST

static void *work(void *unused)
{
	char key[16];

	(void)unused;
	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "%u", i % 7);
		remember(key, i);
		finds(key, i);
		refusal_cache_is_empty(refusals);
		if (i % 100 == 0)
			refusal_cache_sweep(refusals, i);
	}
	return NULL;
}

START_TEST(test_threads_share_it)
{
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL),
				 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	refusal_cache_sweep(refusals, 2000);
	ck_assert(refusal_cache_is_empty(refusals));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("refusals");
	TCase *cases = tcase_create("refusals");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_nothing_is_known_at_first);
	tcase_add_test(cases, test_it_is_known_until_then);
	tcase_add_test(cases, test_keys_are_bytes_of_a_length);
	tcase_add_test(cases, test_it_can_be_renewed);
	tcase_add_test(cases, test_the_first_goes_first);
	tcase_add_test(cases, test_sweep_drops_what_is_over);
	tcase_add_test(cases, test_threads_share_it);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
