/* SPDX-License-Identifier: ISC */
/* Spans in the two greatest units, and where one unit ends. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/span_text.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const struct {
	uint64_t span_ms;
	const char *text;
} spans[] = {
	{ 0, "0s" },
	{ 999, "0s" },
	{ SECOND, "1s" },
	{ 45 * SECOND + 999, "45s" },
	{ MINUTE - 1, "59s" },
	{ MINUTE, "1m 00s" },
	{ 2 * MINUTE + 5 * SECOND, "2m 05s" },
	{ HOUR - 1, "59m 59s" },
	{ HOUR, "1h 00m" },
	{ 2 * HOUR - SECOND, "1h 59m" },
	{ DAY - 1, "23h 59m" },
	{ DAY, "1d 00h" },
	{ 3 * DAY + 4 * HOUR + 59 * MINUTE, "3d 04h" },
	{ 366 * DAY, "366d 00h" },
	{ UINT64_MAX, "213503982334d 14h" },
};

START_TEST(test_a_span_in_two_units)
{
	char buffer[SPAN_TEXT_SIZE];

	memset(buffer, 'x', sizeof(buffer));
	ck_assert_ptr_eq(span_text(spans[_i].span_ms, buffer), buffer);
	ck_assert_str_eq(buffer, spans[_i].text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("span_text");
	TCase *cases = tcase_create("spans");

	tcase_add_loop_test(cases, test_a_span_in_two_units, 0,
			    COUNT_OF(spans));
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
