/* SPDX-License-Identifier: ISC */
/* From what subjects reached to a number that people choose. */
#include <check.h>
#include <stdlib.h>

#include "lib/replay/suggest.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define KB	    UINT64_C(1024)
#define MB	    (KB * KB)

static const struct {
	const char *text;
	uint64_t thousandths; /* 0: refused */
} decimals[] = {
	{ "1", 1000 },
	{ "1.5", 1500 },
	{ "99.9", 99900 },
	{ "100", 100000 },
	{ "99.999", 99999 },
	{ "1.", 1000 },
	{ "", 0 },
	{ "0.9", 0 },
	{ "100.001", 0 },
	{ "1.2345", 0 },
	{ "1.5.1", 0 },
	{ ".5", 0 },
	{ "-1", 0 },
	{ "+1", 0 },
	{ "1e1", 0 },
	{ "99 ", 0 },
	{ "99999999999999999999999999", 0 },
};

START_TEST(a_decimal)
{
	uint64_t number = 7;

	ck_assert_int_eq(
		suggest_parse(decimals[_i].text, 1000, 100000, &number),
		decimals[_i].thousandths != 0);
	ck_assert_uint_eq(number, decimals[_i].thousandths == 0
					  ? 7
					  : decimals[_i].thousandths);
}
END_TEST

static const struct {
	uint64_t number;
	enum limit_unit unit;
	uint64_t round;
} rounds[] = {
	{ 0, LIMIT_MESSAGES, 1 },
	{ 1, LIMIT_MESSAGES, 1 },
	{ 2, LIMIT_MESSAGES, 2 },
	{ 7, LIMIT_RECIPIENTS, 8 },
	{ 9, LIMIT_MESSAGES, 10 },
	{ 11, LIMIT_MESSAGES, 12 },
	{ 13, LIMIT_MESSAGES, 15 },
	{ 100, LIMIT_MESSAGES, 100 },
	{ 101, LIMIT_MESSAGES, 120 },
	{ 801, LIMIT_MESSAGES, 1000 },
	{ 2001, LIMIT_MESSAGES, 2500 },
	{ 700, LIMIT_BYTES, 800 },
	{ 1000, LIMIT_BYTES, KB },
	{ 37 * MB + 1, LIMIT_BYTES, 40 * MB },
	{ 999 * MB, LIMIT_BYTES, 1000 * MB },
	{ 1000 * MB, LIMIT_BYTES, KB *MB },
	{ UINT64_MAX, LIMIT_BYTES, UINT64_C(1) << 53 },
	{ (UINT64_C(1) << 53) - 1, LIMIT_MESSAGES, UINT64_C(1) << 53 },
};

START_TEST(a_kind_number)
{
	ck_assert_uint_eq(suggest_round(rounds[_i].number, rounds[_i].unit),
			  rounds[_i].round);
}
END_TEST

static uint64_t of_first(size_t count, uint64_t percentile)
{
	uint64_t *numbers = calloc(count, sizeof(*numbers)), number;

	for (size_t i = 0; i < count; i++)
		numbers[i] = i + 1;
	number = suggest_percentile(numbers, count, percentile);
	free(numbers);
	return number;
}

START_TEST(a_percentile)
{
	ck_assert_uint_eq(of_first(1, 99000), 1);
	ck_assert_uint_eq(of_first(2, 99000), 1);
	ck_assert_uint_eq(of_first(21, 99000), 20);
	ck_assert_uint_eq(of_first(100, 99000), 99);
	ck_assert_uint_eq(of_first(1000, 99000), 990);
	ck_assert_uint_eq(of_first(1000, 99900), 999);
	ck_assert_uint_eq(of_first(1000, 100000), 1000);
	ck_assert_uint_eq(of_first(1000, 50000), 500);
	ck_assert_uint_eq(of_first(1000, 1000), 10);
}
END_TEST

START_TEST(a_flood_is_left_aside)
{
	const struct suggest_wish wish = { 99000, 1500 };
	const struct limit limit = { .max = 77, .unit = LIMIT_MESSAGES };
	uint64_t peaks[] = { 5, 30000, 8, 3, 2 };
	struct limit_suggestion suggestion;

	suggest_max(&wish, &limit, peaks, 5, &suggestion);
	ck_assert_uint_eq(suggestion.subjects, 5);
	ck_assert_uint_eq(suggestion.peak, 8);
	ck_assert_uint_eq(suggestion.top, 30000);
	ck_assert_uint_eq(suggestion.max, 12);
	suggest_max(&wish, &limit, peaks, 0, &suggestion);
	ck_assert_uint_eq(suggestion.subjects, 0);
	ck_assert_uint_eq(suggestion.max, 77);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("suggest");
	TCase *tcase = tcase_create("suggest");

	tcase_add_loop_test(tcase, a_decimal, 0, COUNT(decimals));
	tcase_add_loop_test(tcase, a_kind_number, 0, COUNT(rounds));
	tcase_add_test(tcase, a_percentile);
	tcase_add_test(tcase, a_flood_is_left_aside);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
