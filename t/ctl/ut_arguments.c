/* SPDX-License-Identifier: ISC */

/* Options of every kind, and the very text of each complaint. */
#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "milter/ctl/arguments.h"
#include "lib/base/clock.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define WORDS_MAX      16
#define HOUR_MS	       UINT64_C(3600000)

/* what the options of the test set */

static bool flag;
static const char *text;
static struct argument_texts texts;
static uint64_t number, any_number, many, size, any_size, span, some_span,
	any_span, moment;
static int choice;

static const char *const actions[] = { "quarantine", "tempfail", "reject",
				       NULL };

static const struct argument arguments[] = {
	{ .name = "flag", .kind = ARGUMENT_FLAG, .target = &flag },
	{ .name = "text", .kind = ARGUMENT_TEXT, .target = &text },
	{ .name = "texts", .kind = ARGUMENT_TEXTS, .target = &texts },
	{ .name = "number",
	  .kind = ARGUMENT_NUMBER,
	  .target = &number,
	  .min = 5,
	  .max = 10 },
	{ .name = "any-number",
	  .kind = ARGUMENT_NUMBER,
	  .target = &any_number },
	{ .name = "many",
	  .kind = ARGUMENT_NUMBER,
	  .target = &many,
	  .min = 100 },
	{ .name = "size",
	  .kind = ARGUMENT_SIZE,
	  .target = &size,
	  .min = 1024,
	  .max = UINT64_C(50) * 1024 * 1024 },
	{ .name = "any-size", .kind = ARGUMENT_SIZE, .target = &any_size },
	{ .name = "span",
	  .kind = ARGUMENT_SPAN,
	  .target = &span,
	  .min = 1000,
	  .max = HOUR_MS },
	{ .name = "some-span",
	  .kind = ARGUMENT_SPAN,
	  .target = &some_span,
	  .min = 60000 },
	{ .name = "any-span", .kind = ARGUMENT_SPAN, .target = &any_span },
	{ .name = "moment", .kind = ARGUMENT_MOMENT, .target = &moment },
	{ .name = "action",
	  .kind = ARGUMENT_CHOICE,
	  .target = &choice,
	  .choices = actions },
};

/* what was said on standard error */

static char said[4000];
static int kept, ends[2];

static void hear(void)
{
	fflush(stderr);
	kept = dup(STDERR_FILENO);
	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
}

static void stop_hearing(void)
{
	ssize_t length;

	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(ends[1]);
	length = read(ends[0], said, sizeof(said) - 1);
	ck_assert_int_ge(length, 0);
	said[length] = '\0';
	close(ends[0]);
}

/* a command line, split at spaces */

static char line[1000];
static char *words[WORDS_MAX + 1];
static int word_count;

static void split(const char *typed)
{
	ck_assert_uint_lt(strlen(typed), sizeof(line));
	strcpy(line, typed);
	word_count = 0;
	for (char *word = strtok(line, " "); word != NULL;
	     word = strtok(NULL, " "))
		words[word_count++] = word;
	ck_assert_int_le(word_count, WORDS_MAX);
	words[word_count] = NULL;
}

static int read_words(int least, int most)
{
	int result;

	hear();
	result = arguments_read(word_count, words, arguments,
				ARGUMENT_COUNT(arguments), least, most);
	stop_hearing();
	return result;
}

static void accept_words(const char *typed, int least, int most)
{
	split(typed);
	ck_assert_int_eq(read_words(least, most), 1 + least);
	ck_assert_str_eq(said, "");
}

static void setup(void)
{
	setlocale(LC_ALL, "C");
	setenv("TZ", "UTC", 1);
	flag = false;
	text = "before";
	number = any_number = many = size = any_size = span = any_span = 77;
	some_span = moment = 77;
	choice = 77;
}

static void teardown(void)
{
	free(texts.texts);
	memset(&texts, 0, sizeof(texts));
}

