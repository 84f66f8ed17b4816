/* SPDX-License-Identifier: ISC */

/* Rows as a table of a known width, on a terminal of the test's own, and as
 * JSON. */
#include <check.h>
#include <limits.h>
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/ctl/output.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct output *output;
static char *written; /* by the last table */
static size_t written_length;

static void setup(void)
{
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
	unsetenv("NO_COLOR");
	unsetenv("COLUMNS");
	setenv("TERM", "xterm", 1);
}

static void teardown(void)
{
	output_free(&output);
	ck_assert_ptr_null(output);
	free(written);
	written = NULL;
}

static FILE *open_memory(void)
{
	FILE *file;

	free(written);
	file = open_memstream(&written, &written_length);
	ck_assert_ptr_nonnull(file);
	return file;
}

static void begin(bool is_json, const char *spare)
{
	output_free(&output);
	output = output_new(is_json, spare);
}

static void assert_printed(unsigned int width, const char *wanted)
{
	FILE *file = open_memory();

	output_print_wide(output, file, width);
	fclose(file);
	ck_assert_str_eq(written, wanted);
}

static void add(const char *subject, const char *reason)
{
	output_row(output);
	output_text(output, "subject", "SUBJECT", subject);
	output_cell(output, "N", OUTPUT_RIGHT | TERMINAL_BAD, "%d", 1234);
	output_text(output, "reason", "REASON", reason);
}

START_TEST(test_a_table_that_fits_is_as_wide_as_its_words)
{
	begin(false, NULL);
	add("jake@example.com", "a reason");
	for (unsigned int width = 40; width <= 200; width += 40)
		assert_printed(width, "SUBJECT              N  REASON\n"
				      "jake@example.com  1234  a reason\n");
	assert_printed(UINT_MAX, "SUBJECT              N  REASON\n"
				 "jake@example.com  1234  a reason\n");
}
END_TEST

START_TEST(test_a_title_can_be_the_widest)
{
	begin(false, NULL);
	output_row(output);
	output_text(output, NULL, "SUBJECT", "x");
	output_number(output, NULL, "NUMBER", 1);
	output_text(output, NULL, "REASON", "");
	assert_printed(80, "SUBJECT  NUMBER  REASON\n"
			   "x             1\n");
}
END_TEST

#define LONG_SUBJECT "sender+recipient:jake.the.longest@example.com+bob@host"
#define LONG_REASON  "announced newsletter of the town council for May"

/* Nothing is cut: what is wider than its column has a line of its own. */
START_TEST(test_a_long_cell_is_there_in_full)
{
	begin(false, NULL);
	add(LONG_SUBJECT, LONG_REASON);
	for (unsigned int width = 40; width <= 130; width++) {
		FILE *file = open_memory();

		output_print_wide(output, file, width);
		fclose(file);
		ck_assert_ptr_nonnull(strstr(written, LONG_SUBJECT));
		ck_assert_ptr_nonnull(strstr(written, LONG_REASON));
	}
}
END_TEST

START_TEST(test_a_long_first_cell_has_a_line_of_its_own)
{
	begin(false, NULL);
	add(LONG_SUBJECT, "bulk");
	add("jake@x", "bulk");
	assert_printed(40, "SUBJECT     N  REASON\n" LONG_SUBJECT
			   "\n         1234  bulk\n"
			   "jake@x   1234  bulk\n");
}
END_TEST

static void add_five(void)
{
	output_row(output);
	output_text(output, NULL, "S", "jake@x");
	output_number(output, NULL, "N", 1);
	output_cell(output, "FOR", OUTPUT_RIGHT, "5s");
	output_number(output, NULL, "MAX", 100);
	output_cell(output, "CHART", 0, "..#..");
}

START_TEST(test_spare_columns_are_left_out_in_their_order)
{
	begin(false, "CHART,FOR");
	add_five();
	assert_printed(26, "S       N  FOR  MAX  CHART\n"
			   "jake@x  1   5s  100  ..#..\n");
	assert_printed(25, "S       N  FOR  MAX\n"
			   "jake@x  1   5s  100\n");
	assert_printed(18, "S       N  MAX\n"
			   "jake@x  1  100\n");
	/* then those on the right */
	assert_printed(13, "S       N\n"
			   "jake@x  1\n");
	assert_printed(4, "S\n"
			  "jake@x\n");
	/* for this width alone */
	assert_printed(26, "S       N  FOR  MAX  CHART\n"
			   "jake@x  1   5s  100  ..#..\n");
}
END_TEST

/* Two that differ in their middle only, as a flood under made-up names. */
START_TEST(test_two_never_look_the_same)
{
	begin(false, NULL);
	add("sender:newsletter-0-of-may@lists.example", "bulk");
	add("sender:newsletter-1-of-may@lists.example", "bulk");
	assert_printed(40, "SUBJECT     N  REASON\n"
			   "sender:newsletter-0-of-may@lists.example\n"
			   "         1234  bulk\n"
			   "sender:newsletter-1-of-may@lists.example\n"
			   "         1234  bulk\n");
}
END_TEST

START_TEST(test_letters_of_two_bytes_and_more)
{
	begin(false, NULL);
	output_row(output);
	output_text(output, NULL, "M", "äöüäöüäöü");
	output_text(output, NULL, "E", "é");
	assert_printed(80, "M          E\n"
			   "äöüäöüäöü  é\n");
	setlocale(LC_ALL, "C");
	begin(false, NULL);
	output_row(output);
	output_text(output, NULL, "M", "é");
	output_subject(output, NULL, "S", "sender:é");
	assert_printed(80, "M         S\n"
			   "\\xc3\\xa9  sender:%C3%A9\n");
}
END_TEST

