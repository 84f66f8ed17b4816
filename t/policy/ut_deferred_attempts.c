/* SPDX-License-Identifier: ISC */
/* What refused messages owe: summed, taken once, never lost by threads. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/deferred_attempts.h"

#define MAX_WINDOWS 3

static struct deferred_attempts *deferred;
static struct arena arena;

static void setup(void)
{
	deferred = deferred_attempts_new(MAX_WINDOWS);
	arena_init(&arena, NULL, 0);
}

static void teardown(void)
{
	arena_clear(&arena);
	deferred_attempts_free(&deferred);
	ck_assert_ptr_null(deferred);
	deferred_attempts_free(&deferred);
}

static bool add(const char *key, uint64_t cost)
{
	const struct charge charge = {
		.key = key,
		.key_length = strlen(key),
		.shape = window_shape_of(60000),
		.cost = cost,
		.max = 10,
		.stops = true,
		.attempts = true,
	};

	return deferred_attempts_add(deferred, &charge);
}

static uint64_t take(const char *key)
{
	return deferred_attempts_take(deferred, key, strlen(key));
}

START_TEST(test_nothing_is_owed_at_first)
{
	struct charge charges[2];

	ck_assert(deferred_attempts_is_empty(deferred));
	ck_assert_uint_eq(take("a"), 0);
	ck_assert_uint_eq(
		deferred_attempts_take_some(deferred, &arena, charges, 2), 0);
}
END_TEST

START_TEST(test_sums_are_taken_once)
{
	ck_assert(add("a", 1));
	ck_assert(add("b", 10));
	ck_assert(add("a", 2));
	ck_assert(!deferred_attempts_is_empty(deferred));
	ck_assert_uint_eq(take("a"), 3);
	ck_assert_uint_eq(take("a"), 0);
	ck_assert_uint_eq(take("b"), 10);
	ck_assert(deferred_attempts_is_empty(deferred));
}
END_TEST

START_TEST(test_one_window_too_many_is_left_out)
{
	ck_assert(add("a", 1) && add("b", 1) && add("c", 1));
	ck_assert(!add("d", 1));
	ck_assert(add("a", 1));
	ck_assert_uint_eq(take("d"), 0);
	ck_assert_uint_eq(take("a"), 2);
	ck_assert(add("d", 1));
}
END_TEST

START_TEST(test_sums_do_not_overflow)
{
	ck_assert(add("a", WINDOW_COUNT_MAX - 1));
	ck_assert(add("a", 1));
	ck_assert(add("a", 1));
	ck_assert(add("a", WINDOW_COUNT_MAX));
	ck_assert_uint_eq(take("a"), WINDOW_COUNT_MAX);
}
END_TEST

static void assert_owed(const struct charge *charge, const char *key,
			uint64_t cost)
{
	ck_assert_uint_eq(charge->key_length, strlen(key));
	ck_assert_mem_eq(charge->key, key, strlen(key));
	ck_assert_uint_eq(charge->cost, cost);
	ck_assert_uint_eq(charge->max, WINDOW_COUNT_MAX);
	ck_assert_uint_eq(charge->shape.width_ms, 1000);
	ck_assert(!charge->stops);
}

START_TEST(test_some_are_taken_oldest_first)
{
	struct charge charges[2];

	add("a", 1);
	add("b", 2);
	add("c", 3);
	add("a", 4);
	ck_assert_uint_eq(
		deferred_attempts_take_some(deferred, &arena, charges, 2), 2);
	assert_owed(&charges[0], "a", 5);
	assert_owed(&charges[1], "b", 2);
	ck_assert_uint_eq(
		deferred_attempts_take_some(deferred, &arena, charges, 2), 1);
	assert_owed(&charges[0], "c", 3);
	ck_assert(deferred_attempts_is_empty(deferred));
}
END_TEST

#define THREADS 4
#define EACH	5000

static void *owe(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; i < EACH; i++)
		add(i % 2 == 0 ? "a" : "b", 1);
	return NULL;
}

/* Takes while the others add. */
static void *collect(void *sum_r)
{
	uint64_t *sum = sum_r;
	struct charge charges[2];
	size_t count;

	for (unsigned int i = 0; i < EACH; i++) {
		*sum += take("a");
		count = deferred_attempts_take_some(deferred, &arena, charges,
						    2);
		while (count-- > 0)
			*sum += charges[count].cost;
	}
	return NULL;
}

START_TEST(test_threads_lose_nothing)
{
	pthread_t threads[THREADS + 1];
	uint64_t sum = 0;

	ck_assert_int_eq(pthread_create(&threads[THREADS], NULL, collect, &sum),
			 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, owe, NULL),
				 0);
	for (size_t i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
	sum += take("a") + take("b");
	ck_assert_uint_eq(sum, THREADS * EACH);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("deferred_attempts");
	TCase *cases = tcase_create("deferred_attempts");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_nothing_is_owed_at_first);
	tcase_add_test(cases, test_sums_are_taken_once);
	tcase_add_test(cases, test_one_window_too_many_is_left_out);
	tcase_add_test(cases, test_sums_do_not_overflow);
	tcase_add_test(cases, test_some_are_taken_oldest_first);
	tcase_add_test(cases, test_threads_lose_nothing);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
