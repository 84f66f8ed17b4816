/* SPDX-License-Identifier: ISC */

/* How far Redis's clock is before ours, and when it is believed. */
#include <check.h>
#include <stdlib.h>

#include "lib/redis/redis_clock.h"

#define REDIS UINT64_C(1777629600000)

START_TEST(nothing_is_known_at_first)
{
	struct redis_clock clock = { 0 };

	ck_assert_uint_eq(redis_clock_at(&clock, 1000), 0);
}
END_TEST

START_TEST(its_time_is_that_of_the_middle)
{
	struct redis_clock clock = { 0 };

	redis_clock_learn(&clock, 1000, 1040, REDIS);
	ck_assert_uint_eq(redis_clock_at(&clock, 1020), REDIS);
	ck_assert_uint_eq(redis_clock_at(&clock, 1120), REDIS + 100);
	ck_assert_uint_eq(redis_clock_at(&clock, 920), REDIS - 100);
}
END_TEST

START_TEST(it_may_be_set)
{
	struct redis_clock clock = { 0 };

	redis_clock_learn(&clock, 1000, 1000, REDIS);
	/* slow, but the same clock */
	ck_assert(!redis_clock_correct(&clock, 2000, REDIS + 1100, 100));
	ck_assert_uint_eq(redis_clock_at(&clock, 2000), REDIS + 1000);
	/* forwards and back */
	ck_assert(redis_clock_correct(&clock, 2000, REDIS + 3600000, 100));
	ck_assert_uint_eq(redis_clock_at(&clock, 2000), REDIS + 3600000);
	ck_assert(redis_clock_correct(&clock, 2000, REDIS - 3600000, 100));
	ck_assert_uint_eq(redis_clock_at(&clock, 2000), REDIS - 3600000);
}
END_TEST

START_TEST(what_no_clock_shows_is_not_believed)
{
	struct redis_clock clock = { 0 };

	redis_clock_learn(&clock, 0, 0, UINT64_MAX);
	ck_assert_uint_eq(redis_clock_at(&clock, 1000), 0);
	redis_clock_learn(&clock, 1000, 1000, REDIS);
	ck_assert(!redis_clock_correct(&clock, 1000, INT64_MAX, 100));
	ck_assert(!redis_clock_correct(&clock, 1000, -1, 100));
	ck_assert_uint_eq(redis_clock_at(&clock, 1000), REDIS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis_clock");
	TCase *tcase = tcase_create("redis_clock");

	tcase_add_test(tcase, nothing_is_known_at_first);
	tcase_add_test(tcase, its_time_is_that_of_the_middle);
	tcase_add_test(tcase, it_may_be_set);
	tcase_add_test(tcase, what_no_clock_shows_is_not_believed);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
