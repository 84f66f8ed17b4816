/* SPDX-License-Identifier: ISC */
/* Times with and without a year, over New Year, and what is no time. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/replay/log_time.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define SECOND_MS   UINT64_C(1000)

/* date -u -d ... +%s */
#define MAY_2026    UINT64_C(1777629001) /* 2026-05-01 09:50:01 */
#define DEC_31_2025 UINT64_C(1767225599) /* 2025-12-31 23:59:59 */
#define JAN_1_2026  UINT64_C(1767225601) /* 2026-01-01 00:00:01 */
#define LEAP_DAY    UINT64_C(1709208000) /* 2024-02-29 12:00:00 */

static struct log_time when;

static bool take(const char *text, uint64_t *time_ms_r, struct slice *rest_r)
{
	*rest_r = slice_of(text);
	return log_time_take(&when, rest_r, time_ms_r);
}

static const struct {
	const char *text;
	uint64_t time_ms;
} good[] = {
	{ "2026-05-01T09:50:01Z rest", MAY_2026 *SECOND_MS },
	{ "2026-05-01T09:50:01.25Z rest", MAY_2026 *SECOND_MS + 250 },
	{ "2026-05-01T09:50:01.123456789Z rest", MAY_2026 *SECOND_MS + 123 },
	{ "2026-05-01T11:50:01+02:00 rest", MAY_2026 *SECOND_MS },
	{ "2026-05-01T11:50:01+0200 rest", MAY_2026 *SECOND_MS },
	{ "2026-05-01T04:20:01-05:30 rest", MAY_2026 *SECOND_MS },
	{ "2024-02-29T12:00:00Z rest", LEAP_DAY *SECOND_MS },
	{ "May  1 09:50:01 rest", MAY_2026 *SECOND_MS },
	{ "May 01 09:50:01 rest", MAY_2026 *SECOND_MS },
	{ "May 1 09:50:01 rest", MAY_2026 *SECOND_MS },
	{ "May  1 09:50:01.250000 rest", MAY_2026 *SECOND_MS + 250 },
	{ "May  1 2026 09:50:01 rest", MAY_2026 *SECOND_MS },
	{ "Fri 2026-05-01 09:50:01 UTC rest", MAY_2026 *SECOND_MS },
	{ "2026-05-01 09:50:01Z rest", MAY_2026 *SECOND_MS },
	{ "2026-05-01 09:50:01 rest", MAY_2026 *SECOND_MS },
	{ "2026-05-01 11:50:01 +0200 rest", MAY_2026 *SECOND_MS },
	{ "2026.05.01 09:50:01 rest", MAY_2026 *SECOND_MS },
	{ "1777629001.123456 rest", MAY_2026 *SECOND_MS + 123 },
};

START_TEST(a_time)
{
	struct slice rest;
	uint64_t time_ms;

	log_time_begin(&when, 2026, 0);
	ck_assert(take(good[_i].text, &time_ms, &rest));
	ck_assert_uint_eq(time_ms, good[_i].time_ms);
	ck_assert(slice_is(&rest, "rest"));
}
END_TEST

static const char *const bad[] = {
	"",
	"May",
	"May  1 09:50:01",
	"May  1 09:50:01x",
	"May  1 09:60:01 rest",
	"May  1 24:50:01 rest",
	"May 32 09:50:01 rest",
	"May  0 09:50:01 rest",
	"Mai  1 09:50:01 rest",
	"May  1 9:50:01  rest",
	"2026-05-01T09:50:01+2:00 rest",
	"2026-05-01T09:50:01+02:0",
	"2026-13-01T09:50:01Z rest",
	"2026-00-01T09:50:01Z rest",
	"2026-05-01T09:50:01Zrest",
	"1969-05-01T09:50:01Z rest",
	"12345678901234567890 rest",
	"-- MARK -- MARK -- MARK",
};

