/* SPDX-License-Identifier: ISC */

/* The lines a sink gets, and those on standard error. */
#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define LONGEST	    2000

struct seen {
	int lines;
	enum log_gravity gravity;
	char line[LONGEST + 100];
};

static void see(void *context, enum log_gravity gravity, const char *line)
{
	struct seen *seen = context;

	seen->lines++;
	seen->gravity = gravity;
	ck_assert_uint_lt(strlen(line), sizeof(seen->line));
	strcpy(seen->line, line);
}

static const struct {
	void (*log)(const char *format, ...)
		__attribute__((format(printf, 1, 2)));
	enum log_gravity gravity;
} functions[] = {
	{ log_error, LOG_GRAVITY_ERROR },
	{ log_warning, LOG_GRAVITY_WARNING },
	{ log_notice, LOG_GRAVITY_NOTICE },
	{ log_info, LOG_GRAVITY_INFO },
};

START_TEST(gravities)
{
	struct seen seen = { 0 };

	log_open_sink(see, &seen);
	log_set_threshold(LOG_GRAVITY_DEBUG);
	functions[_i].log("%s=%d", "used", 42);
	ck_assert_int_eq(seen.lines, 1);
	ck_assert_int_eq((int)seen.gravity, (int)functions[_i].gravity);
	ck_assert_str_eq(seen.line, "used=42");
}
END_TEST

START_TEST(of_any_gravity)
{
	struct seen seen = { 0 };

	log_open_sink(see, &seen);
	log_set_threshold(LOG_GRAVITY_CRITICAL);
	log_at(LOG_GRAVITY_CRITICAL, "%s=%d", "used", 42);
	ck_assert_int_eq((int)seen.gravity, LOG_GRAVITY_CRITICAL);
	ck_assert_str_eq(seen.line, "used=42");
	log_at(LOG_GRAVITY_ERROR, "less");
	ck_assert_int_eq(seen.lines, 1);
}
END_TEST

START_TEST(threshold)
{
	struct seen seen = { 0 };

	log_open_sink(see, &seen);
	log_set_threshold(functions[_i].gravity);
	for (int i = 0; i < COUNT(functions); i++) {
		ck_assert_int_eq(log_is_wanted(functions[i].gravity), i <= _i);
		functions[i].log("a line");
	}
	ck_assert_int_eq(seen.lines, _i + 1);
}
END_TEST

START_TEST(threshold_at_the_start)
{
	ck_assert(log_is_wanted(LOG_GRAVITY_INFO));
	ck_assert(!log_is_wanted(LOG_GRAVITY_DEBUG));
}
END_TEST

static const struct {
	const char *value;
	const char *wanted;
} values[] = {
	{ "", "" },
	{ "jake@example.com", "jake@example.com" },
	{ "a\nweir: forged\r", "a\\x0aweir: forged\\x0d" },
	{ "\x1b[2J\t\x7f", "\\x1b[2J\\x09\\x7f" },
	{ "J\xc3\xb6rg", "J\xc3\xb6rg" },
	{ "\xc2\x85\xc2\x9b", "\\xc2\\x85\\xc2\\x9b" },
	{ "\xc2", "\\xc2" },
	{ "a\x9b"
	  "b",
	  "a\\x9bb" },
	{ "\xe2\x80\xaegnp", "\\xe2\\x80\\xaegnp" },
	{ "\xe2\x80\x8b\xf0\x9f\x93\xac", "\\xe2\\x80\\x8b\xf0\x9f\x93\xac" },
	{ "%n%s\\x0a", "%n%s\\x0a" },
};

START_TEST(no_second_line)
{
	struct seen seen = { 0 };

	log_open_sink(see, &seen);
	log_info("%s", values[_i].value);
	ck_assert_int_eq(seen.lines, 1);
	ck_assert_str_eq(seen.line, values[_i].wanted);
}
END_TEST

/* A line of count bytes and then tail; what is seen ends in wanted. */
static const struct {
	int count;
	const char *tail;
	size_t length;
	const char *wanted;
} ends[] = {
	{ 2000, "", 2000, "aaa" },
	{ 2001, "", 2000, "a..." },
	{ 9000, "", 2000, "a..." },
	{ 1996, "\n", 2000, "a\\x0a" },
	{ 1997, "\n", 2000, "a..." },
	{ 1995, "\nb", 2000, "a\\x0ab" },
	{ 1995, "\nbc", 1998, "a..." },
	{ 1996, "\xc3\xa9zzz", 1999, "a..." },
	{ 1995, "\xc3\xa9zzzz", 2000, "a\xc3\xa9..." },
	{ 1994,
	  "\xf0\x9f\x93\xa7"
	  "bbb",
	  1997, "a..." },
	{ 1999, "\xf0\x9f\x93\xa7", 2000, "a..." },
	{ 1989, "\xc2\x85\xc2\x85", 2000, "\\xc2\\x85..." },
	{ 1990, "\xc2\x85\xc2\x85", 1993, "aaa..." },
};

