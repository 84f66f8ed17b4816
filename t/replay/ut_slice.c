/* SPDX-License-Identifier: ISC */
/* Pieces of a line, which end where they end. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/replay/slice.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *text, *address, *rest; /* address NULL: there is none */
} addresses[] = {
	{ "<a@x>", "a@x", "" },
	{ "<>, size", "", ", size" },
	{ "<\"a>b\"@x> to", "\"a>b\"@x", " to" },
	{ "<\"a\\\">b\"@x>", "\"a\\\">b\"@x", "" },
	{ "<a\\>b", "a\\", "b" },
	{ "a@x", NULL, "a@x" },
	{ "", NULL, "" },
	{ "<", NULL, "<" },
	{ "<a@x", NULL, "<a@x" },
	{ "<\"a>", NULL, "<\"a>" },
	{ "<\"\\", NULL, "<\"\\" },
};

START_TEST(an_address)
{
	struct slice slice = slice_of(addresses[_i].text);
	struct slice address = { NULL, 0 };

	ck_assert_int_eq(slice_address(&slice, &address),
			 addresses[_i].address != NULL);
	if (addresses[_i].address != NULL)
		ck_assert(slice_is(&address, addresses[_i].address));
	ck_assert(slice_is(&slice, addresses[_i].rest));
}
END_TEST

static const struct {
	const char *text;
	bool is_number;
	uint64_t number;
	const char *rest;
} numbers[] = {
	{ "0", true, 0, "" },
	{ "12, x", true, 12, ", x" },
	{ "9007199254740992", true, UINT64_C(1) << 53, "" },
	{ "9007199254740993", false, 0, "9007199254740993" },
	{ "99999999999999999999", false, 0, "99999999999999999999" },
	{ "-1", false, 0, "-1" },
	{ "", false, 0, "" },
};

START_TEST(a_number)
{
	struct slice slice = slice_of(numbers[_i].text);
	uint64_t number = 0;

	ck_assert_int_eq(slice_number(&slice, &number), numbers[_i].is_number);
	ck_assert_uint_eq(number, numbers[_i].number);
	ck_assert(slice_is(&slice, numbers[_i].rest));
}
END_TEST

START_TEST(words)
{
	struct slice slice = slice_of("one: two: three"), before;

	ck_assert(slice_take(&slice, ": ", &before));
	ck_assert(slice_is(&before, "one"));
	ck_assert(!slice_take(&slice, "four", &before));
	ck_assert(slice_is(&slice, "two: three"));
	ck_assert(!slice_skip(&slice, "three"));
	ck_assert(slice_skip(&slice, "two: "));
	ck_assert(!slice_skip(&slice, "three and more"));
	ck_assert(slice_is(&slice, "three"));
	before = slice_behind(&slice, "th");
	ck_assert(slice_is(&before, "ree"));
	before = slice_behind(&slice, "x");
	ck_assert_ptr_null(before.data);
	ck_assert(!slice_is(&before, ""));
}
END_TEST

START_TEST(nothing_has_nothing_in_it)
{
	struct slice none = { NULL, 0 }, piece;

	ck_assert(!slice_take(&none, ":", &piece));
	ck_assert(!slice_skip(&none, ""));
	ck_assert(!slice_address(&none, &piece));
	ck_assert_ptr_null(slice_behind(&none, ":").data);
}
END_TEST

START_TEST(a_nul_is_a_byte)
{
	struct slice slice = { "a\0b:c", 5 }, before;

	ck_assert(slice_take(&slice, ":", &before));
	ck_assert_uint_eq(before.length, 3);
	ck_assert(slice_is(&slice, "c"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slice");
	TCase *tcase = tcase_create("slice");

	tcase_add_loop_test(tcase, an_address, 0, COUNT(addresses));
	tcase_add_loop_test(tcase, a_number, 0, COUNT(numbers));
	tcase_add_test(tcase, words);
	tcase_add_test(tcase, nothing_has_nothing_in_it);
	tcase_add_test(tcase, a_nul_is_a_byte);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