START_TEST(no_time)
{
	struct slice rest;
	uint64_t time_ms = 7;

	log_time_begin(&when, 2026, 0);
	ck_assert(!take(bad[_i], &time_ms, &rest));
	ck_assert_uint_eq(time_ms, 7);
	ck_assert_uint_eq(rest.length, strlen(bad[_i]));
}
END_TEST

START_TEST(a_first_year_goes_on_at_new_year)
{
	struct slice rest;
	uint64_t time_ms;

	log_time_begin(&when, 2025, 0);
	ck_assert(take("Dec 31 23:59:59 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, DEC_31_2025 * SECOND_MS);
	ck_assert(take("Jan  1 00:00:01 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, JAN_1_2026 * SECOND_MS);
	/* a line that comes late is of the old year, and the next is not of a
	 * year after */
	ck_assert(take("Dec 31 23:59:59 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, DEC_31_2025 * SECOND_MS);
	ck_assert(take("Jan  1 00:00:01 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, JAN_1_2026 * SECOND_MS);
	ck_assert(take("May  1 09:50:01 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, MAY_2026 * SECOND_MS);
}
END_TEST

START_TEST(the_file_tells_the_year)
{
	struct slice rest;
	uint64_t time_ms;

	log_time_begin(&when, 0, JAN_1_2026 * SECOND_MS);
	ck_assert(take("Dec 31 23:59:59 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, DEC_31_2025 * SECOND_MS);
	ck_assert(take("Jan  1 00:00:01 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, JAN_1_2026 * SECOND_MS);
	/* later in the year than the file: it was the year before */
	ck_assert(take("May  1 09:50:01 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, (MAY_2026 - 365 * 86400) * SECOND_MS);
}
END_TEST

START_TEST(a_file_written_at_new_year_has_no_next_year)
{
	struct slice rest;
	uint64_t time_ms;

	log_time_begin(&when, 0, DEC_31_2025 * SECOND_MS);
	ck_assert(take("Dec 31 23:59:59 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, DEC_31_2025 * SECOND_MS);
	ck_assert(take("Jan  2 00:00:01 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms,
			  (JAN_1_2026 + 86400 - 365 * 86400) * SECOND_MS);
}
END_TEST

START_TEST(local_times_are_local)
{
	struct slice rest;
	uint64_t time_ms;

	setenv("TZ", "XXX-2", 1); /* two hours east */
	tzset();
	log_time_begin(&when, 2026, 0);
	ck_assert(take("May  1 11:50:01 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, MAY_2026 * SECOND_MS);
	ck_assert(take("May  1 11:50:02 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, (MAY_2026 + 1) * SECOND_MS);
	ck_assert(take("May  1 12:50:01 rest", &time_ms, &rest));
	ck_assert_uint_eq(time_ms, (MAY_2026 + 3600) * SECOND_MS);
}
END_TEST

/* From memory that ends where the text does. */
START_TEST(no_byte_beyond)
{
	struct slice rest;
	uint64_t time_ms;

	for (size_t length = 0; length <= strlen(good[_i].text); length++) {
		char *copy = malloc(length == 0 ? 1 : length);

		memcpy(copy, good[_i].text, length);
		rest = (struct slice){ copy, length };
		log_time_begin(&when, 2026, 0);
		if (log_time_take(&when, &rest, &time_ms))
			ck_assert_ptr_eq(rest.data + rest.length,
					 copy + length);
		free(copy);
	}
}
END_TEST

static void in_utc(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
}

int main(void)
{
	Suite *suite = suite_create("log_time");
	TCase *tcase = tcase_create("log_time");

	tcase_add_checked_fixture(tcase, in_utc, NULL);
	tcase_add_loop_test(tcase, a_time, 0, COUNT(good));
	tcase_add_loop_test(tcase, no_time, 0, COUNT(bad));
	tcase_add_test(tcase, a_first_year_goes_on_at_new_year);
	tcase_add_test(tcase, the_file_tells_the_year);
	tcase_add_test(tcase, a_file_written_at_new_year_has_no_next_year);
	tcase_add_test(tcase, local_times_are_local);
	tcase_add_loop_test(tcase, no_byte_beyond, 0, COUNT(good));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