static const struct {
	const char *text, *utf8;
} wild[] = {
	{ "\033[2J", "\\x1b[2J" },
	{ "two\nlines", "two\\x0alines" },
	/* right to left: libsmartcols alone would let it pass */
	{ "\xe2\x80\xaegnp", "\\xe2\\x80\\xaegnp" },
	{ "\xff\xc0", "\\xff\\xc0" },
	{ "\\x41", "\\x41" },
};

START_TEST(test_a_cell_cannot_paint)
{
	static const char *const locales[] = { "C", "C.UTF-8" };
	char wanted[200];

	snprintf(wanted, sizeof(wanted), "A%*s  B\n%s  1\n",
		 (int)strlen(wild[_i].utf8) - 1, "", wild[_i].utf8);
	for (int i = 0; i < COUNT_OF(locales); i++) {
		setlocale(LC_ALL, locales[i]);
		begin(false, NULL);
		output_row(output);
		output_text(output, NULL, "A", wild[_i].text);
		output_number(output, NULL, "B", 1);
		assert_printed(80, wanted);
	}
}
END_TEST

START_TEST(test_rows_are_counted_and_none_is_nothing)
{
	begin(false, NULL);
	ck_assert_uint_eq(output_rows(output), 0);
	assert_printed(80, "");
	for (int i = 0; i < 1000; i++)
		add("x", "x");
	ck_assert_uint_eq(output_rows(output), 1000);
	begin(true, NULL);
	ck_assert_uint_eq(output_rows(output), 0);
	add("x", "x");
	ck_assert_uint_eq(output_rows(output), 1);
}
END_TEST

static void add_each(void)
{
	output_row(output);
	output_subject(output, "subject", "SUBJECT", "sender:a\003@x");
	output_text(output, "limit", "LIMIT", NULL);
	output_number(output, "per_ms", NULL, 3600000);
	output_amount(output, "used", "USED", LIMIT_BYTES, 1572864);
	output_moment(output, "since", NULL, 0);
	output_moment(output, "last", NULL, 1777622399123);
	output_value(output, "percent", json_integer(81), "%",
		     OUTPUT_RIGHT | TERMINAL_WARN, "%d%%", 81);
	output_json(output, "buckets", json_pack("[i, i]", 1, 2));
	output_cell(output, "WINDOW", 0, ".#");
}

#define EACH_AS_JSON                                                     \
	"[{\"subject\":\"sender:a\\u0003@x\",\"limit\":null,\"per_ms\":" \
	"3600000,\"used\":1572864,\"since\":null,\"last\":"              \
	"\"2026-05-01T07:59:59.123Z\",\"percent\":81,\"buckets\":[1,2]}]"

START_TEST(test_one_row_as_a_table_and_as_json)
{
	json_t *array;
	char *text;

	begin(false, NULL);
	add_each();
	assert_printed(80, "SUBJECT        LIMIT    USED    %  WINDOW\n"
			   "sender:a%03@x  -      1.5 MB  81%  .#\n");
	begin(true, NULL);
	add_each();
	array = output_take(&output);
	ck_assert_ptr_null(output);
	text = json_dumps(array, JSON_COMPACT);
	ck_assert_str_eq(text, EACH_AS_JSON);
	free(text);
	json_decref(array);
}
END_TEST

START_TEST(test_json_without_rows_is_an_array)
{
	FILE *file = open_memory();

	begin(true, NULL);
	output_print(output, file);
	fclose(file);
	ck_assert_str_eq(written, "[]\n");
}
END_TEST

START_TEST(test_colours_only_on_a_terminal)
{
	struct winsize size = { .ws_row = 24, .ws_col = 40 };
	char seen[500] = "";
	size_t length = 0;
	int keyboard, terminal;
	FILE *file;

	begin(false, NULL);
	add("jake", "bulk");
	assert_printed(40, "SUBJECT     N  REASON\njake     1234  bulk\n");
	ck_assert_int_eq(openpty(&keyboard, &terminal, NULL, NULL, &size), 0);
	file = fdopen(terminal, "w");
	if (_i == 1)
		setenv("NO_COLOR", "1", 1);
	output_print(output, file);
	fputc('$', file);
	fflush(file);
	while (strchr(seen, '$') == NULL) {
		ssize_t got = read(keyboard, seen + length,
				   sizeof(seen) - 1 - length);

		ck_assert_int_gt(got, 0);
		length += (size_t)got;
	}
	ck_assert_int_eq(strstr(seen, "\033[31m") != NULL, _i == 0);
	ck_assert_int_eq(strstr(seen, "\033[1m") != NULL, _i == 0);
	ck_assert_int_eq(strchr(seen, '\033') != NULL, _i == 0);
	fclose(file);
	close(keyboard);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("output");
	TCase *cases = tcase_create("rows");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_a_table_that_fits_is_as_wide_as_its_words);
	tcase_add_test(cases, test_a_title_can_be_the_widest);
	tcase_add_test(cases, test_a_long_cell_is_there_in_full);
	tcase_add_test(cases, test_a_long_first_cell_has_a_line_of_its_own);
	tcase_add_test(cases, test_spare_columns_are_left_out_in_their_order);
	tcase_add_test(cases, test_two_never_look_the_same);
	tcase_add_test(cases, test_letters_of_two_bytes_and_more);
	tcase_add_loop_test(cases, test_a_cell_cannot_paint, 0, COUNT_OF(wild));
	tcase_add_test(cases, test_rows_are_counted_and_none_is_nothing);
	tcase_add_test(cases, test_one_row_as_a_table_and_as_json);
	tcase_add_test(cases, test_json_without_rows_is_an_array);
	tcase_add_loop_test(cases, test_colours_only_on_a_terminal, 0, 2);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