/* what is right */

START_TEST(test_what_is_not_given_keeps_its_value)
{
	accept_words("test", 0, 0);
	ck_assert(!flag);
	ck_assert_str_eq(text, "before");
	ck_assert_uint_eq(texts.count, 0);
	ck_assert_uint_eq(number + any_number + many + size + any_size + span +
				  some_span + any_span + moment,
			  9 * 77);
	ck_assert_int_eq(choice, 77);
}
END_TEST

static const char *const same[] = {
	"test --flag --text x --texts a --texts b --number 7 --any-number 0 "
	"--size 50MB",
	"test --flag --text=x --texts=a --texts=b --number=7 --any-number=0 "
	"--size=50MB",
	"test --texts a --size 50MB --number 7 --texts b --any-number 0 "
	"--text x --flag",
};

START_TEST(test_an_option_and_its_value)
{
	accept_words(same[_i], 0, 0);
	ck_assert(flag);
	ck_assert_str_eq(text, "x");
	ck_assert_uint_eq(texts.count, 2);
	ck_assert_str_eq(texts.texts[0], "a");
	ck_assert_str_eq(texts.texts[1], "b");
	ck_assert_uint_eq(number, 7);
	ck_assert_uint_eq(any_number, 0);
	ck_assert_uint_eq(size, UINT64_C(50) * 1024 * 1024);
}
END_TEST

START_TEST(test_spans_moments_and_choices)
{
	accept_words("test --span 1h --some-span 366d --any-span=0s "
		     "--moment 2026-05-01T16:00:00Z --action reject",
		     0, 0);
	ck_assert_uint_eq(span, HOUR_MS);
	ck_assert_uint_eq(some_span, 366 * 24 * HOUR_MS);
	ck_assert_uint_eq(any_span, 0);
	ck_assert_uint_eq(moment, UINT64_C(1777651200000));
	ck_assert_int_eq(choice, 2);
}
END_TEST

START_TEST(test_a_time_of_day_is_the_next_one)
{
	uint64_t before_ms = clock_wall_ms();

	accept_words("test --moment 18:00", 0, 0);
	ck_assert_uint_gt(moment, before_ms);
	ck_assert_uint_le(moment, clock_wall_ms() + 24 * HOUR_MS);
	ck_assert_uint_eq(moment % (24 * HOUR_MS), 18 * HOUR_MS);
}
END_TEST

START_TEST(test_a_value_may_look_like_an_option)
{
	accept_words("test --text --flag --texts=--text=y --texts --", 0, 0);
	ck_assert(!flag);
	ck_assert_str_eq(text, "--flag");
	ck_assert_str_eq(texts.texts[0], "--text=y");
	ck_assert_str_eq(texts.texts[1], "--");
}
END_TEST

START_TEST(test_the_first_equals_sign_ends_the_name)
{
	accept_words("test --text=a=b=c", 0, 0);
	ck_assert_str_eq(text, "a=b=c");
}
END_TEST

static const struct {
	const char *typed;
	const char *left[4];
} mixed[] = {
	{ "test one two", { "one", "two" } },
	{ "test --flag one --number 7 two", { "one", "two" } },
	{ "test one --text=x --flag two", { "one", "two" } },
	{ "test --flag -- --text --number", { "--text", "--number" } },
	{ "test -- -x --", { "-x", "--" } },
	{ "test one -- --flag", { "one", "--flag" } },
	{ "test - one", { "-", "one" } },
};

START_TEST(test_the_other_words_stay_in_their_order)
{
	accept_words(mixed[_i].typed, 2, 2);
	ck_assert_str_eq(words[0], "test");
	ck_assert_str_eq(words[1], mixed[_i].left[0]);
	ck_assert_str_eq(words[2], mixed[_i].left[1]);
}
END_TEST

/* what is wrong */

