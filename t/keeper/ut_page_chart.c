/* SPDX-License-Identifier: ISC */
/* Bars as a path, and what a cell says of time and of strangers. */
#include <check.h>
#include <stdlib.h>

#include "lib/base/json.h"
#include "milter/keeper/page_cell.h"
#include "milter/keeper/page_chart.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	uint64_t values[3], below[3], max;
	const char *path;
} charts[] = {
	{ { 0, 0, 0 }, { 0, 0, 0 }, 0, "" },
	{ { 1, 0, 2 }, { 0, 0, 0 }, 2, "M0 100v-50h8v50zM20 100v-100h8v100z" },
	/* what is not nothing is seen */
	{ { 1, 0, 1000 },
	  { 0, 0, 0 },
	  1000,
	  "M0 100v-4h8v4zM20 100v-100h8v100z" },
	/* on top of each other, and never above the box */
	{ { 1, 0, 0 }, { 1, 0, 0 }, 2, "M0 50v-50h8v50z" },
	{ { 1, 0, 0 }, { 999, 0, 0 }, 1000, "M0 4v-4h8v4z" },
	{ { UINT64_MAX, 0, 0 }, { 0, 0, 0 }, UINT64_MAX, "M0 100v-100h8v100z" },
	{ { 5, 0, 0 }, { 0, 0, 0 }, 2, "M0 100v-100h8v100z" },
};

START_TEST(test_charts)
{
	char *path = page_chart_path(charts[_i].values, charts[_i].below, 3,
				     charts[_i].max);

	ck_assert_str_eq(path, charts[_i].path);
	free(path);
}
END_TEST

START_TEST(test_max)
{
	ck_assert_uint_eq(page_chart_max(charts[2].values, 3), 1000);
	ck_assert_uint_eq(page_chart_max(charts[2].values, 0), 0);
}
END_TEST

static const struct {
	const char *value, *text;
} values[] = {
	{ "sender:a@b", "sender:a@b" },
	{ "", "" },
	{ "<b>\"&'", "<b>\"&'" }, /* escaped where it is printed */
	{ "a\nb\033[2J", "a\\x0ab\\x1b[2J" },
	{ "\342\200\256evil", "\\xe2\\x80\\xaeevil" }, /* turns what follows */
	{ "\377", "\\xff" },
};

START_TEST(test_values)
{
	json_t *row = page_cell_row(json_object(), "good");

	page_cell_put_value(row, "cell", values[_i].value);
	ck_assert_str_eq(
		document_get_text(json_object_get(row, "show"), "cell"),
		values[_i].text);
	ck_assert_str_eq(document_get_text(row, "class"), "good");
	json_decref(row);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("page");
	TCase *cases = tcase_create("page");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(cases, test_charts, 0, COUNT_OF(charts));
	tcase_add_test(cases, test_max);
	tcase_add_loop_test(cases, test_values, 0, COUNT_OF(values));
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
