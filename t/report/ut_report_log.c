/* SPDX-License-Identifier: ISC */
/* What mail logs say of the mail of an incident, and of no other. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/report/report_log.h"
#include "t/lib/settings_text.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define DAY_MS	       UINT64_C(86400000)
#define NOW_MS	       UINT64_C(1777621801000) /* 2026-05-01 07:50:01 */
#define T	       "2026-05-01T07:50:01+00:00 gw1 "
#define LATER	       "2026-05-03T07:50:01+00:00 gw1 "
#define CLIENT(id)     T "postfix/smtpd[1]: " id ": client=dev[10.20.0.7]\n"
#define FROM(id, who)                           \
	T "postfix/qmgr[2]: " id ": from=<" who \
	  ">, size=500, nrcpt=1 (queue active)\n"
#define TO(id, what)                                          \
	T "postfix/smtp[3]: " id ": to=<jake@corp.example>, " \
	  "relay=mx[192.0.2.9]:25, delay=1, dsn=2.0.0, status=" what "\n"
#define GONE(id) T "postfix/qmgr[2]: " id ": removed\n"
#define STOP(stage, who)                                     \
	T "postfix/smtpd[1]: NOQUEUE: milter-reject: " stage \
	  " from dev[10.20.0.7]: 451 4.7.1 Rate; from=<" who \
	  "> to=<jake@corp.example> proto=ESMTP helo=<dev>\n"
#define SENDMAIL(id) T "sm-mta[4]: " id ": "
#define CAME                                                                \
	SENDMAIL("65P1sHEd012345")                                          \
	"from=<script@dev.example>, size=7, class=0, nrcpts=1, msgid=<m>, " \
	"relay=dev [10.20.0.7]\n"

static struct settings *settings;
static struct report_log log_;
static char path[] = "/tmp/ut_report_log.XXXXXX";

