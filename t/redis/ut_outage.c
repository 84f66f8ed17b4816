/* SPDX-License-Identifier: ISC */

/* Which outages are told; the test owns the clock. */
#include <stdlib.h>

#include <check.h>

#include "lib/redis/outage.h"

static struct outage outage;
static unsigned int before;
static uint64_t lasted;

static void start(void)
{
	outage = (struct outage){ 0 };
	before = 99;
	lasted = 99;
}

/* One second of it, a second after the last. */
static enum outage_word one(uint64_t at_ms)
{
	enum outage_word word = outage_down(&outage, at_ms, &before);

	ck_assert_int_eq(outage_up(&outage, at_ms + 1000, &lasted),
			 word == OUTAGE_TELL);
	return word;
}

START_TEST(begin_and_end_are_told_once)
{
	ck_assert(!outage_up(&outage, 5, &lasted));
	ck_assert_int_eq(outage_down(&outage, 10, &before), OUTAGE_TELL);
	ck_assert_uint_eq(before, 0);
	ck_assert_int_eq(outage_down(&outage, 20, &before), OUTAGE_SILENT);
	ck_assert_int_eq(outage_down(&outage, 900000, &before), OUTAGE_SILENT);
	ck_assert(outage_up(&outage, 900010, &lasted));
	ck_assert_uint_eq(lasted, 900000);
	ck_assert(!outage_up(&outage, 900020, &lasted));
}
END_TEST

START_TEST(five_a_minute)
{
	for (unsigned int i = 0; i < OUTAGES_A_MINUTE; i++)
		ck_assert_int_eq(one(2000 * i), OUTAGE_TELL);
	ck_assert_int_eq(one(10000), OUTAGE_ENOUGH);
	for (uint64_t at_ms = 12000; at_ms < 60000; at_ms += 2000)
		ck_assert_int_eq(one(at_ms), OUTAGE_SILENT);
	ck_assert_int_eq(one(60000), OUTAGE_TELL);
	ck_assert_uint_eq(before, 25);
	ck_assert_int_eq(one(62000), OUTAGE_TELL);
	ck_assert_uint_eq(before, 0);
}
END_TEST

START_TEST(one_that_lasts_is_told_later)
{
	for (unsigned int i = 0; i < OUTAGES_A_MINUTE; i++)
		one(2000 * i);
	ck_assert_int_eq(one(10000), OUTAGE_ENOUGH);
	ck_assert_int_eq(outage_down(&outage, 12000, &before), OUTAGE_SILENT);
	ck_assert_int_eq(outage_down(&outage, 59999, &before), OUTAGE_SILENT);
	ck_assert_int_eq(outage_down(&outage, 60000, &before), OUTAGE_TELL);
	ck_assert_uint_eq(before, 1);
	ck_assert(outage_up(&outage, 72000, &lasted));
	ck_assert_uint_eq(lasted, 60000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outage");
	TCase *tcase = tcase_create("outage");

	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, begin_and_end_are_told_once);
	tcase_add_test(tcase, five_a_minute);
	tcase_add_test(tcase, one_that_lasts_is_told_later);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
