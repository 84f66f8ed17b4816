/* SPDX-License-Identifier: ISC */
/* What Sendmail says, line by line, and what a stranger can do to it. */
#include "log_way.h"

#include "lib/replay/log_event.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct log_parser sendmail = { log_sendmail_read };

static const struct {
	const char *line;
	enum log_event_kind kind;
	const char *client, *login, *sender, *recipients;
	uint64_t bytes, count;
} rows[] = {
	{ "sm-mta[1]: 44F8o1Xx012345: from=<a@x.test>, size=1234, class=0, "
	  "nrcpts=2, msgid=<1@x.test>, proto=ESMTP, daemon=MTA-v4, "
	  "relay=h.test [192.0.2.1]",
	  LOG_ACCEPTED, "192.0.2.1", "-", "a@x.test", "", 1234, 2 },
	{ "sendmail[1]: 44F8o1Xx012345: from=<a@x.test>, size=1, class=0, "
	  "nrcpts=1, msgid=<1@x.test>, bodytype=8BITMIME, proto=ESMTPS, "
	  "daemon=MTA, relay=[IPv6:2001:db8::1] (may be forged)",
	  LOG_ACCEPTED, "IPv6:2001:db8::1", "-", "a@x.test", "", 1, 1 },
	{ "sendmail[1]: 44F8o1Xx012345: from=<>, size=0, class=0, nrcpts=0, "
	  "proto=ESMTP, daemon=MTA, relay=h.test [192.0.2.1]",
	  LOG_ACCEPTED, "192.0.2.1", "-", "", "", 0, 0 },
	/* given up after RCPT: RSET, QUIT, a lost connection */
	{ "sm-mta[1]: 44F8o1Xx012345: from=<a@x.test>, size=0, class=0, "
	  "nrcpts=1, proto=ESMTP, daemon=MTA, relay=h.test [192.0.2.1]",
	  LOG_ACCEPTED, "192.0.2.1", "-", "a@x.test", "", 0, 0 },
	{ "sendmail[1]: 44F8o1Xx012345: from=root, size=5, class=0, nrcpts=1, "
	  "msgid=<1@x.test>, relay=root@localhost",
	  LOG_ACCEPTED, "-", "-", "root", "", 5, 1 },
	{ "sm-mta[1]: 44F8o1Xx012345: from=<a@x.test>, size=1, class=0, "
	  "nrcpts=1, msgid=<, relay=forged [198.51.100.9]>, proto=ESMTP, "
	  "relay=h.test [192.0.2.1]",
	  LOG_ACCEPTED, "192.0.2.1", "-", "a@x.test", "", 1, 1 },
	{ "sm-mta[2]: 44F8o1Xx012345: to=<b@y.test>,<c@z.test>, "
	  "delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=1, "
	  "relay=mx.test. [192.0.2.9], dsn=2.0.0, stat=Sent (ok)",
	  LOG_RECIPIENT, "-", "-", "-", "b@y.test c@z.test ", 0, 0 },
	{ "sm-mta[2]: 44F8o1Xx012345: to=jake, ctladdr=<a@x.test> (8/0), "
	  "delay=00:00:01, mailer=local, pri=1, dsn=2.0.0, stat=Sent",
	  LOG_RECIPIENT, "-", "-", "-", "jake ", 0, 0 },
	{ "sm-mta[1]: AUTH=server, relay=h.test [192.0.2.1], authid=jake, "
	  "mech=PLAIN, bits=0",
	  LOG_LOGIN, "-", "jake", "-", "", 0, 0 },
	{ "sm-mta[1]: NOQUEUE: AUTH=server, relay=h.test [192.0.2.1], "
	  "authid=jake, mech=PLAIN, bits=0",
	  LOG_LOGIN, "-", "jake", "-", "", 0, 0 },
	{ "sm-mta[1]: 44F8o1Xx012345: Milter: from=<a@x.test>, reject=451 "
	  "4.7.1 words",
	  LOG_MAIL_STOP, "-", "-", "a@x.test", "", 0, 0 },
	{ "sm-mta[1]: 44F8o1Xx012345: Milter: to=<b@y.test>, reject=550 5.7.1 "
	  "words",
	  LOG_RCPT_STOP, "-", "-", "-", "b@y.test ", 0, 0 },
	{ "sm-mta[1]: 44F8o1Xx012345: Milter: data, reject=451 4.7.1 words",
	  LOG_END_STOP, "-", "-", "-", "", 0, 0 },
	{ "sm-mta[1]: 44F8o1Xx012345: Milter: data, discard", LOG_END_STOP, "-",
	  "-", "-", "", 0, 0 },
	{ "sm-mta[1]: 44F8o1Xx012345: milter=weir, quarantine=weir: own",
	  LOG_END_STOP, "-", "-", "-", "", 0, 0 },
	{ "sm-mta[1]: 44F8o1Xx012345: ruleset=check_rcpt, arg1=<b@y.test>, "
	  "relay=h.test [192.0.2.1], reject=550 5.7.1 <b@y.test>... no",
	  LOG_TURNED_AWAY, "-", "-", "-", "", 0, 0 },
	{ "sm-mta[1]: STARTTLS=server, relay=h.test [192.0.2.1], version=TLS",
	  LOG_NOTHING, "-", "-", "-", "", 0, 0 },
	{ "sm-mta[1]: 44F8o1Xx012345: to=<b@y.test>", LOG_NOTHING, "-", "-",
	  "-", "", 0, 0 },
	{ "crond[1]: 44F8o1Xx012345: from=<a@x.test>, size=1, nrcpts=1",
	  LOG_NOTHING, "-", "-", "-", "", 0, 0 },
};

static const char *whole(int row)
{
	static char line[2000];

	snprintf(line, sizeof(line), RFC3339 "%s", rows[row].line);
	return line;
}

START_TEST(a_line)
{
	struct log_event event;
	struct slice address;
	char list[200] = "";

	ck_assert_int_eq(read_text(&sendmail, whole(_i), &event),
			 rows[_i].kind);
	ck_assert_str_eq(said(&event.client), rows[_i].client);
	ck_assert_str_eq(said(&event.login), rows[_i].login);
	ck_assert_str_eq(said(&event.sender), rows[_i].sender);
	while (rows[_i].kind != LOG_NOTHING &&
	       log_event_recipient(&event, &address)) {
		strcat(list, said(&address));
		strcat(list, " ");
	}
	ck_assert_str_eq(list, rows[_i].recipients);
	ck_assert_uint_eq(event.bytes, rows[_i].bytes);
	ck_assert_uint_eq(event.count, rows[_i].count);
}
END_TEST

START_TEST(a_hostile_line)
{
	torture(&sendmail, whole(_i));
	stretch(&sendmail, whole(_i));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log_sendmail");
	TCase *tcase = tcase_create("log_sendmail");

	tcase_add_loop_test(tcase, a_line, 0, COUNT(rows));
	tcase_add_loop_test(tcase, a_hostile_line, 0, COUNT(rows));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
