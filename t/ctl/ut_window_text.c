/* SPDX-License-Identifier: ISC */
/* What a window holds, for people: amounts, waits, percents and charts. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "milter/ctl/window_chart.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define KB UINT64_C(1024)
#define MB (1024 * KB)
#define GB (1024 * MB)
#define TB (1024 * GB)

static const struct {
	enum limit_unit unit;
	uint64_t amount;
	const char *text;
} amounts[] = {
	{ LIMIT_MESSAGES, 0, "0" },
	{ LIMIT_MESSAGES, 812, "812" },
	{ LIMIT_RECIPIENTS, 1048576, "1048576" },
	{ LIMIT_MESSAGES, WINDOW_COUNT_MAX, "9007199254740992" },
	{ LIMIT_BYTES, 0, "0 B" },
	{ LIMIT_BYTES, 1023, "1023 B" },
	{ LIMIT_BYTES, KB, "1.0 KB" },
	{ LIMIT_BYTES, 99 * KB + 900, "99.9 KB" },
	{ LIMIT_BYTES, 100 * KB - 1, "100 KB" },
	{ LIMIT_BYTES, 100 * KB, "100 KB" },
	{ LIMIT_BYTES, 1023 * KB, "1023 KB" },
	{ LIMIT_BYTES, MB - 1, "1.0 MB" },
	{ LIMIT_BYTES, 12 * MB + 300 * KB, "12.3 MB" },
	{ LIMIT_BYTES, GB - 1, "1.0 GB" },
	{ LIMIT_BYTES, TB - 1, "1.0 TB" },
	{ LIMIT_BYTES, WINDOW_COUNT_MAX, "8192 TB" },
};

START_TEST(test_an_amount)
{
	char buffer[WINDOW_TEXT_SIZE];

	ck_assert_ptr_eq(window_text_amount(amounts[_i].unit,
					    amounts[_i].amount, buffer),
			 buffer);
	ck_assert_str_eq(buffer, amounts[_i].text);
}
END_TEST

static const struct {
	uint64_t wait_ms;
	const char *text;
} waits[] = {
	{ 0, "now" },
	{ 1, "in 1s" },
	{ 1000, "in 1s" },
	{ 1001, "in 2s" },
	{ 59001, "in 1m 00s" },
	{ 2 * 3600 * 1000, "in 2h 00m" },
	{ LIMIT_PER_MAX, "in 366d 00h" },
	{ WINDOW_NEVER, "never" },
};

START_TEST(test_a_wait_is_rounded_up)
{
	char buffer[WINDOW_TEXT_SIZE];

	ck_assert_ptr_eq(window_text_wait(waits[_i].wait_ms, buffer), buffer);
	ck_assert_str_eq(buffer, waits[_i].text);
}
END_TEST

static const struct {
	uint64_t used, max;
	unsigned int percent;
	enum terminal_colour colour;
} shares[] = {
	{ 0, 100, 0, TERMINAL_GOOD },
	{ 49, 100, 49, TERMINAL_GOOD },
	{ 50, 100, 50, TERMINAL_WARN },
	{ 29, 100, 29, TERMINAL_GOOD },
	{ 2, 5, 40, TERMINAL_GOOD },
	{ 3, 5, 60, TERMINAL_WARN },
	{ 999, 1000, 99, TERMINAL_WARN },
	{ 100, 100, 100, TERMINAL_BAD },
	{ 101, 100, 101, TERMINAL_BAD },
	{ 0, 1, 0, TERMINAL_GOOD },
	{ 1, 1, 100, TERMINAL_BAD },
	{ WINDOW_COUNT_MAX - 1, WINDOW_COUNT_MAX, 99, TERMINAL_WARN },
	{ WINDOW_COUNT_MAX, WINDOW_COUNT_MAX, 100, TERMINAL_BAD },
	{ WINDOW_COUNT_MAX, 1, 999999, TERMINAL_BAD },
	{ 10000, 1, 999999, TERMINAL_BAD },
	{ 9999, 1, 999900, TERMINAL_BAD },
	{ 0, 0, 0, TERMINAL_BAD },
};

START_TEST(test_a_share_of_max)
{
	ck_assert_uint_eq(window_text_percent(shares[_i].used, shares[_i].max),
			  shares[_i].percent);
	ck_assert_int_eq(window_chart_colour(shares[_i].used, shares[_i].max),
			 shares[_i].colour);
}
END_TEST

START_TEST(test_a_percent_is_never_rounded_up)
{
	uint64_t random = 88172645463325252u;

	for (int i = 0; i < 100000; i++) {
		uint64_t max, used;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		max = 1 + random % WINDOW_COUNT_MAX;
		used = (max * (uint64_t)(i % 128)) / 128;
		for (uint64_t of = used; of <= used + 1 && of <= max; of++)
			ck_assert_uint_eq(window_text_percent(of, max),
					  of * 100 / max);
		ck_assert_uint_eq(window_text_percent(max - 1, max),
				  (max - 1) * 100 / max);
	}
}
END_TEST

/* charts */

