/* SPDX-License-Identifier: ISC */
/* From files to messages: other programs' lines, odd bytes, no year. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/replay/log_feed.h"

#define DEC_31_2025 UINT64_C(1767225599) /* 2025-12-31 23:59:59 */
#define JAN_1_2026  UINT64_C(1767225601) /* 2026-01-01 00:00:01 */

static char path[] = "/tmp/ut_log_feed.XXXXXX";
static struct log_feed feed;
static uint64_t times[10];
static char senders[200];
static size_t taken;
static unsigned int told;

static void take(void *context, const struct log_message *message)
{
	(void)context;
	ck_assert_uint_lt(taken, 10);
	times[taken++] = message->time_ms;
	strcat(senders, message->sender);
	strcat(senders, " ");
}

static void count(void *context, const struct log_file *file)
{
	(void)context;
	ck_assert_uint_gt(log_file_lines(file), 0);
	told++;
}

static void setup(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	setenv("TZ", "UTC", 1);
	tzset();
	taken = 0;
	told = 0;
	senders[0] = '\0';
	feed = (struct log_feed){
		.assembly = assembly_new(&(struct assembly_options){
			.horizon_ms = 1000, .most = 10, .take = take }),
		.progress = count,
	};
}

static void teardown(void)
{
	assembly_free(&feed.assembly);
	unlink(path);
	strcpy(path, "/tmp/ut_log_feed.XXXXXX");
}

/* Writes the file, as if at that time, and reads it. */
static void feed_it(const char *data, size_t length, uint64_t written_s)
{
	const struct timespec when[2] = { { .tv_sec = (time_t)written_s },
					  { .tv_sec = (time_t)written_s } };
	FILE *out = fopen(path, "w");
	struct log_file *file;

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(data, 1, length, out), length);
	fclose(out);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, when, 0), 0);
	file = log_file_open(path);
	ck_assert_ptr_nonnull(file);
	ck_assert(log_feed_read(&feed, file));
	log_file_close(&file);
}

static void feed_text(const char *text, uint64_t written_s)
{
	feed_it(text, strlen(text), written_s);
}

#define MESSAGE(time, id, sender)                                        \
	time " mx1 postfix/smtpd[1]: " id ": client=h[192.0.2.1]\n" time \
	     " mx1 postfix/qmgr[2]: " id ": from=<" sender ">, size=9, " \
	     "nrcpt=1 (queue active)\n"

START_TEST(both_mtas_among_others)
{
	feed_text(
		"not a line of syslog\n\n"
		"May  1 09:50:01 mx1 kernel: postfix/smtpd: nothing\n" MESSAGE(
			"May  1 09:50:01", "AAAAAA",
			"a@x") "May  1 09:50:02 mx2 sm-mta[7]: 44F8o1Xx01: from=<b@x>, "
			       "size=9, class=0, nrcpts=1, msgid=<1@x>, relay=h [192.0.2.2]\n",
		JAN_1_2026);
	ck_assert_str_eq(senders, "a@x b@x ");
	ck_assert_uint_eq(feed.lines, 6);
	ck_assert_uint_eq(feed.events, 3);
}
END_TEST

START_TEST(a_nul_and_a_long_line_harm_nobody)
{
	static char text[200000] = MESSAGE("May  1 09:50:01", "AAAAAA", "a@x");
	size_t length = strlen(text);

	memset(text + length, 'x', 65536);
	length += 65536;
	memcpy(text + length, "\n\0\0\n", 4);
	length += 4;
	memcpy(text + length, MESSAGE("May  1 09:50:02", "BBBBBB", "b@x"),
	       sizeof(MESSAGE("May  1 09:50:02", "BBBBBB", "b@x")) - 1);
	length += sizeof(MESSAGE("May  1 09:50:02", "BBBBBB", "b@x")) - 1;
	feed_it(text, length, JAN_1_2026);
	ck_assert_str_eq(senders, "a@x b@x ");
	ck_assert_uint_eq(feed.cut, 1);
	ck_assert_uint_eq(feed.lines, 6);
}
END_TEST

START_TEST(the_file_tells_the_year)
{
	feed_text(MESSAGE("Dec 31 23:59:59", "AAAAAA", "a@x")
			  MESSAGE("Jan  1 00:00:01", "BBBBBB", "b@x"),
		  JAN_1_2026);
	ck_assert_uint_eq(times[0], DEC_31_2025 * 1000);
	ck_assert_uint_eq(times[1], JAN_1_2026 * 1000);
}
END_TEST

START_TEST(a_first_year_goes_on_in_the_next_file)
{
	feed.first_year = 2025;
	feed_text(MESSAGE("Dec 31 23:59:59", "AAAAAA", "a@x")
			  MESSAGE("Jan  1 00:00:01", "BBBBBB", "b@x"),
		  1);
	ck_assert_int_eq(feed.first_year, 2026);
	feed_text(MESSAGE("Jan  1 00:00:01", "CCCCCC", "c@x"), 1);
	ck_assert_uint_eq(times[0], DEC_31_2025 * 1000);
	ck_assert_uint_eq(times[1], JAN_1_2026 * 1000);
	ck_assert_uint_eq(times[2], JAN_1_2026 * 1000);
}
END_TEST

START_TEST(a_peek)
{
	struct log_file *file;

	feed_text("no time\nDec 31 23:59:59 mx1 kernel: x\n", JAN_1_2026);
	file = log_file_open(path);
	ck_assert_uint_eq(log_feed_peek(&feed, file), DEC_31_2025 * 1000);
	log_file_close(&file);
	feed_text("no time\n", JAN_1_2026);
	file = log_file_open(path);
	ck_assert_uint_eq(log_feed_peek(&feed, file), 0);
	log_file_close(&file);
}
END_TEST

START_TEST(progress_is_told)
{
	static char text[20000];

	memset(text, '\n', sizeof(text));
	feed_it(text, sizeof(text), JAN_1_2026);
	ck_assert_uint_eq(feed.lines, sizeof(text));
	ck_assert_uint_ge(told, 4);
	ck_assert_uint_le(told, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log_feed");
	TCase *tcase = tcase_create("log_feed");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, both_mtas_among_others);
	tcase_add_test(tcase, a_nul_and_a_long_line_harm_nobody);
	tcase_add_test(tcase, the_file_tells_the_year);
	tcase_add_test(tcase, a_first_year_goes_on_in_the_next_file);
	tcase_add_test(tcase, a_peek);
	tcase_add_test(tcase, progress_is_told);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
