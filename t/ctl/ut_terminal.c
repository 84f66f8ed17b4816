/* SPDX-License-Identifier: ISC */

/* What is written for people: into memory, where there is no terminal, and
 * into a terminal of the test's own. */
#include <check.h>
#include <limits.h>
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/ctl/terminal.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static char *written; /* by the last table or text */
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

/* text from strangers */

static const struct {
	const char *data;
	size_t length;
	const char *utf8, *ascii;
} texts[] = {
	{ "", 0, "", "" },
	{ "jake@example.com", 16, "jake@example.com", "jake@example.com" },
	{ "a b \"c\" \\d", 10, "a b \"c\" \\d", "a b \"c\" \\d" },
	{ "\033[31mred", 8, "\\x1b[31mred", "\\x1b[31mred" },
	{ "a\nb\r\tc\177", 7, "a\\x0ab\\x0d\\x09c\\x7f",
	  "a\\x0ab\\x0d\\x09c\\x7f" },
	{ "a\0b", 3, "a\\x00b", "a\\x00b" },
	/* CSI as one character of C1 */
	{ "\xc2\x9b"
	  "31m",
	  5, "\\xc2\\x9b31m", "\\xc2\\x9b31m" },
	{ "\x9b"
	  "31m",
	  4, "\\x9b31m", "\\x9b31m" },
	/* right to left override, isolate, and mark; line separator */
	{ "\xe2\x80\xae", 3, "\\xe2\\x80\\xae", "\\xe2\\x80\\xae" },
	{ "\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6" },
	{ "\xe2\x80\x8f", 3, "\\xe2\\x80\\x8f", "\\xe2\\x80\\x8f" },
	{ "\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8" },
	/* no UTF-8: alone, overlong, a surrogate, beyond the last, cut */
	{ "\xff", 1, "\\xff", "\\xff" },
	{ "\xc0\xaf", 2, "\\xc0\\xaf", "\\xc0\\xaf" },
	{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },
	{ "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80",
	  "\\xf4\\x90\\x80\\x80" },
	{ "\xe2\x82", 2, "\\xe2\\x82", "\\xe2\\x82" },
	/* letters */
	{ "m\xc3\xbcller", 7, "m\xc3\xbcller", "m\\xc3\\xbcller" },
	{ "\xf0\x9f\x93\xac", 4, "\xf0\x9f\x93\xac", "\\xf0\\x9f\\x93\\xac" },
};

static void assert_put(const char *data, size_t length, const char *wanted)
{
	FILE *file = open_memory();

	terminal_put(file, data, length);
	fclose(file);
	ck_assert_str_eq(written, wanted);
}

START_TEST(test_text_from_strangers)
{
	assert_put(texts[_i].data, texts[_i].length, texts[_i].utf8);
	setlocale(LC_ALL, "C");
	assert_put(texts[_i].data, texts[_i].length, texts[_i].ascii);
}
END_TEST

/* A subject can be copied from where its letters cannot be shown. */
START_TEST(test_subjects)
{
	FILE *file = open_memory();

	setlocale(LC_ALL, "C");
	terminal_put_subject(file, "auth:m\303\274ller%20\\\342\200\256");
	fclose(file);
	ck_assert_str_eq(written, "auth:m%C3%BCller%20\\%E2%80%AE");
}
END_TEST

/* Of whatever bytes, nothing comes out that moves or hides anything. */
START_TEST(test_no_byte_reaches_the_terminal_as_a_command)
{
	setlocale(LC_ALL, "C");
	for (int first = 0; first < 256; first++)
		for (int second = 0; second < 256; second++) {
			char data[] = { (char)first, (char)second };
			FILE *file = open_memory();

			terminal_put(file, data, 2);
			fclose(file);
			ck_assert_uint_ge(written_length, 2);
			for (size_t i = 0; i < written_length; i++)
				ck_assert(written[i] >= ' ' &&
					  written[i] <= '~');
		}
}
END_TEST

