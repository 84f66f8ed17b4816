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
					      NOW_MS },
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
	ck_assert_uint_eq(log_.recipient_count, 1);
	ck_assert_uint_eq(log_.recipients[0].bytes, 500);
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

START_TEST(test_no_file)
{
	const char *const paths[] = { "/nowhere/mail.log" };
	struct incident_flood flood = { 0 };
	char *error;

	ck_assert(!report_log_read(
		&(struct report_log_options){ paths, 1, settings, &flood, 1 },
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
	tcase_add_test(tcase, test_no_file);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
