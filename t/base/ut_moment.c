/* SPDX-License-Identifier: ISC */

/* Points in time as people write them, in a zone with summer time. */
#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/moment.h"

/* 2026-05-01T10:00:00Z: noon in Vienna. */
#define NOW	  UINT64_C(1777629600000)
#define UNTOUCHED UINT64_C(7)

static const struct {
	const char *text;
	uint64_t moment_ms; /* UNTOUCHED: no moment */
} cases[] = {
	{ "2026-05-01T18:00:00Z", UINT64_C(1777658400000) },
	{ "2026-05-01t18:00:00z", UINT64_C(1777658400000) },
	{ "2026-05-01 18:00", UINT64_C(1777651200000) },
	{ "2026-05-01T18:00:00.250+02:00", UINT64_C(1777651200250) },
	{ "2026-05-01 18:00:03 +0200", UINT64_C(1777651203000) },
	{ "2026-05-01T18:00:00.25", UINT64_C(1777651200250) },
	{ "2026-05-01T18:00:00.1234567Z", UINT64_C(1777658400123) },
	{ "2026-05-01", UINT64_C(1777586400000) },
	{ "2026-01-01", UINT64_C(1767222000000) }, /* winter: +0100 */
	{ "2028-02-29", UINT64_C(1835391600000) },
	{ "18:00", UINT64_C(1777651200000) },
	{ "18:00:30", UINT64_C(1777651230000) },
	{ "12:00", UINT64_C(1777716000000) }, /* now is not after now */
	{ "09:00", UINT64_C(1777705200000) },
	{ "18:00Z", UINT64_C(1777658400000) },
	{ "02:00+1400", UINT64_C(1777636800000) }, /* there it is tomorrow */
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01T00:00:00+01:00", UNTOUCHED },
	{ "9999-12-31T23:59:59-00:01", UNTOUCHED },
	{ "9999-12-31T23:59:59Z", UINT64_C(253402300799000) },
	{ "", UNTOUCHED },
	{ "now", UNTOUCHED },
	{ "18", UNTOUCHED },
	{ "8:00", UNTOUCHED },
	{ "24:00", UNTOUCHED },
	{ "18:60", UNTOUCHED },
	{ "18:00:60", UNTOUCHED },
	{ "18:00:", UNTOUCHED },
	{ "18:00:30.", UNTOUCHED },
	{ "18:00 ", UNTOUCHED },
	{ "18:00x", UNTOUCHED },
	{ "18:00+15:00", UNTOUCHED },
	{ "2026-02-29", UNTOUCHED },
	{ "2026-13-01", UNTOUCHED },
	{ "2026-00-01", UNTOUCHED },
	{ "2026-05-32", UNTOUCHED },
	{ "1969-12-31", UNTOUCHED },
	{ "2026-5-1", UNTOUCHED },
	{ "2026-05-01T", UNTOUCHED },
	{ "2026-05-01T18", UNTOUCHED },
	{ "2026-05-01 18:00 Z+", UNTOUCHED },
	{ "2026-05-01T18:00:00+2", UNTOUCHED },
};

START_TEST(reads)
{
	uint64_t moment_ms = UNTOUCHED;
	bool is_read = moment_parse(cases[_i].text, NOW, &moment_ms);

	ck_assert_msg(moment_ms == cases[_i].moment_ms, "%s: %llu",
		      cases[_i].text, (unsigned long long)moment_ms);
	ck_assert_msg(is_read == (cases[_i].moment_ms != UNTOUCHED), "%s",
		      cases[_i].text);
}
END_TEST

START_TEST(writes)
{
	char buffer[MOMENT_TEXT_SIZE];

	ck_assert_str_eq(moment_format_local(NOW, buffer),
			 "2026-05-01 12:00:00 +0200");
	ck_assert_str_eq(moment_format_local(UINT64_C(1767222000000), buffer),
			 "2026-01-01 00:00:00 +0100");
	ck_assert_str_eq(moment_format_utc(NOW + 250, buffer),
			 "2026-05-01T10:00:00.250Z");
	ck_assert_str_eq(moment_format_utc(0, buffer),
			 "1970-01-01T00:00:00.000Z");
	/* Beyond any calendar: still a text. */
	ck_assert_uint_gt(strlen(moment_format_utc(UINT64_MAX, buffer)), 0);
	ck_assert_uint_gt(strlen(moment_format_local(UINT64_MAX, buffer)), 0);
}
END_TEST

#define NEAR_MS UINT64_C(1777651449250) /* 2026-05-01T16:04:09.250Z */

static const struct {
	uint64_t moment_ms;
	const char *near, *day, *date;
} people[] = {
	{ 0, "-", "1 Jan", "Thu, 01 Jan 1970 00:00:00" },
	{ NEAR_MS, "16:04:09", "1 May", "Fri, 01 May 2026 16:04:09" },
	/* that day's midnight, and before it */
	{ UINT64_C(1777593600000), "00:00:00", "1 May",
	  "Fri, 01 May 2026 00:00:00" },
	{ UINT64_C(1777593599999), "30 Apr 23:59", "30 Apr",
	  "Thu, 30 Apr 2026 23:59:59" },
};

START_TEST(writes_for_people)
{
	char buffer[MOMENT_TEXT_SIZE];

	ck_assert_str_eq(
		moment_format_near(people[_i].moment_ms, NEAR_MS, buffer),
		people[_i].near);
	ck_assert_str_eq(moment_format_day(people[_i].moment_ms, buffer),
			 people[_i].day);
	ck_assert_str_eq(moment_format_date(people[_i].moment_ms, buffer),
			 people[_i].date);
	/* Beyond any calendar: still a text. */
	ck_assert_uint_gt(strlen(moment_format_date(UINT64_MAX, buffer)), 0);
}
END_TEST

/* What is written for programs is read back, whatever the zone. */
START_TEST(reads_what_it_writes)
{
	for (uint64_t i = 0; i < 2000; i++) {
		uint64_t moment_ms = i * UINT64_C(123456789123) %
				     UINT64_C(253402300800000);
		char buffer[MOMENT_TEXT_SIZE];
		uint64_t read_ms = UNTOUCHED;

		ck_assert(moment_parse(moment_format_utc(moment_ms, buffer), 0,
				       &read_ms));
		ck_assert_uint_eq(read_ms, moment_ms);
		ck_assert(moment_parse(moment_format_local(moment_ms, buffer),
				       0, &read_ms));
		ck_assert_uint_eq(read_ms, moment_ms / 1000 * 1000);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("moment");
	TCase *tcase = tcase_create("moment");

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	tcase_add_loop_test(tcase, reads, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, writes);
	tcase_add_loop_test(tcase, writes_for_people, 0,
			    sizeof(people) / sizeof(people[0]));
	tcase_add_test(tcase, reads_what_it_writes);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