static void setup(void)
{
	int fd;

	strcpy(path, "/tmp/ut_report_log.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	settings = settings_of("limits = ( { name = \"own\"; key = \"sender\";"
			       "max = 1; per = \"1h\"; action = \"reject\"; } "
			       ");");
}

static void teardown(void)
{
	report_log_clear(&log_);
	settings_release(&settings);
	unlink(path);
}

static bool read_text(const char *text)
{
	FILE *file = fopen(path, "w");
	const char *const paths[] = { path };
	struct subject subjects[1];
	const char *reason, *source = "sender:script@dev.example";
	struct incident_flood flood = { subjects, 1, NOW_MS - DAY_MS,
					NOW_MS + DAY_MS };
	char *error = NULL;
	bool is_read;

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	ck_assert(subject_parse(source, strlen(source), settings, &subjects[0],
				&reason));
	is_read = report_log_read(
		&(struct report_log_options){ paths, 1, settings, &flood,
					      NOW_MS, NOW_MS + 9000, NOW_MS },
		&log_, &error);
	free(error);
	return is_read;
}

static const struct {
	const char *text;
	uint64_t refused, held, accepted, delivered, deferred, bounced, queued;
} rows[] = {
	{ "", 0, 0, 0, 0, 0, 0, 0 },
	{ CLIENT("3A1B2C4D5E") FROM("3A1B2C4D5E", "script@dev.example")
		  TO("3A1B2C4D5E", "sent (ok)") GONE("3A1B2C4D5E"),
	  0, 0, 1, 1, 0, 0, 0 },
	/* another's */
	{ CLIENT("3A1B2C4D5E") FROM("3A1B2C4D5E", "ann@corp.example")
		  TO("3A1B2C4D5E", "sent (ok)") GONE("3A1B2C4D5E")
			  STOP("RCPT", "ann@corp.example"),
	  0, 0, 0, 0, 0, 0, 0 },
	/* the last word counts */
	{ CLIENT("3A1B2C4D5E") FROM("3A1B2C4D5E", "script@dev.example")
		  TO("3A1B2C4D5E", "deferred (timeout)") FROM(
			  "3A1B2C4D5E", "script@dev.example")
			  TO("3A1B2C4D5E", "bounced (no)") GONE("3A1B2C4D5E"),
	  0, 0, 1, 0, 0, 1, 0 },
	{ CLIENT("3A1B2C4D5E") FROM("3A1B2C4D5E", "script@dev.example")
		  TO("3A1B2C4D5E", "deferred (timeout)"),
	  0, 0, 1, 0, 1, 0, 1 },
	{ STOP("MAIL", "script@dev.example") STOP("RCPT", "script@dev.example"),
	  2, 0, 0, 0, 0, 0, 0 },
	{ CLIENT("3A1B2C4D5E") T
	  "postfix/cleanup[5]: 3A1B2C4D5E: milter-reject: END-OF-MESSAGE from "
	  "dev[10.20.0.7]: 4.7.1 Rate; from=<script@dev.example> "
	  "to=<jake@corp.example> proto=ESMTP helo=<dev>\n",
	  1, 0, 0, 0, 0, 0, 0 },
	{ CLIENT("3A1B2C4D5E") T
	  "postfix/cleanup[5]: 3A1B2C4D5E: milter-hold: END-OF-MESSAGE from "
	  "dev[10.20.0.7]: milter triggers HOLD action; "
	  "from=<script@dev.example> to=<jake@corp.example> proto=ESMTP "
	  "helo=<dev>\n",
	  0, 1, 1, 0, 0, 0, 1 },
	/* through a filter: one message, delivered once */
	{ CLIENT("3A1B2C4D5E") FROM("3A1B2C4D5E", "script@dev.example")
		  TO("3A1B2C4D5E", "sent (250 2.0.0 Ok: queued as 4B1B2C4D5E)")
			  GONE("3A1B2C4D5E") T
	  "postfix/smtpd[1]: 4B1B2C4D5E: client=l[127.0.0.1]\n" FROM(
		  "4B1B2C4D5E", "script@dev.example")
		  TO("4B1B2C4D5E", "sent (ok)") GONE("4B1B2C4D5E"),
	  0, 0, 1, 1, 0, 0, 0 },
	/* two days later */
	{ LATER
	  "postfix/qmgr[2]: 3A1B2C4D5E: from=<script@dev.example>, size=5, "
	  "nrcpt=1 (queue active)\n",
	  0, 0, 0, 0, 0, 0, 0 },
	{ SENDMAIL(
		  "65P1sHEd012345") "from=<script@dev.example>, size=7, class=0, "
				    "nrcpts=1, msgid=<m>, relay=dev [10.20.0.7]\n" SENDMAIL(
					    "65P1sHEd012345") "to=<jake@corp.example>, delay=00:00:01, "
							      "mailer=esmtp, dsn=2.0.0, stat=Sent (ok)\n",
	  0, 0, 1, 1, 0, 0, 0 },
	{ SENDMAIL(
		  "65P1sHEd012345") "from=<script@dev.example>, size=7, class=0, "
				    "nrcpts=1, msgid=<m>, relay=dev [10.20.0.7]\n" SENDMAIL(
					    "65P1sHEd012345") "to=<jake@corp.example>, delay=00:00:01, "
							      "mailer=esmtp, dsn=4.0.0, stat=Deferred: no\n",
	  0, 0, 1, 0, 1, 0, 1 },
	/* one of two is in the queue still */
	{ SENDMAIL(
		  "65P1sHEd012345") "from=<script@dev.example>, size=7, "
				    "class=0, nrcpts=2, msgid=<m>, relay=dev "
				    "[10.20.0.7]\n" SENDMAIL(
					    "65P1sHEd012345") "to=<a@x.example>, mailer=esmtp, "
							      "dsn=4.0.0, stat=Deferred: no\n" SENDMAIL(
								      "65P1sHEd012345") "to=<jake@corp.example>, "
											"mailer=esmtp, dsn=2.0.0, stat=Sent\n",
	  0, 0, 1, 1, 1, 0, 1 },
	{ SENDMAIL("65P1sHEd012345") "Milter: from=<script@dev.example>, reject=451 4.7.1\n" SENDMAIL(
		  "65P1sHEd012345") "from=<script@dev.example>, size=0, class=0, "
				    "nrcpts=0, relay=dev [10.20.0.7]\n",
	  1, 0, 0, 0, 0, 0, 0 },
	/* refused, discarded, held at the end: it has come in before */
	{ CAME SENDMAIL("65P1sHEd012345") "Milter: data, reject=451 4.7.1\n" SENDMAIL(
		  "65P1sHEd012345") "to=<jake@corp.example>, stat=Rate limit\n",
	  1, 0, 0, 0, 0, 0, 0 },
	{ CAME SENDMAIL("65P1sHEd012345") "milter=weir, quarantine=weir: own\n",
	  0, 1, 1, 0, 0, 0, 1 },
	/* bounces of others beside it */
	{ CLIENT("3A1B2C4D5E") FROM("3A1B2C4D5E", "")
		  TO("3A1B2C4D5E", "sent (ok)") STOP("RCPT", ""),
	  0, 0, 0, 0, 0, 0, 0 },
	{ T "postfix/smtp[3]: 3A1B2C4D5E: to=<>, status=sent (ok)\n" SENDMAIL(
		  "65P1sHEd012345") "from=<>, size=7, nrcpts=1, msgid=<m>, "
				    "relay=dev [10.20.0.7]\n",
	  0, 0, 0, 0, 0, 0, 0 },
};

START_TEST(test_counts)
{
	ck_assert(read_text(rows[_i].text));
	ck_assert_uint_eq(log_.refused, rows[_i].refused);
	ck_assert_uint_eq(log_.held, rows[_i].held);
	ck_assert_uint_eq(log_.accepted, rows[_i].accepted);
	ck_assert_uint_eq(log_.delivered, rows[_i].delivered);
	ck_assert_uint_eq(log_.deferred, rows[_i].deferred);
	ck_assert_uint_eq(log_.bounced, rows[_i].bounced);
	ck_assert_uint_eq(log_.queued, rows[_i].queued);
}
END_TEST

START_TEST(test_origins)
{
	ck_assert(read_text(
		"\n" T
		"postfix/pickup[6]: 3A1B2C4D5E: uid=33 from=<script@dev.example>"
		"\n" T "postfix/cleanup[5]: 3A1B2C4D5E: warning: header "
		"X-PHP-Originating-Script: 33:a from b.php from local; "
		"from=<script@dev.example>\n" FROM("3A1B2C4D5E",
						   "script@dev.example")
			TO("3A1B2C4D5E", "sent (ok)") GONE("3A1B2C4D5E")));
	ck_assert_uint_eq(log_.accounts.count, 1);
	ck_assert_str_eq(log_.accounts.list[0].value,
			 "uid 33, from=script@dev.example");
	ck_assert_uint_eq(log_.accounts.list[0].line, 2);
	ck_assert_uint_eq(log_.scripts.count, 1);
	ck_assert_str_eq(log_.scripts.list[0].value, "33:a from b.php");
	ck_assert_uint_eq(log_.recipients.count, 1);
	ck_assert_uint_eq(log_.recipients.list[0].bytes, 500);
}
END_TEST

START_TEST(test_origins_of_sendmail)
{
	ck_assert(read_text(SENDMAIL(
		"65P1sHEd012345") "from=script@dev.example, size=7, "
				  "class=0, nrcpts=1, msgid=<m>, "
				  "relay=www-data@localhost\n" SENDMAIL(
					  "65P1sHEd012345") "to=<jake@corp.example>, "
							    "ctladdr=www-data (33/33), "
							    "delay=00:00:01, mailer=esmtp, "
							    "dsn=5.1.1, stat=User unknown\n"));
	ck_assert_uint_eq(log_.bounced, 1);
	ck_assert_uint_eq(log_.accounts.count, 1);
	ck_assert_str_eq(log_.accounts.list[0].value,
			 "uid 33, from=script@dev.example");
}
END_TEST

START_TEST(test_discard_of_sendmail)
{
	ck_assert(read_text(
		CAME SENDMAIL("65P1sHEd012345") "Milter: data, discard\n" SENDMAIL(
			"65P1sHEd012345") "discarded\n"));
	ck_assert_uint_eq(log_.discarded, 1);
	ck_assert_uint_eq(log_.refused, 0);
	ck_assert_uint_eq(log_.accepted, 0);
}
END_TEST

#define SCRIPT "script@dev.example"
#define LINE   "2026-05-01T%s+00:00 gw1 postfix/%s: 3A1B2C4D%s: %s\n"

/* The incident is from 07:50:01 to 07:50:10. A message comes from somebody, is
 * delivered or deferred, or is gone. */
static const struct {
	const char *time, *id, *from, *delivery;
} lines[] = {
	{ "06:49:59", "0A", "ann@x", NULL },
	{ "06:49:59", "0A", NULL, "delay=99, status=sent (ok)" },
	{ "06:49:59", "0A", NULL, NULL },
	{ "07:40:00", "1A", "ann@x", NULL },
	{ "07:40:00", "1A", NULL, "delay=0.03, status=sent (ok)" },
	{ "07:40:00", "1A", NULL, NULL },
	{ "07:49:50", "2A", "ann@x", NULL },
	{ "07:50:01", "3A", SCRIPT, NULL },
	{ "07:50:02", "2B", "bob@x", NULL },
	{ "07:50:02", "3B", SCRIPT, NULL },
	{ "07:50:03", "2C", "cat@x", NULL },
	{ "07:50:04", "2C", NULL, "delay=1, status=deferred (busy)" },
	{ "07:50:05", "2B", NULL, "delay=2.25, status=sent (ok)" },
	{ "07:50:05", "2B", NULL, NULL },
	{ "07:50:06", "2A", NULL, "delay=16, status=sent (ok)" },
	{ "07:50:06", "2A", NULL, NULL },
	{ "07:50:08", "3B", NULL, "delay=600, status=sent (ok)" },
	{ "07:50:08", "3B", NULL, NULL },
	{ "07:51:00", "4A", "ann@x", NULL },
	{ "07:51:01", "4A", NULL, "status=sent (ok)" },
};

static void read_lines(void)
{
	char log[5000], words[200];
	size_t length = 0;

	for (int i = 0; i < COUNT_OF(lines); i++) {
		const char *program = "qmgr[2]";

		(void)snprintf(words, sizeof(words), "removed");
		if (lines[i].delivery != NULL) {
			program = "smtp[3]";
			(void)snprintf(words, sizeof(words),
				       "to=<b@x>, relay=mx[192.0.2.9]:25, %s",
				       lines[i].delivery);
		} else if (lines[i].from != NULL) {
			(void)snprintf(words, sizeof(words),
				       "from=<%s>, size=5, nrcpt=1 (queue "
				       "active)",
				       lines[i].from);
		}
		length += (size_t)snprintf(log + length, sizeof(log) - length,
					   LINE, lines[i].time, program,
					   lines[i].id, words);
	}
	ck_assert_uint_lt(length, sizeof(log));
	ck_assert(read_text(log));
}

/* At 07:50:00, and so many seconds. */
static uint64_t time_ms(int seconds)
{
	return (uint64_t)((int64_t)NOW_MS + (seconds - 1) * INT64_C(1000));
}

START_TEST(test_others)
{
	const struct report_others *all = log_.others;

	read_lines();
	ck_assert_uint_eq(all[REPORT_BEFORE].delivered, 1);
	ck_assert_uint_eq(all[REPORT_BEFORE].median_ms, 30);
	ck_assert_uint_eq(all[REPORT_BEFORE].worst_ms, 30);
	ck_assert_uint_eq(all[REPORT_BEFORE].from_ms, NOW_MS - 3600000);
	ck_assert_uint_eq(all[REPORT_DURING].delivered, 2);
	ck_assert_uint_eq(all[REPORT_DURING].median_ms, 2250);
	ck_assert_uint_eq(all[REPORT_DURING].p95_ms, 16000);
	ck_assert_uint_eq(all[REPORT_DURING].worst_ms, 16000);
	ck_assert_str_eq(all[REPORT_DURING].worst_path, path);
	ck_assert_uint_eq(all[REPORT_DURING].worst_line, 15);
	ck_assert_uint_eq(all[REPORT_DURING].deferred, 1);
	ck_assert_uint_eq(all[REPORT_AFTER].delivered, 1);
	ck_assert_uint_eq(all[REPORT_AFTER].unknown, 1);
	ck_assert_ptr_null(all[REPORT_AFTER].worst_path);
	ck_assert_uint_eq(all[REPORT_AFTER].until_ms, time_ms(61));
	/* the incident's own are not among them */
	ck_assert_uint_eq(log_.accepted, 2);
	ck_assert_uint_eq(log_.delivered, 1);
}
END_TEST

START_TEST(test_queues)
{
	const struct report_others *all = log_.others;

	read_lines();
	ck_assert_uint_eq(all[REPORT_BEFORE].flood.messages, 0);
	ck_assert_uint_eq(all[REPORT_BEFORE].others.messages, 1);
	ck_assert_uint_eq(all[REPORT_BEFORE].others.when_ms, time_ms(-10));
	ck_assert_uint_eq(all[REPORT_DURING].flood.messages, 2);
	ck_assert_uint_eq(all[REPORT_DURING].flood.when_ms, time_ms(2));
	ck_assert_uint_eq(all[REPORT_DURING].others.messages, 3);
	ck_assert_uint_eq(all[REPORT_DURING].others.when_ms, time_ms(3));
	ck_assert_uint_eq(all[REPORT_AFTER].flood.messages, 1);
	ck_assert_uint_eq(all[REPORT_AFTER].others.messages, 2);
	ck_assert_uint_eq(all[REPORT_AFTER].others.when_ms, time_ms(60));
}
END_TEST

static const struct {
	const char *delay;
	uint64_t delay_ms, unknown;
} delays[] = {
	{ "00:00:01", 1000, 0 }, { "1+02:03:04", 93784000, 0 },
	{ "00:61:00", 0, 1 },	 { "99999999999999999+00:00:00", 0, 1 },
	{ "99999999999", 0, 1 }, { "", 0, 1 },
};

START_TEST(test_delay_of_sendmail)
{
	const struct report_others *during = &log_.others[REPORT_DURING];
	char text[1000];

	(void)snprintf(
		text, sizeof(text),
		SENDMAIL(
			"65P1sHEd012345") "from=<ann@x>, size=7, "
					  "class=0, nrcpts=1, msgid=<m>, relay=dev [10.20.0.9]\n" SENDMAIL(
						  "65P1sHEd012345") "to=<b@y>, delay=%s, "
								    "xdelay=00:00:01, "
								    "mailer=esmtp, stat=Sent\n",
		delays[_i].delay);
	ck_assert(read_text(text));
	ck_assert_uint_eq(during->delivered, 1);
	ck_assert_uint_eq(during->unknown, delays[_i].unknown);
	ck_assert_uint_eq(during->worst_ms, delays[_i].delay_ms);
}
END_TEST

START_TEST(test_no_file)
{
	const char *const paths[] = { "/nowhere/mail.log" };
	struct incident_flood flood = { 0 };
	char *error;

	ck_assert(!report_log_read(
		&(struct report_log_options){ paths, 1, settings, &flood, 1, 1,
					      1 },
		&log_, &error));
	ck_assert_str_eq(error, "/nowhere/mail.log: No such file or directory");
	free(error);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_log");
	TCase *tcase = tcase_create("report_log");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_counts, 0, COUNT_OF(rows));
	tcase_add_test(tcase, test_origins);
	tcase_add_test(tcase, test_origins_of_sendmail);
	tcase_add_test(tcase, test_discard_of_sendmail);
	tcase_add_test(tcase, test_others);
	tcase_add_test(tcase, test_queues);
	tcase_add_loop_test(tcase, test_delay_of_sendmail, 0, COUNT_OF(delays));
	tcase_add_test(tcase, test_no_file);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
