/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <pthread.h>

#include "milter/daemon/header_share.h"

static unsigned int taken_of(struct header_share *share, unsigned int count,
			     uint64_t now_ms)
{
	unsigned int taken = 0;

	for (unsigned int i = 0; i < count; i++)
		taken += header_share_take(share, now_ms);
	return taken;
}

START_TEST(few_connections_all_ask)
{
	struct header_share share = { 0 };

	for (uint64_t ms = 0; ms < 60000; ms += 100)
		ck_assert(header_share_take(&share, ms));
}
END_TEST

START_TEST(of_many_connections_a_share_asks)
{
	struct header_share share = { 0 };

	ck_assert_uint_eq(taken_of(&share, HEADER_SHARE_FIRST, 1000),
			  HEADER_SHARE_FIRST);
	ck_assert_uint_eq(taken_of(&share, HEADER_SHARE_EVERY - 1, 1000), 0);
	ck_assert_uint_eq(taken_of(&share, 1, 1000), 1);
	ck_assert_uint_eq(taken_of(&share, 100 * HEADER_SHARE_EVERY, 1000),
			  100);
}
END_TEST

START_TEST(each_second_brings_some_back)
{
	struct header_share share = { 0 };

	taken_of(&share, HEADER_SHARE_FIRST, 5000);
	ck_assert_uint_eq(taken_of(&share, 8 * HEADER_SHARE_EVERY, 6000),
			  HEADER_SHARE_SECOND + (8 * HEADER_SHARE_EVERY -
						 HEADER_SHARE_SECOND) /
							HEADER_SHARE_EVERY);
	ck_assert_uint_eq(taken_of(&share, HEADER_SHARE_FIRST, 60000),
			  HEADER_SHARE_FIRST);
}
END_TEST

static void *take_some(void *share)
{
	return (void *)(uintptr_t)taken_of(share, 8000, 1000);
}

START_TEST(threads_take_no_more_together)
{
	struct header_share share = { 0 };
	pthread_t threads[4];
	uintptr_t taken = 0;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, take_some, &share);
	for (int i = 0; i < 4; i++) {
		void *some;

		pthread_join(threads[i], &some);
		taken += (uintptr_t)some;
	}
	ck_assert_uint_eq(taken,
			  HEADER_SHARE_FIRST + (32000 - HEADER_SHARE_FIRST) /
						       HEADER_SHARE_EVERY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("header_share");
	TCase *cases = tcase_create("header_share");

	tcase_add_test(cases, few_connections_all_ask);
	tcase_add_test(cases, of_many_connections_a_share_asks);
	tcase_add_test(cases, each_second_brings_some_back);
	tcase_add_test(cases, threads_take_no_more_together);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
