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

#include "lib/replay/log_feed.h"

#define DEC_31_2025 UINT64_C(1767225599) /* 2025-12-31 23:59:59 */
#define JAN_1_2026  UINT64_C(1767225601) /* 2026-01-01 00:00:01 */

static char path[] = "/tmp/ut_log_feed.XXXXXX";
static struct log_feed feed;
static uint64_t times[10];
static char senders[200];
static char clients[500]; /* "client/login " */
static size_t taken;
static unsigned int told;

static void take(void *context, const struct log_message *message)
{
	(void)context;
	ck_assert_uint_lt(taken, 10);
	times[taken++] = message->time_ms;
	strcat(senders, message->sender);
	strcat(senders, " ");
	sprintf(clients + strlen(clients), "%s/%s ", message->client,
		message->login);
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
	clients[0] = '\0';
	feed = (struct log_feed){
		.assembly = assembly_new(&(struct assembly_options){
			.horizon_ms = 1000, .max = 10, .take = take }),
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

/* One message, as log programs write it. */
#define CLIENT "AAAAAA: client=h[192.0.2.1]"
#define QUEUED "AAAAAA: from=<a@x>, size=9, nrcpt=1 (queue active)"
#define TWO(before, between, after)                                 \
	before "postfix/smtpd" between "1" after CLIENT "\n" before \
	       "postfix/qmgr" between "2" after QUEUED "\n"

static const char *const forms[] = {
	TWO("mail-1  | May  1 09:50:01 mx1 ", "[", "]: "),
	TWO("\033[36mmail_1.x |\033[0m May  1 09:50:01 mx1 ", "[", "]: "),
	"{\"log\":\"May  1 09:50:01 mx1 postfix/smtpd[1]: " CLIENT
	"\\n\",\"stream\":\"stdout\",\"time\":\"2026-05-01T09:50:01.1Z\"}\n"
	"{\"log\":\"May  1 09:50:01 mx1 postfix/qmgr[2]: AAAAAA: "
	"from=\\u003ca@x\\u003e, size=9, nrcpt=1 (queue active)\\n\","
	"\"stream\":\"stdout\",\"time\":\"2026-05-01T09:50:01.1Z\"}\n",
	"{\"__REALTIME_TIMESTAMP\":\"1777629001000000\",\"_PID\":\"1\","
	"\"SYSLOG_IDENTIFIER\":\"postfix/smtpd\",\"_HOSTNAME\":\"mx1\","
	"\"MESSAGE\":\"" CLIENT "\"}\n"
	"{\"MESSAGE\":\"" QUEUED "\",\"SYSLOG_IDENTIFIER\":\"postfix/qmgr\","
	"\"_HOSTNAME\":\"mx1\",\"SYSLOG_PID\":\"2\","
	"\"__REALTIME_TIMESTAMP\":\"1777629001000000\"}\n",
	TWO("May 1 09:50:01 mx1 ", "[", "]: "),
	TWO("May  1 09:50:01 mx1 ", "[", "]: [ID 197553 mail.info] "),
	TWO("1777629001.123456 mx1 ", "[", "]: "),
	TWO("2026.05.01 09:50:01 mx1(mail.info) ", "[", "]: "),
	TWO("Fri 2026-05-01 09:50:01 UTC mx1 ", "[", "]: "),
	TWO("2026-05-01T09:50:01Z stdout F May  1 09:50:01 mx1 ", "[", "]: "),
	TWO("2026-05-01T09:50:01.123456789Z May  1 09:50:01 mx1 ", "[", "]: "),
	TWO("May  1 09:50:01 <mail.info> mx1 ", "[", "]: "),
	TWO("May  1 09:50:01 mx1 mail.info ", "[", "]: "),
	TWO("<22>May  1 09:50:01 mx1 ", "[", "]: "),
	TWO("<22>1 2026-05-01T09:50:01Z mx1 ", " ", " - - "),
	TWO("<22>1 2026-05-01T09:50:01Z mx1 ", " ", " ID [a b=\"]\"][c] "),
	TWO("May  1 09:50:01 ", "[", "]: "), /* no host */
	"-- Boot 5c0a --\n" TWO("May  1 09:50:01 mx1 ", "[", "]: ") "\n",
};

START_TEST(forms_of_log_programs)
{
	feed_text(forms[_i], JAN_1_2026 + 200 * 86400);
	assembly_finish(feed.assembly);
	ck_assert_str_eq(senders, "a@x ");
	ck_assert_uint_eq(times[0] / 1000, 1777629001);
	ck_assert_uint_eq(feed.unknown, 0);
}
END_TEST

START_TEST(lines_that_are_not_understood)
{
	feed_text(
		"gibberish\n" MESSAGE(
			"May  1 09:50:01", "AAAAAA",
			"a@x") "{\"level\":\"info\"}\nMay  1 09:50:01 mx1 sshd[1]: x\n",
		JAN_1_2026);
	ck_assert_uint_eq(feed.unknown, 2);
	ck_assert_uint_eq(feed.file_lines, 5);
	ck_assert_str_eq(feed.first_unknown, "gibberish");
	feed_text(MESSAGE("May  1 09:50:01", "AAAAAB", "a@x"), JAN_1_2026);
	ck_assert_uint_eq(feed.unknown, 0);
}
END_TEST

#define REFUSED                                                          \
	"NOQUEUE: milter-reject: MAIL from h[192.0.2.1]: 451 4.7.1 no; " \
	"from=<a@x> proto=ESMTP helo=<h>"

static const struct {
	const char *text;
	const char *senders;
	uint64_t unknown;
} repeats[] = {
	{ "May  1 09:50:01 mx1 postfix/smtpd[1]: " REFUSED "\n"
	  "May  1 09:50:02 mx1 postfix/smtpd[1]: message repeated 3 times: [ " REFUSED
	  "]\n",
	  "a@x a@x a@x a@x ", 0 },
	{ "May  1 09:50:01 mx1 postfix/smtpd[1]: " REFUSED "\n"
	  "May  1 09:50:02 mx1 last message repeated 2 times\n",
	  "a@x a@x a@x ", 0 },
	/* of another program, of another host, and out of all reason */
	{ "May  1 09:50:01 mx1 postfix/smtpd[1]: " REFUSED "\n"
	  "May  1 09:50:01 mx1 sshd[1]: x\n"
	  "May  1 09:50:02 mx1 last message repeated 2 times\n",
	  "a@x ", 0 },
	{ "May  1 09:50:01 mx1 postfix/smtpd[1]: " REFUSED "\n"
	  "May  1 09:50:02 mx2 last message repeated 2 times\n",
	  "a@x ", 1 },
	{ "May  1 09:50:02 mx1 postfix/smtpd[1]: message repeated 9000000 "
	  "times: [ " REFUSED "]\n",
	  "", 1 },
};

START_TEST(repeated_lines)
{
	feed_text(repeats[_i].text, JAN_1_2026);
	assembly_finish(feed.assembly);
	ck_assert_str_eq(senders, repeats[_i].senders);
	ck_assert_uint_eq(feed.unknown, repeats[_i].unknown);
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

#define LINE(tag, words) "May  1 09:50:01 mx1 postfix" tag ": " words "\n"
#define ACTIVE		 "from=<a@x>, size=9, nrcpt=1 (queue active)"

/* What Postfix links itself is one mail, with its first client and login. */
static const struct {
	const char *text, *clients;
} links[] = {
	/* after the queue, with XFORWARD */
	{ LINE("/smtpd[1]",
	       "AAAAAA: client=app[192.0.2.10], sasl_method=PLAIN,"
	       " sasl_username=kim") LINE("/qmgr[2]", "AAAAAA: " ACTIVE)
		  LINE("/smtpd[3]",
		       "BBBBBB: client=localhost[127.0.0.1], "
		       "orig_queue_id=AAAAAA, "
		       "orig_client=app[192.0.2.10]") LINE("/qmgr[2]",
							   "BBBBBB: " ACTIVE)
			  LINE("/smtp[4]",
			       "AAAAAA: to=<b@y>, relay=127.0.0.1[127.0.0.1]:10024,"
			       " delay=1, status=sent (250 2.0.0 Ok: queued as "
			       "BBBBBB)") LINE("/qmgr[2]", "AAAAAA: removed")
				  LINE("/qmgr[2]", "BBBBBB: removed"),
	  "192.0.2.10/kim " },
	/* without it */
	{ LINE("/smtpd[1]", "AAAAAA: client=app[192.0.2.10]") LINE(
		  "/qmgr[2]",
		  "AAAAAA: " ACTIVE) LINE("/smtpd[3]",
					  "BBBBBB: client=localhost[127.0.0.1]")
		  LINE("/qmgr[2]", "BBBBBB: " ACTIVE) LINE(
			  "/smtp[4]",
			  "AAAAAA: to=<b@y>, relay=127.0.0.1[127.0.0.1]:10024,"
			  " delay=1, status=sent (250 2.0.0 from MTA(smtp:"
			  "[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
			  "BBBBBB)") LINE("/qmgr[2]", "AAAAAA: removed")
			  LINE("/qmgr[2]", "BBBBBB: removed"),
	  "192.0.2.10/ " },
	/* a stranger's words drop nobody else's mail */
	{ LINE("/smtpd[1]", "AAAAAA: client=app[192.0.2.10]")
		  LINE("/smtpd[3]", "BBBBBB: client=h[192.0.2.11]")
			  LINE("/smtp[4]",
			       "AAAAAA: to=<b@y>, relay=m[203.0.113.1]:25, "
			       "delay=1, status=sent (250 queued as BBBBBB)")
				  LINE("/qmgr[2]", "AAAAAA: " ACTIVE)
					  LINE("/qmgr[2]", "BBBBBB: " ACTIVE),
	  "192.0.2.10/ 192.0.2.11/ " },
	/* before the queue */
	{ LINE("/smtpd[1]", "NOQUEUE: client=app[192.0.2.10], "
			    "sasl_method=PLAIN, sasl_username=kim")
		  LINE("/smtpd[3]", "BBBBBB: client=localhost[127.0.0.1], "
				    "orig_client=app[192.0.2.10]")
			  LINE("/qmgr[2]", "BBBBBB: " ACTIVE)
				  LINE("/qmgr[2]", "BBBBBB: removed"),
	  "192.0.2.10/kim " },
	{ LINE("/smtpd[1]", "NOQUEUE: client=app[192.0.2.10], "
			    "sasl_method=PLAIN, sasl_username=kim")
		  LINE("/smtpd[3]", "BBBBBB: client=localhost[127.0.0.1]") LINE(
			  "/smtpd[1]",
			  "proxy-accept: END-OF-MESSAGE from "
			  "app[192.0.2.10]: 250 2.0.0 Ok: queued as BBBBBB; "
			  "from=<a@x> to=<b@y> proto=ESMTP helo=<h> "
			  "sasl_username=<kim>")
			  LINE("/qmgr[2]", "BBBBBB: " ACTIVE)
				  LINE("/qmgr[2]", "BBBBBB: removed"),
	  "192.0.2.10/kim " },
	/* what came before the log began has the client that is told */
	{ LINE("/smtpd[3]", "BBBBBB: client=localhost[127.0.0.1], "
			    "orig_queue_id=AAAAAA, orig_client=app[192.0.2.10]")
		  LINE("/qmgr[2]", "BBBBBB: " ACTIVE),
	  "192.0.2.10/ " },
	/* two instances, one queue id */
	{ LINE("-in/smtpd[1]", "AAAAAA: client=app[192.0.2.10]")
		  LINE("-out/smtpd[3]", "AAAAAA: client=h[192.0.2.11]")
			  LINE("-in/qmgr[2]", "AAAAAA: " ACTIVE)
				  LINE("-out/qmgr[4]", "AAAAAA: " ACTIVE),
	  "192.0.2.10/ 192.0.2.11/ " },
	{ LINE("/submission/smtpd[1]", "AAAAAA: client=app[192.0.2.10]")
		  LINE("/qmgr[2]", "AAAAAA: " ACTIVE),
	  "192.0.2.10/ " },
};

START_TEST(what_postfix_links)
{
	feed_text(links[_i].text, JAN_1_2026);
	assembly_finish(feed.assembly);
	ck_assert_str_eq(clients, links[_i].clients);
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

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, both_mtas_among_others);
	tcase_add_test(tcase, a_nul_and_a_long_line_harm_nobody);
	tcase_add_loop_test(tcase, forms_of_log_programs, 0,
			    sizeof(forms) / sizeof(forms[0]));
	tcase_add_test(tcase, lines_that_are_not_understood);
	tcase_add_loop_test(tcase, repeated_lines, 0,
			    sizeof(repeats) / sizeof(repeats[0]));
	tcase_add_loop_test(tcase, what_postfix_links, 0,
			    sizeof(links) / sizeof(links[0]));
	tcase_add_test(tcase, the_file_tells_the_year);
	tcase_add_test(tcase, a_first_year_goes_on_in_the_next_file);
	tcase_add_test(tcase, a_peek);
	tcase_add_test(tcase, progress_is_told);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
