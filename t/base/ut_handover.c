/* SPDX-License-Identifier: ISC */
/* Nothing is lost uncounted, and the order stays, whoever puts. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/handover.h"

#define MAX 10

static struct handover *handover;
static unsigned int dropped;

static void drop(void *item)
{
	free(item);
	__atomic_add_fetch(&dropped, 1, __ATOMIC_RELAXED);
}

static void setup(void)
{
	handover = handover_new(MAX, drop);
	dropped = 0;
}

/* A handover lives as long as the process; its tests do not. */
static void teardown(void)
{
	for (void *item; (item = handover_take(handover)) != NULL;)
		free(item);
	free(handover);
}

static bool put(unsigned int number)
{
	unsigned int *item = alloc_zero(sizeof(*item));

	*item = number;
	return handover_put(handover, item);
}

/* The number of the next item, 0 when there is none. */
static unsigned int take(void)
{
	unsigned int *item = handover_take(handover);
	unsigned int number = item == NULL ? 0 : *item;

	free(item);
	return number;
}

START_TEST(test_the_oldest_first)
{
	ck_assert_uint_eq(take(), 0);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 1; i <= 7; i++)
			ck_assert(put(i));
		for (unsigned int i = 1; i <= 7; i++)
			ck_assert_uint_eq(take(), i);
	}
	ck_assert_uint_eq(take(), 0);
	ck_assert_uint_eq(handover_dropped(handover), 0);
}
END_TEST

START_TEST(test_what_does_not_fit_is_counted)
{
	for (unsigned int i = 1; i <= MAX; i++)
		ck_assert(put(i));
	ck_assert(!put(11));
	ck_assert(!put(12));
	ck_assert_uint_eq(dropped, 2);
	ck_assert_uint_eq(take(), 1);
	ck_assert(put(13));
	ck_assert(!put(14));
	ck_assert_uint_eq(handover_dropped(handover), 3);
	ck_assert_uint_eq(handover_dropped(handover), 0);
	for (unsigned int i = 2; i <= MAX; i++)
		ck_assert_uint_eq(take(), i);
	ck_assert_uint_eq(take(), 13);
	ck_assert_uint_eq(take(), 0);
}
END_TEST

START_TEST(test_an_item_can_be_looked_at_first)
{
	unsigned int *item;

	ck_assert_ptr_null(handover_peek(handover));
	for (unsigned int i = 1; i <= MAX; i++)
		put(i);
	item = handover_peek(handover);
	ck_assert_uint_eq(*item, 1);
	put(11);
	ck_assert_ptr_eq(handover_peek(handover), item);
	ck_assert_uint_eq(take(), 1);
	ck_assert_uint_eq(take(), 2);
}
END_TEST

#define THREADS 4
#define EACH	5000

static void *put_many(void *context)
{
	unsigned int first = *(unsigned int *)context;

	for (unsigned int i = 0; i < EACH; i++)
		put(first + i);
	return NULL;
}

/* Those of one thread come in their order; all are taken or counted. */
START_TEST(test_many_threads)
{
	pthread_t threads[THREADS];
	unsigned int firsts[THREADS], last[THREADS] = { 0 }, taken = 0;

	for (unsigned int i = 0; i < THREADS; i++) {
		firsts[i] = 1 + i * EACH;
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, put_many, &firsts[i]),
			0);
	}
	while (taken + __atomic_load_n(&dropped, __ATOMIC_RELAXED) <
	       THREADS * EACH) {
		unsigned int number = take();
		unsigned int *before;

		if (number == 0)
			continue;
		before = &last[(number - 1) / EACH];
		ck_assert_uint_gt(number, *before);
		*before = number;
		taken++;
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(handover_dropped(handover), dropped);
	ck_assert_uint_eq(taken + dropped, THREADS * EACH);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("handover");
	TCase *cases = tcase_create("handovers");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_set_timeout(cases, 60); /* sanitizers, valgrind */
	tcase_add_test(cases, test_the_oldest_first);
	tcase_add_test(cases, test_what_does_not_fit_is_counted);
	tcase_add_test(cases, test_an_item_can_be_looked_at_first);
	tcase_add_test(cases, test_many_threads);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
