/* SPDX-License-Identifier: ISC */

/* What every store does is in store_cases; here is what only this one does. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/store/store_memory.h"
#include "store_cases.h"

#define NOON	UINT64_C(1700000040000)
#define THREADS 16

static struct store *store;

static void start(void)
{
	store = store_memory_new(3);
}

static void stop(void)
{
	store_free(&store);
	ck_assert_ptr_null(store);
}

static struct charge charge_of(const char *key, uint64_t max)
{
	struct charge charge = { .key = key,
				 .key_length = strlen(key),
				 .shape = window_shape_of(60000),
				 .cost = 1,
				 .max = max,
				 .stops = true };

	return charge;
}

static enum store_answer ask(enum store_question question, const char *key,
			     uint64_t max, uint64_t *used_r)
{
	struct charge charge = charge_of(key, max);
	enum store_answer answer = store_ask(store, question, &charge, 1, NOON);

	if (used_r != NULL)
		*used_r = charge.used;
	return answer;
}

static uint64_t used(const char *key)
{
	uint64_t found;

	ask(STORE_PEEK, key, 100, &found);
	return found;
}

START_TEST(a_case_of_all_stores)
{
	struct store *roomy = store_memory_new(1000);

	store_case_run(roomy, _i);
	store_free(&roomy);
}
END_TEST

START_TEST(no_charges_are_admitted)
{
	ck_assert_int_eq(store_ask(store, STORE_CHARGE, NULL, 0, NOON),
			 STORE_ADMITTED);
	ck_assert_uint_eq(store_memory_windows(store), 0);
}
END_TEST

START_TEST(nothing_to_free)
{
	struct store *none = NULL;

	store_free(&none);
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(peeks_and_refusals_make_no_windows)
{
	ask(STORE_PEEK, "a", 1, NULL);
	ck_assert_int_eq(ask(STORE_CHARGE, "b", 0, NULL), STORE_REFUSED);
	ck_assert_uint_eq(store_memory_windows(store), 0);
}
END_TEST

START_TEST(the_key_is_copied)
{
	char key[] = "mine";

	ask(STORE_CHARGE, key, 9, NULL);
	memset(key, 'x', 4);
	ck_assert_uint_eq(used("mine"), 1);
	ck_assert_uint_eq(used("xxxx"), 0);
}
END_TEST

START_TEST(a_key_may_hold_any_byte)
{
	struct charge charge = charge_of("", 1);
	uint64_t found;

	charge.key = "a\0b";
	charge.key_length = 3;
	store_ask(store, STORE_CHARGE, &charge, 1, NOON);
	ask(STORE_PEEK, "a", 1, &found);
	ck_assert_uint_eq(found, 0);
	store_ask(store, STORE_PEEK, &charge, 1, NOON);
	ck_assert_uint_eq(charge.used, 1);
}
END_TEST

START_TEST(the_longest_unused_goes_first)
{
	ask(STORE_CHARGE, "a", 9, NULL);
	ask(STORE_CHARGE, "b", 9, NULL);
	ask(STORE_CHARGE, "c", 9, NULL);
	ask(STORE_CHARGE, "a", 9, NULL);
	ck_assert_uint_eq(store_memory_evictions(store), 0);
	ask(STORE_CHARGE, "d", 9, NULL);
	ck_assert_uint_eq(store_memory_windows(store), 3);
	ck_assert_uint_eq(store_memory_evictions(store), 1);
	ck_assert_uint_eq(used("b"), 0);
	ck_assert_uint_eq(used("a"), 2);
	ck_assert_uint_eq(used("c"), 1);
	ck_assert_uint_eq(used("d"), 1);
}
END_TEST

/* A flooder who is refused must not be forgotten because strangers come. */
START_TEST(who_is_refused_is_in_use)
{
	char stranger[16];

	ck_assert_int_eq(ask(STORE_CHARGE, "flood", 1, NULL), STORE_ADMITTED);
	for (int i = 0; i < 100; i++) {
		snprintf(stranger, sizeof(stranger), "stranger%d", i);
		ask(STORE_CHARGE, stranger, 9, NULL);
		ck_assert_int_eq(ask(i % 2 == 0 ? STORE_CHARGE : STORE_PEEK,
				     "flood", 1, NULL),
				 STORE_REFUSED);
	}
	ck_assert_uint_eq(store_memory_evictions(store), 98);
}
END_TEST

START_TEST(bounded)
{
	char key[16];

	for (int i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		ask(STORE_CHARGE, key, 9, NULL);
		ck_assert_uint_le(store_memory_windows(store), 3);
	}
	ck_assert_uint_eq(store_memory_evictions(store), 9997);
}
END_TEST

/* More windows in one question than the store holds: each is answered. */
START_TEST(a_question_larger_than_the_store)
{
	struct charge charges[5];
	static const char *const keys[] = { "a", "b", "c", "d", "e" };

	for (size_t i = 0; i < 5; i++)
		charges[i] = charge_of(keys[i], 9);
	ck_assert_int_eq(store_ask(store, STORE_CHARGE, charges, 5, NOON),
			 STORE_ADMITTED);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(charges[i].used, 1);
	ck_assert_uint_eq(store_memory_windows(store), 3);
	ck_assert_uint_eq(used("a"), 0);
	ck_assert_uint_eq(used("e"), 1);
}
END_TEST

static atomic_uint admitted;

static void *charge_many(void *context)
{
	(void)context;
	for (int i = 0; i < 200; i++)
		if (ask(STORE_CHARGE, "shared", 1000, NULL) == STORE_ADMITTED)
			atomic_fetch_add(&admitted, 1);
	return NULL;
}

START_TEST(exact_from_many_threads)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, charge_many, NULL),
			0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(admitted, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_memory");
	TCase *tcase = tcase_create("store_memory");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, a_case_of_all_stores, 0,
			    store_cases_count());
	tcase_add_test(tcase, no_charges_are_admitted);
	tcase_add_test(tcase, nothing_to_free);
	tcase_add_test(tcase, peeks_and_refusals_make_no_windows);
	tcase_add_test(tcase, the_key_is_copied);
	tcase_add_test(tcase, a_key_may_hold_any_byte);
	tcase_add_test(tcase, the_longest_unused_goes_first);
	tcase_add_test(tcase, who_is_refused_is_in_use);
	tcase_add_test(tcase, bounded);
	tcase_add_test(tcase, a_question_larger_than_the_store);
	tcase_add_test(tcase, exact_from_many_threads);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