/* charts */

static const struct {
	uint64_t numbers[9], most;
	size_t count;
	const char *utf8, *ascii;
} charts[] = {
	{ { 0 }, 0, 0, "", "" },
	{ { 0, 0 }, 0, 2, "  ", "  " },
	{ { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 0, 9, " ▁▂▃▄▅▆▇█", " .:-=+*%#" },
	{ { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 16, 9, " ▁▁▁▂▂▃▃▄", " ...::--=" },
	/* what is there at all is seen, what is above the most is full */
	{ { 1, 999 }, 1000, 2, "▁▇", ".%" },
	{ { 1, 1000, 2000 }, 1000, 3, "▁██", ".##" },
	{ { UINT64_MAX, UINT64_MAX / 2, 1 }, 0, 3, "█▄▁", "#=." },
};

static void assert_chart(int row, const char *wanted)
{
	char *chart = terminal_chart(charts[row].numbers, charts[row].count,
				     charts[row].most);

	ck_assert_str_eq(chart, wanted);
	free(chart);
}

START_TEST(test_a_chart)
{
	ck_assert(terminal_has_blocks());
	assert_chart(_i, charts[_i].utf8);
	setlocale(LC_ALL, "C");
	ck_assert(!terminal_has_blocks());
	assert_chart(_i, charts[_i].ascii);
}
END_TEST

/* terminals */

static int keyboard; /* the other side of the terminal */

static FILE *open_terminal(unsigned short width)
{
	struct winsize size = { .ws_row = 24, .ws_col = width };
	FILE *file;
	int terminal;

	ck_assert_int_eq(openpty(&keyboard, &terminal, NULL, NULL, &size), 0);
	file = fdopen(terminal, "w");
	ck_assert_ptr_nonnull(file);
	return file;
}

static void assert_seen(FILE *terminal, const char *wanted)
{
	char seen[2000] = "";
	size_t length = 0;

	fputs("$", terminal); /* so that there is an end */
	fflush(terminal);
	while (length == 0 || seen[length - 1] != '$') {
		ssize_t got = read(keyboard, seen + length,
				   sizeof(seen) - 1 - length);

		ck_assert_int_gt(got, 0);
		length += (size_t)got;
	}
	seen[length - 1] = '\0';
	ck_assert_str_eq(seen, wanted);
}

static void write_colours(FILE *file)
{
	for (int colour = TERMINAL_PLAIN; colour <= TERMINAL_HEAD; colour++) {
		terminal_begin(file, (enum terminal_colour)colour);
		fprintf(file, "%d", colour);
		terminal_end(file, (enum terminal_colour)colour);
	}
}

#define IN_COLOURS                                                         \
	"0\033[32m1\033[0m\033[33m2\033[0m\033[31m3\033[0m\033[2m4\033[0m" \
	"\033[1m5\033[0m"

static const struct {
	const char *no_color, *term, *seen;
} terminals[] = {
	{ NULL, "xterm", IN_COLOURS }, { "", "xterm", IN_COLOURS },
	{ "1", "xterm", "012345" },    { "0", "xterm", "012345" },
	{ NULL, "dumb", "012345" },    { NULL, NULL, "012345" },
};

static void set_or_unset(const char *name, const char *value)
{
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, value, 1);
}

START_TEST(test_colours_of_a_terminal)
{
	FILE *file = open_terminal(80);

	set_or_unset("NO_COLOR", terminals[_i].no_color);
	set_or_unset("TERM", terminals[_i].term);
	write_colours(file);
	assert_seen(file, terminals[_i].seen);
	fclose(file);
	close(keyboard);
}
END_TEST

START_TEST(test_no_colours_but_on_a_terminal)
{
	FILE *file = open_memory();
	char seen[100] = "";
	int ends[2];

	write_colours(file);
	fclose(file);
	ck_assert_str_eq(written, "012345");
	ck_assert_int_eq(pipe(ends), 0);
	file = fdopen(ends[1], "w");
	write_colours(file);
	fclose(file);
	ck_assert_int_eq(read(ends[0], seen, sizeof(seen) - 1), 6);
	ck_assert_str_eq(seen, "012345");
	close(ends[0]);
}
END_TEST

static const struct {
	unsigned short terminal;
	const char *columns;
	unsigned int width;
} widths[] = {
	{ 120, NULL, 120 },
	{ 40, NULL, 40 },
	{ 20, NULL, 40 },
	{ 0, NULL, 80 },
	{ 1000, NULL, 1000 },
	{ 1001, NULL, 80 },
	{ 120, "60", 60 },
	{ 120, "10", 40 },
	{ 120, "0", 80 },
	{ 120, "", 80 },
	{ 120, "wide", 80 },
	{ 120, "-1", 80 },
	{ 120, "99999999999999999999", 80 },
};

START_TEST(test_the_width_of_a_terminal)
{
	FILE *file = open_terminal(widths[_i].terminal);

	set_or_unset("COLUMNS", widths[_i].columns);
	ck_assert_uint_eq(terminal_width(file), widths[_i].width);
	fclose(file);
	close(keyboard);
}
END_TEST

START_TEST(test_the_width_where_there_is_no_terminal)
{
	FILE *file = open_memory();

	ck_assert_uint_eq(terminal_width(file), UINT_MAX);
	setenv("COLUMNS", "80", 1);
	ck_assert_uint_eq(terminal_width(file), UINT_MAX);
	fclose(file);
}
END_TEST

/* progress */

static void work(uint64_t total)
{
	struct progress progress;

	progress_begin(&progress, "messages", total);
	progress_set(&progress, 25);
	progress_set(&progress, 26); /* too soon to be drawn */
	progress_end(&progress);
	progress_set(&progress, 27); /* no line any more */
}

static const struct {
	uint64_t total;
	const char *seen;
} progresses[] = {
	{ 100, "\r[#######                       ]  25%  25 of 100 messages "
	       "\r\033[K" },
	{ 0, "\r25 messages \r\033[K" },
	/* more than was said */
	{ 10, "\r[##############################] 100%  25 of 10 messages "
	      "\r\033[K" },
};

START_TEST(test_progress_on_a_terminal)
{
	FILE *file = open_terminal(80);
	int kept = dup(STDERR_FILENO);

	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	work(progresses[_i].total);
	dup2(kept, STDERR_FILENO);
	assert_seen(file, progresses[_i].seen);
	fclose(file);
	close(keyboard);
	close(kept);
}
END_TEST

START_TEST(test_no_progress_but_on_a_terminal)
{
	int ends[2], kept = dup(STDERR_FILENO);
	char seen;

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	work(100);
	dup2(kept, STDERR_FILENO);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &seen, 1), 0);
	close(ends[0]);
	close(kept);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("terminal");
	TCase *cases = tcase_create("screen");

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, test_text_from_strangers, 0,
			    COUNT_OF(texts));
	tcase_add_test(cases, test_subjects);
	tcase_add_test(cases, test_no_byte_reaches_the_terminal_as_a_command);
	tcase_add_loop_test(cases, test_a_chart, 0, COUNT_OF(charts));
	tcase_add_loop_test(cases, test_colours_of_a_terminal, 0,
			    COUNT_OF(terminals));
	tcase_add_test(cases, test_no_colours_but_on_a_terminal);
	tcase_add_loop_test(cases, test_the_width_of_a_terminal, 0,
			    COUNT_OF(widths));
	tcase_add_test(cases, test_the_width_where_there_is_no_terminal);
	tcase_add_loop_test(cases, test_progress_on_a_terminal, 0,
			    COUNT_OF(progresses));
	tcase_add_test(cases, test_no_progress_but_on_a_terminal);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