START_TEST(long_line)
{
	struct seen seen = { 0 };
	char value[10000];
	size_t length;

	memset(value, 'a', sizeof(value));
	strcpy(value + ends[_i].count, ends[_i].tail);
	log_open_sink(see, &seen);
	log_info("%s", value);
	length = strlen(seen.line);
	ck_assert_str_eq(seen.line + length - strlen(ends[_i].wanted),
			 ends[_i].wanted);
	ck_assert_uint_eq(length, ends[_i].length);
}
END_TEST

/* What one call writes to standard error. */
static void read_stderr(char buffer[256], void (*call)(void))
{
	int ends_of_pipe[2];
	int saved = dup(STDERR_FILENO);
	ssize_t length;

	ck_assert_int_eq(pipe(ends_of_pipe), 0);
	ck_assert_int_ge(dup2(ends_of_pipe[1], STDERR_FILENO), 0);
	call();
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	(void)close(saved);
	(void)close(ends_of_pipe[1]);
	length = read(ends_of_pipe[0], buffer, 255);
	ck_assert_int_ge(length, 0);
	buffer[length] = '\0';
	(void)close(ends_of_pipe[0]);
}

static void warn(void)
{
	log_warning("disk %d %% full\n", 99);
}

START_TEST(standard_error)
{
	char buffer[256];

	read_stderr(buffer, warn);
	ck_assert_str_eq(buffer, "disk 99 % full\\x0a\n");
	log_open_stderr("weir-milter");
	read_stderr(buffer, warn);
	ck_assert_str_eq(buffer, "weir-milter: disk 99 % full\\x0a\n");
}
END_TEST

/* The journal of systemd is the stream that JOURNAL_STREAM names. */
static void log_to_journal(void)
{
	struct stat status;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
		 (uintmax_t)status.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_open_stderr("weir-milter");
	log_set_threshold(LOG_GRAVITY_DEBUG);
	for (int i = 0; i < COUNT(functions); i++)
		functions[i].log("%d", i);
}

static void log_beside_journal(void)
{
	log_open_stderr("weir-milter"); /* JOURNAL_STREAM is another stream */
	warn();
}

START_TEST(journal)
{
	char buffer[256];

	read_stderr(buffer, log_to_journal);
	ck_assert_str_eq(buffer, "<3>0\n<4>1\n<5>2\n<6>3\n");
	read_stderr(buffer, log_beside_journal);
	ck_assert_str_eq(buffer, "weir-milter: disk 99 % full\\x0a\n");
}
END_TEST

/* Nobody needs to listen at /dev/log; standard error stays quiet. */
static void log_to_syslog(void)
{
	log_open_syslog("weir-test");
	warn();
}

START_TEST(system_log)
{
	char buffer[256];
	struct seen seen = { 0 };

	read_stderr(buffer, log_to_syslog);
	ck_assert_str_eq(buffer, "");
	log_open_sink(see, &seen);
	log_info("back");
	ck_assert_str_eq(seen.line, "back");
}
END_TEST

#define THREADS 4
#define LINES	500

static void *log_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < LINES; i++)
		log_info("line %d", i);
	return NULL;
}

/* The sink of this test has no lock of its own. */
START_TEST(many_threads)
{
	struct seen seen = { 0 };
	pthread_t threads[THREADS];

	log_open_sink(see, &seen);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, log_many, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_int_eq(seen.lines, THREADS * LINES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tcase = tcase_create("log");

	tcase_add_loop_test(tcase, gravities, 0, COUNT(functions));
	tcase_add_test(tcase, of_any_gravity);
	tcase_add_loop_test(tcase, threshold, 0, COUNT(functions));
	tcase_add_test(tcase, threshold_at_the_start);
	tcase_add_loop_test(tcase, no_second_line, 0, COUNT(values));
	tcase_add_loop_test(tcase, long_line, 0, COUNT(ends));
	tcase_add_test(tcase, standard_error);
	tcase_add_test(tcase, journal);
	tcase_add_test(tcase, system_log);
	tcase_add_test(tcase, many_threads);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