#define NO_SPAN "\", allowed is a time span, such as \"90s\", \"2h\" or \"1d\""
#define NO_MOMENT                                             \
	"\", allowed is a point in time, such as \"18:00\", " \
	"\"2026-05-01 18:00\" or \"2026-05-01T16:00:00Z\"\n"

static const struct {
	const char *typed, *said; /* behind "weirctl test: " */
} faults[] = {
	{ "test --unknown", "unknown option \"--unknown\"; see --help\n" },
	{ "test --fla", "unknown option \"--fla\"; see --help\n" },
	{ "test --flags", "unknown option \"--flags\"; see --help\n" },
	{ "test --x=y", "unknown option \"--x=y\"; see --help\n" },
	{ "test --=y", "unknown option \"--=y\"; see --help\n" },
	{ "test -f", "unknown option \"-f\"; see --help\n" },
	{ "test -flag", "unknown option \"-flag\"; see --help\n" },
	{ "test ---flag", "unknown option \"---flag\"; see --help\n" },
	{ "test --\033[31m", "unknown option \"--\\x1b[31m\"; see --help\n" },
	{ "test --flag=yes", "--flag takes no value\n" },
	{ "test --flag=", "--flag takes no value\n" },
	{ "test --flag --flag", "--flag may be given only once\n" },
	{ "test --text a --text b", "--text may be given only once\n" },
	{ "test --number=7 --number=7", "--number may be given only once\n" },
	{ "test --text", "--text needs a value\n" },
	{ "test --flag --number", "--number needs a value\n" },
	{ "test --text=", "--text: found \"\", allowed is a text\n" },
	{ "test --texts=", "--texts: found \"\", allowed is a text\n" },
	{ "test --number=4",
	  "--number: found \"4\", allowed is a whole number from 5 to 10\n" },
	{ "test --number 11",
	  "--number: found \"11\", allowed is a whole number from 5 to 10\n" },
	{ "test --number -7",
	  "--number: found \"-7\", allowed is a whole number from 5 to 10\n" },
	{ "test --number +7",
	  "--number: found \"+7\", allowed is a whole number from 5 to 10\n" },
	{ "test --number 7x",
	  "--number: found \"7x\", allowed is a whole number from 5 to 10\n" },
	{ "test --number=",
	  "--number: found \"\", allowed is a whole number from 5 to 10\n" },
	{ "test --any-number 0x10",
	  "--any-number: found \"0x10\", allowed is a whole number\n" },
	{ "test --any-number 18446744073709551623",
	  "--any-number: found \"18446744073709551623\", allowed is a whole "
	  "number\n" },
	{ "test --many 99",
	  "--many: found \"99\", allowed is a whole number, at least 100\n" },
	{ "test --size huge",
	  "--size: found \"huge\", allowed is a size, such as \"50 MB\", from "
	  "1 KB to 50 MB\n" },
	{ "test --size 1023",
	  "--size: found \"1023\", allowed is a size, such as \"50 MB\", from "
	  "1 KB to 50 MB\n" },
	{ "test --size=51MB",
	  "--size: found \"51MB\", allowed is a size, such as \"50 MB\", from "
	  "1 KB to 50 MB\n" },
	{ "test --any-size -1",
	  "--any-size: found \"-1\", allowed is a size, such as \"50 MB\"\n" },
	{ "test --span 1", "--span: found \"1" NO_SPAN ", from 1s to 1h\n" },
	{ "test --span 999ms",
	  "--span: found \"999ms" NO_SPAN ", from 1s to 1h\n" },
	{ "test --span 61m",
	  "--span: found \"61m" NO_SPAN ", from 1s to 1h\n" },
	{ "test --some-span 59s",
	  "--some-span: found \"59s" NO_SPAN ", at least 1m\n" },
	{ "test --any-span -1s", "--any-span: found \"-1s" NO_SPAN "\n" },
	{ "test --moment soon", "--moment: found \"soon" NO_MOMENT },
	{ "test --moment 2026-02-30",
	  "--moment: found \"2026-02-30" NO_MOMENT },
	{ "test --action drop",
	  "--action: found \"drop\", allowed is quarantine, tempfail, "
	  "reject\n" },
	{ "test --action rejec",
	  "--action: found \"rejec\", allowed is quarantine, tempfail, "
	  "reject\n" },
	{ "test --flag one", "unexpected argument \"one\"; see --help\n" },
	{ "test one two", "unexpected argument \"one\"; see --help\n" },
	{ "test -- --flag", "unexpected argument \"--flag\"; see --help\n" },
};

