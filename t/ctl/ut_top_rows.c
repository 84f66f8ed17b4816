/* SPDX-License-Identifier: ISC */
/* Who is shown, who comes first, and as which words. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "milter/ctl/top_rows.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define MOST	       8
#define NOW_MS	       UINT64_C(1700000000000)

static struct top top;
static struct top_row rows[MOST];

static void setup(void)
{
	setlocale(LC_ALL, "C");
	memset(&top, 0, sizeof(top));
	memset(rows, 0, sizeof(rows));
	top.rows = rows;
	top.now_ms = NOW_MS;
}

static struct top_row *put(const char *subject, const char *limit,
			   uint64_t used, uint64_t max)
{
	struct top_row *row = &rows[top.count++];

	row->subject = (char *)(uintptr_t)subject;
	row->limit = (char *)(uintptr_t)limit;
	row->per_ms = 60000;
	row->max = max;
	row->since_ms = NOW_MS - 5000;
	row->shape = window_shape_of(row->per_ms);
	window_init(&row->window, &row->shape, NOW_MS);
	window_add(&row->window, &row->shape, used);
	return row;
}

static struct limit limits[] = {
	{ .name = (char[]){ "minute" },
	  .per_ms = 60000,
	  .unit = LIMIT_MESSAGES },
	{ .name = (char[]){ "size" }, .per_ms = 60000, .unit = LIMIT_BYTES },
};

static void put_all(void)
{
	put("sender:a", "minute", 50, 100);
	put("sender:b", "minute", 99, 100)->refused = 1;
	put("client:c", "hour", 900, 1000)->since_ms = NOW_MS - 9000;
	put("sender:a", "hour", 49, 100); /* calm by now */
	put("sender+recipient:d+e", "pair", 6, 5)->refused = 70;
}

/* The rows as "abc..", the last letters of their subjects, by place. */
static void assert_shown(const struct top_wish *wish, const char *wanted)
{
	char shown[MOST + 1] = "", all[MOST + 1] = "", *end;
	size_t count = top_choose(&top, wish);

	ck_assert_uint_le(count, top.count);
	for (size_t i = 0; i < top.count; i++) {
		char letter = rows[i].subject[strlen(rows[i].subject) - 1];

		if (i < count)
			shown[i] = letter;
		end = strchr(all, '\0');
		*end = letter;
	}
	ck_assert_str_eq(shown, wanted);
	/* nobody is lost behind those */
	ck_assert_uint_eq(strspn("abcae", all), 5);
	ck_assert_uint_eq(strlen(all), 5);
}

static const struct {
	struct top_wish wish;
	const char *shown;
} wishes[] = {
	{ { .order = TOP_BY_PERCENT }, "ebca" },
	{ { .order = TOP_BY_PERCENT, .wants_all = true }, "ebcaa" },
	{ { .order = TOP_BY_USED }, "cbae" },
	{ { .order = TOP_BY_REFUSED }, "ebca" },
	{ { .order = TOP_BY_SINCE }, "ceab" },
	{ { .order = TOP_BY_SUBJECT }, "ceab" },
	{ { .key = "sender" }, "ba" },
	{ { .key = "sender+recipient" }, "e" },
	{ { .key = "send" }, "" },
	{ { .key = "" }, "" },
	{ { .limit = "hour" }, "c" },
	{ { .limit = "hour", .wants_all = true }, "ca" },
	{ { .limit = "hour", .key = "sender" }, "" },
	{ { .limit = "none" }, "" },
};

START_TEST(test_who_is_shown_and_in_which_order)
{
	put_all();
	assert_shown(&wishes[_i].wish, wishes[_i].shown);
	/* and again, when they stand otherwise */
	assert_shown(&wishes[_i].wish, wishes[_i].shown);
}
END_TEST

/* Of two thousand full windows the one that refuses most comes first, even if
 * a smaller message would still fit. */
START_TEST(test_what_refuses_comes_first)
{
	put("sender:a", "minute", 4, 4)->refused = 1;
	put("sender:b", "minute", 4, 4)->refused = 2;
	put("sender:c", "minute", 3, 4)->refused = 29;
	put("sender:a", "minute", 4, 4);
	put("sender:e", "minute", 5, 4);
	assert_shown(&(struct top_wish){ .order = TOP_BY_PERCENT }, "ecbaa");
}
END_TEST