static struct window window;
static struct window_shape shape;

static void charge_all(uint64_t per_ms, const uint64_t *costs, size_t count)
{
	shape = window_shape_of(per_ms);
	window_init(&window, &shape, 1000000);
	for (size_t i = 0; i < count; i++) {
		window_move(&window, &shape, 1000000 + i * shape.width_ms);
		window_add(&window, &shape, costs[i]);
	}
}

static void assert_chart(unsigned int width, const char *wanted)
{
	char *chart = window_chart(&window, &shape, width);

	ck_assert_str_eq(chart, wanted);
	free(chart);
}

START_TEST(test_a_chart_has_the_newest_at_its_end)
{
	charge_all(60000, (uint64_t[]){ 1, 2, 8 }, 3);
	assert_chart(61, "                                               "
			 "           .:#");
	assert_chart(1000, "                                             "
			   "             .:#");
}
END_TEST

START_TEST(test_a_narrow_chart_adds_neighbours_up)
{
	charge_all(60000, (uint64_t[]){ 1, 2, 8 }, 3);
	assert_chart(12, "          #");
	assert_chart(1, "#");
	charge_all(60000, (uint64_t[]){ 4, 0, 0, 0, 0, 0, 2, 2, 2, 2, 0, 0 },
		   12);
	assert_chart(12, "         =#");
}
END_TEST

START_TEST(test_a_chart_is_never_wider_than_asked)
{
	charge_all(60000, (uint64_t[]){ 1, 2, 8 }, 3);
	for (unsigned int width = 1; width <= 100; width++) {
		char *chart = window_chart(&window, &shape, width);

		ck_assert_uint_le(strlen(chart), width);
		ck_assert_int_eq(chart[strlen(chart) - 1], '#');
		free(chart);
	}
}
END_TEST

START_TEST(test_the_shortest_window_has_a_chart)
{
	charge_all(1, (uint64_t[]){ 3 }, 1);
	assert_chart(12, " #");
}
END_TEST

static void setup(void)
{
	setlocale(LC_ALL, "C");
}

int main(void)
{
	Suite *suite = suite_create("window_text");
	TCase *cases = tcase_create("window_text");

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_loop_test(cases, test_an_amount, 0, COUNT_OF(amounts));
	tcase_add_loop_test(cases, test_a_wait_is_rounded_up, 0,
			    COUNT_OF(waits));
	tcase_add_loop_test(cases, test_a_share_of_max, 0, COUNT_OF(shares));
	tcase_add_test(cases, test_a_percent_is_never_rounded_up);
	tcase_add_test(cases, test_a_chart_has_the_newest_at_its_end);
	tcase_add_test(cases, test_a_narrow_chart_adds_neighbours_up);
	tcase_add_test(cases, test_a_chart_is_never_wider_than_asked);
	tcase_add_test(cases, test_the_shortest_window_has_a_chart);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