START_TEST(test_what_is_wrong_is_told)
{
	char wanted[1000];

	split(faults[_i].typed);
	ck_assert_int_eq(read_words(0, 0), 0);
	snprintf(wanted, sizeof(wanted), "weirctl test: %s", faults[_i].said);
	ck_assert_str_eq(said, wanted);
}
END_TEST

START_TEST(test_words_that_are_missing)
{
	split("test --flag one");
	ck_assert_int_eq(read_words(2, 3), 0);
	ck_assert_str_eq(said,
			 "weirctl test: an argument is missing; see --help\n");
	split("test a b c d");
	ck_assert_int_eq(read_words(2, 3), 0);
	ck_assert_str_eq(
		said, "weirctl test: unexpected argument \"d\"; see --help\n");
}
END_TEST

START_TEST(test_an_option_that_is_required)
{
	const char *who = NULL;
	const struct argument needed[] = { { .name = "sender",
					     .kind = ARGUMENT_TEXT,
					     .target = &who,
					     .is_required = true } };

	split("test");
	hear();
	ck_assert_int_eq(arguments_read(word_count, words, needed, 1, 0, 0), 0);
	stop_hearing();
	ck_assert_str_eq(said, "weirctl test: --sender is missing; see "
			       "--help\n");
	split("test --sender jake");
	ck_assert_int_eq(arguments_read(word_count, words, needed, 1, 0, 0), 1);
	ck_assert_str_eq(who, "jake");
}
END_TEST

/* options that every command has */

static bool wants_json, wants_help;
static const char *path;

static const struct argument every[] = {
	{ .name = "json", .kind = ARGUMENT_FLAG, .target = &wants_json },
	{ .name = "help",
	  .letter = 'h',
	  .kind = ARGUMENT_FLAG,
	  .target = &wants_help,
	  .is_last = true },
	{ .name = "", .letter = 'c', .kind = ARGUMENT_TEXT, .target = &path },
};

static const struct {
	const char *typed;
	int kept;
	const char *text, *path; /* NULL: not given */
	bool wants_json, wants_help;
} shares[] = {
	{ "test --json", 1, NULL, NULL, true, false },
	{ "test --json --json", 1, NULL, NULL, true, false },
	{ "test -c a", 1, NULL, "a", false, false },
	{ "test -c -h -c b", 1, NULL, "b", false, false },
	{ "test -h", 0, NULL, NULL, false, true },
	{ "test --help", 0, NULL, NULL, false, true },
	{ "test one two three -h --bad", 0, NULL, NULL, false, true },
	{ "test --text -h", 1, "-h", NULL, false, false },
	{ "test --text --help", 1, "--help", NULL, false, false },
	{ "test --text --json", 1, "--json", NULL, false, false },
	{ "test --text -c", 1, "-c", NULL, false, false },
	{ "test --text --", 1, "--", NULL, false, false },
	{ "test --text --flag", 1, "--flag", NULL, false, false },
	{ "test --text=-h --json", 1, "-h", NULL, true, false },
	{ "test --text --text --json", 1, "--text", NULL, true, false },
	/* mistakes */
	{ "test -c", 0, NULL, NULL, false, false },
	{ "test --span --help", 0, NULL, NULL, false, false },
	{ "test --span -1", 0, NULL, NULL, false, false },
	{ "test --json=1", 0, NULL, NULL, false, false },
	{ "test -hh", 0, NULL, NULL, false, false },
	{ "test -- -h", 0, NULL, NULL, false, false },
};