/* A limit that was renamed, removed or given another length. */
START_TEST(test_limits_that_the_settings_do_not_have)
{
	struct settings settings = { .limits = limits, .limit_count = 2 };
	struct settings none = { .limit_count = 0 };
	struct top_wish wish = { .order = TOP_BY_SUBJECT,
				 .settings = &settings };

	put("sender:a", "minute", 100, 100);
	put("sender:b", "minutes", 100, 100);
	put("sender:c", "minute", 100, 100)->per_ms = 600000;
	put("sender:a", "gone", 10, 100); /* nor would it be shown */
	put("sender:e", "size", 100, 100);
	assert_shown(&wish, "ae");
	ck_assert_uint_eq(top_choose_foreign(&top, &wish), 2);
	wish.wants_all = true;
	assert_shown(&wish, "aabce");
	ck_assert_uint_eq(top_choose_foreign(&top, &wish), 0);
	wish.wants_all = false;
	wish.settings = &none;
	assert_shown(&wish, "abce");
	ck_assert_uint_eq(top_choose_foreign(&top, &wish), 0);
	wish.settings = NULL;
	assert_shown(&wish, "abce");
}
END_TEST

START_TEST(test_an_empty_top)
{
	top.rows = NULL;
	ck_assert_uint_eq(top_choose(&top, &(struct top_wish){ 0 }), 0);
}
END_TEST

/* Each order is one, whatever the rows: also a max of 0, and great numbers. */
START_TEST(test_the_order_does_not_hang_on_where_they_stood)
{
	static const uint64_t numbers[] = { 0, 1, 2, 3, 10, WINDOW_COUNT_MAX };
	static const char *const subjects[] = { "a", "b", "c", "d",
						"e", "f", "g", "h" };
	const struct top_wish wish = { .order = (enum top_order)_i,
				       .wants_all = true };
	uint64_t random = 88172645463325252u;

	for (int round = 0; round < 5000; round++) {
		char first[MOST + 1] = "", second[MOST + 1] = "";

		top.count = 0;
		for (int i = 0; i < MOST; i++) {
			struct top_row *row;

			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			row = put(subjects[i], "x", numbers[random % 6],
				  numbers[random / 6 % 6]);
			row->refused = numbers[random / 36 % 3];
			row->since_ms = random / 108 % 3;
		}
		ck_assert_uint_eq(top_choose(&top, &wish), MOST);
		for (int i = 0; i < MOST; i++)
			first[i] = rows[i].subject[0];
		for (int i = 0; i < MOST / 2; i++) {
			struct top_row row = rows[i];

			rows[i] = rows[MOST - 1 - i];
			rows[MOST - 1 - i] = row;
		}
		top_choose(&top, &wish);
		for (int i = 0; i < MOST; i++)
			second[i] = rows[i].subject[0];
		ck_assert_str_eq(first, second);
	}
}
END_TEST

/* words */

static void assert_table(size_t count, const char *wanted)
{
	struct settings settings = { .limits = limits, .limit_count = 2 };
	struct context context = { .settings = &settings };
	struct output *output = top_rows_output(&context, false, &top, count);
	char *written;
	size_t length;
	FILE *file = open_memstream(&written, &length);

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(output_rows(output), count);
	output_print_wide(output, file, 120);
	fclose(file);
	ck_assert_str_eq(written, wanted);
	free(written);
	output_free(&output);
}

START_TEST(test_rows_in_words)
{
	put("sender:jake@example.com", "minute", 812, 1000)->refused = 3;
	put("client:10.20.0.7", "size", 12900000, 10485760)->since_ms =
		NOW_MS + 1000; /* by a clock that runs ahead */
	put("sender:old", "gone", 5, 0);
	assert_table(0, "");
	assert_table(2, "SUBJECT                  LIMIT      USED      MAX     "
			"%  FOR  REFUSED  WINDOW\n"
			"sender:jake@example.com  minute      812     1000   "
			"81%   5s        3            #\n"
			"client:10.20.0.7         size    12.3 MB  10.0 MB  "
			"123%   0s        0            #\n");
	/* a limit that the settings do not have counts messages */
	assert_table(3, "SUBJECT                  LIMIT      USED      MAX     "
			"%  FOR  REFUSED  WINDOW\n"
			"sender:jake@example.com  minute      812     1000   "
			"81%   5s        3            #\n"
			"client:10.20.0.7         size    12.3 MB  10.0 MB  "
			"123%   0s        0            #\n"
			"sender:old               gone          5        0    "
			"0%   5s        0            #\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("top_rows");
	TCase *cases = tcase_create("rows");

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_loop_test(cases, test_who_is_shown_and_in_which_order, 0,
			    COUNT_OF(wishes));
	tcase_add_test(cases, test_an_empty_top);
	tcase_add_test(cases, test_what_refuses_comes_first);
	tcase_add_test(cases, test_limits_that_the_settings_do_not_have);
	tcase_add_loop_test(cases,
			    test_the_order_does_not_hang_on_where_they_stood, 0,
			    TOP_ORDERS);
	tcase_add_test(cases, test_rows_in_words);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
