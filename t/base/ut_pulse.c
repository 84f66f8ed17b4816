/* SPDX-License-Identifier: ISC */

/* A thread that stopped is named; one that ended is not missed. */
#include <check.h>
#include <pthread.h>

#include "lib/base/clock.h"
#include "lib/base/pulse.h"

#define LIMIT_MS 1000

START_TEST(one_that_stopped_is_named)
{
	uint64_t now_ms = clock_steady_ms();

	ck_assert_ptr_null(pulse_stopped(now_ms + 100 * LIMIT_MS, LIMIT_MS));
	pulse_begin("the miller");
	ck_assert_ptr_null(pulse_stopped(now_ms, LIMIT_MS));
	ck_assert_str_eq(pulse_stopped(now_ms + 100 * LIMIT_MS, LIMIT_MS),
			 "the miller");
	pulse_end();
	ck_assert_ptr_null(pulse_stopped(now_ms + 100 * LIMIT_MS, LIMIT_MS));
	pulse_beat(); /* of nobody */
	pulse_end();
}
END_TEST

static void *begin(void *name)
{
	pulse_begin(name);
	return NULL;
}

/* That a thread is gone without having ended its pulse is seen, too. */
START_TEST(more_than_there_is_room_for)
{
	static char name[] = "another";
	uint64_t late_ms = clock_steady_ms() + 100 * LIMIT_MS;
	pthread_t thread;

	pulse_begin("the first");
	for (int i = 1; i < PULSES_MAX; i++) {
		ck_assert_int_eq(pthread_create(&thread, NULL, begin, name), 0);
		pthread_join(thread, NULL);
	}
	ck_assert_str_eq(pulse_stopped(late_ms, LIMIT_MS), "the first");
	pulse_end();
	ck_assert_str_eq(pulse_stopped(late_ms, LIMIT_MS), "another");
	pulse_begin("the first");
	pthread_create(&thread, NULL, begin, name);
	pthread_join(thread, NULL);
	ck_assert_str_eq(pulse_stopped(late_ms, LIMIT_MS), "the first");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pulse");
	TCase *cases = tcase_create("pulse");

	tcase_add_test(cases, one_that_stopped_is_named);
	tcase_add_test(cases, more_than_there_is_room_for);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