START_TEST(test_a_value_is_a_value)
{
	text = path = NULL;
	wants_json = wants_help = false;
	arguments_share(every, ARGUMENT_COUNT(every));
	split(shares[_i].typed);
	ck_assert_int_eq(read_words(0, 0), shares[_i].kept);
	arguments_share(NULL, 0);
	ck_assert_pstr_eq(text, shares[_i].text);
	ck_assert_pstr_eq(path, shares[_i].path);
	ck_assert_int_eq(wants_json, shares[_i].wants_json);
	ck_assert_int_eq(wants_help, shares[_i].wants_help);
	if (wants_help)
		ck_assert_str_eq(said, "");
}
END_TEST

/* long ones */

static char *make_long(const char *begin)
{
	size_t length = 65536;
	char *word = malloc(length + 1);

	ck_assert_ptr_nonnull(word);
	memset(word, '7', length);
	memcpy(word, begin, strlen(begin));
	word[length] = '\0';
	return word;
}

START_TEST(test_a_long_text_is_taken_whole)
{
	char *word = make_long("--text=");

	words[0] = strcpy(line, "test");
	words[1] = word;
	words[2] = NULL;
	word_count = 2;
	ck_assert_int_eq(read_words(0, 0), 1);
	ck_assert_uint_eq(strlen(text), 65536 - strlen("--text="));
	free(word);
}
END_TEST

static const char *const long_words[] = {
	"--number=", "--size=", "--span=", "--moment=",
	"--action=", "--none=", "-x",	   "word",
};

START_TEST(test_of_a_long_word_the_beginning_is_told)
{
	char *word = make_long(long_words[_i]);

	words[0] = strcpy(line, "test");
	words[1] = word;
	words[2] = NULL;
	word_count = 2;
	ck_assert_int_eq(read_words(0, 0), 0);
	ck_assert_uint_le(strlen(said), 450);
	ck_assert_ptr_nonnull(strstr(said, "7777..."));
	ck_assert_int_eq(said[strlen(said) - 1], '\n');
	free(word);
}
END_TEST

/* a value that came in another way */

START_TEST(test_a_single_value)
{
	hear();
	ck_assert(argument_read("test", &arguments[3], "6"));
	ck_assert(!argument_read("test", &arguments[3], "60"));
	stop_hearing();
	ck_assert_str_eq(said, "weirctl test: --number: found \"60\", allowed "
			       "is a whole number from 5 to 10\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arguments");
	TCase *cases = tcase_create("arguments");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_what_is_not_given_keeps_its_value);
	tcase_add_loop_test(cases, test_an_option_and_its_value, 0,
			    COUNT_OF(same));
	tcase_add_test(cases, test_spans_moments_and_choices);
	tcase_add_test(cases, test_a_time_of_day_is_the_next_one);
	tcase_add_test(cases, test_a_value_may_look_like_an_option);
	tcase_add_test(cases, test_the_first_equals_sign_ends_the_name);
	tcase_add_loop_test(cases, test_the_other_words_stay_in_their_order, 0,
			    COUNT_OF(mixed));
	tcase_add_loop_test(cases, test_what_is_wrong_is_told, 0,
			    COUNT_OF(faults));
	tcase_add_test(cases, test_words_that_are_missing);
	tcase_add_test(cases, test_an_option_that_is_required);
	tcase_add_loop_test(cases, test_a_value_is_a_value, 0,
			    COUNT_OF(shares));
	tcase_add_test(cases, test_a_long_text_is_taken_whole);
	tcase_add_loop_test(cases, test_of_a_long_word_the_beginning_is_told, 0,
			    COUNT_OF(long_words));
	tcase_add_test(cases, test_a_single_value);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
