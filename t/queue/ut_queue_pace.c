/* SPDX-License-Identifier: ISC */
/* How many may be out, and when: never more than was asked for in a minute. */
#include <check.h>
#include <stdlib.h>

#include "milter/queue/queue_pace.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	uint64_t per_minute, elapsed_ms, total, due;
} rows[] = {
	{ 60, 0, 100, 1 },     { 60, 999, 100, 1 },
	{ 60, 1000, 100, 2 },  { 60, 59999, 100, 60 },
	{ 60, 60000, 50, 50 }, { 1, 59999, 9, 1 },
	{ 1, 60000, 9, 2 },    { 6000, 10, 9999, 2 },
	{ 7, 30000, 99, 4 },   { 600, 0, 1, 1 },
	{ 600, 0, 0, 0 },      { 6000, UINT64_C(3600000000), 500000, 500000 },
};

START_TEST(test_due)
{
	ck_assert_uint_eq(queue_pace_due(rows[_i].per_minute,
					 rows[_i].elapsed_ms, rows[_i].total),
			  rows[_i].due);
}
END_TEST

START_TEST(test_when_is_the_first_moment_of_due)
{
	static const uint64_t paces[] = { 1, 7, 59, 60, 61, 600, 5999, 6000 };
	uint64_t pace = paces[_i];

	ck_assert_uint_eq(queue_pace_when_ms(pace, 1), 0);
	for (uint64_t count = 2; count < 2000; count++) {
		uint64_t when_ms = queue_pace_when_ms(pace, count);

		ck_assert_uint_eq(queue_pace_due(pace, when_ms, 9999), count);
		ck_assert_uint_lt(queue_pace_due(pace, when_ms - 1, 9999),
				  count);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue_pace");
	TCase *tcase = tcase_create("pace");

	tcase_add_loop_test(tcase, test_due, 0, COUNT_OF(rows));
	tcase_add_loop_test(tcase, test_when_is_the_first_moment_of_due, 0, 8);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
