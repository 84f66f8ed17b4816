/* SPDX-License-Identifier: ISC */
/* What Postfix says, line by line, and what a stranger can do to it. */
#include "log_way.h"

#include "lib/replay/log_event.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct log_parser postfix = { log_postfix_read };

/* A line, and what it says: client, login, helo, sender, the first recipient,
 * the original; "-" is nothing. */
static const struct {
	const char *line;
	enum log_event_kind kind;
	const char *client, *login, *helo, *sender, *recipient, *original;
	uint64_t bytes, count;
} rows[] = {
	{ "postfix/smtpd[1]: 3A1B2C4D5E: client=h.test[192.0.2.1]", LOG_CLIENT,
	  "192.0.2.1", "-", "-", "-", "-", "-", 0, 0 },
	{ "postfix/smtpd[1]: 3A1B2C4D5E: client=unknown[2001:db8::1]:4711",
	  LOG_CLIENT, "2001:db8::1", "-", "-", "-", "-", "-", 0, 0 },
	{ "postfix/submission/smtpd[1]: 4Zx9fq1Lvqz3k: client=h[192.0.2.1], "
	  "sasl_method=PLAIN, sasl_username=Jake, sasl_sender=x",
	  LOG_CLIENT, "192.0.2.1", "Jake", "-", "-", "-", "-", 0, 0 },
	{ "postfix-in/smtpd[1]: 3A1B2C4D5E: client=h[192.0.2.1], "
	  "sasl_method=PLAIN, sasl_username=jake@corp.test",
	  LOG_CLIENT, "192.0.2.1", "jake@corp.test", "-", "-", "-", "-", 0, 0 },
	{ "postfix/qmgr[2]: 3A1B2C4D5E: from=<a@x.test>, size=1234, nrcpt=2 "
	  "(queue active)",
	  LOG_ACCEPTED, "-", "-", "-", "a@x.test", "-", "-", 1234, 2 },
	{ "postfix/qmgr[2]: 3A1B2C4D5E: from=<>, size=1, nrcpt=1 (queue active)",
	  LOG_ACCEPTED, "-", "-", "-", "", "-", "-", 1, 1 },
	{ "postfix/qmgr[2]: 3A1B2C4D5E: from=<\"a>, size=9\"@x.test>, size=7, "
	  "nrcpt=1 (queue active)",
	  LOG_ACCEPTED, "-", "-", "-", "\"a>, size=9\"@x.test", "-", "-", 7,
	  1 },
	{ "postfix/qmgr[2]: 3A1B2C4D5E: removed", LOG_REMOVED, "-", "-", "-",
	  "-", "-", "-", 0, 0 },
	{ "postfix/qmgr[2]: 3A1B2C4D5E: from=<a@x.test>, status=expired, "
	  "returned to sender",
	  LOG_NOTHING, "-", "-", "-", "a@x.test", "-", "-", 0, 0 },
	{ "postfix/smtp[3]: 3A1B2C4D5E: to=<b@y.test>, relay=mx[192.0.2.9]:25, "
	  "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)",
	  LOG_RECIPIENT, "-", "-", "-", "-", "b@y.test", "-", 0, 0 },
	{ "postfix/local[3]: 3A1B2C4D5E: to=<b@y.test>, orig_to=<c@z.test>, "
	  "relay=local, delay=1, status=deferred (full)",
	  LOG_RECIPIENT, "-", "-", "-", "-", "b@y.test", "c@z.test", 0, 0 },
	{ "postfix/smtp[3]: 3A1B2C4D5E: to=<\"a,b\"@y.test>, relay=none, "
	  "status=bounced (no)",
	  LOG_RECIPIENT, "-", "-", "-", "-", "\"a,b\"@y.test", "-", 0, 0 },
	{ "postfix/smtp[3]: 3A1B2C4D5E: host mx[192.0.2.9] said: 450 to=<x@y>",
	  LOG_NOTHING, "-", "-", "-", "-", "-", "-", 0, 0 },
	{ "postfix/pickup[4]: 3A1B2C4D5E: uid=0 from=<root>", LOG_LOCAL, "-",
	  "-", "-", "root", "-", "-", 0, 0 },
	{ "postfix/smtpd[1]: NOQUEUE: milter-reject: MAIL from h[192.0.2.1]: "
	  "451 4.7.1 words; from=<a@x.test> proto=ESMTP helo=<h.test> "
	  "sasl_username=<jake>",
	  LOG_MAIL_STOP, "192.0.2.1", "jake", "h.test", "a@x.test", "-", "-", 0,
	  0 },
	{ "postfix/smtpd[1]: NOQUEUE: milter-reject: RCPT from h[192.0.2.1]: "
	  "451 4.7.1 words; from=<a@x.test> to=<b@y.test> proto=ESMTP "
	  "helo=<h.test>",
	  LOG_RCPT_STOP, "192.0.2.1", "-", "h.test", "a@x.test", "b@y.test",
	  "-", 0, 0 },
	{ "postfix/cleanup[5]: 3A1B2C4D5E: milter-reject: END-OF-MESSAGE from "
	  "h[192.0.2.1]: 5.7.1 words; from=<a@x.test> to=<b@y.test> "
	  "proto=ESMTP helo=<h.test>",
	  LOG_END_STOP, "192.0.2.1", "-", "h.test", "a@x.test", "b@y.test", "-",
	  0, 0 },
	{ "postfix/cleanup[5]: 3A1B2C4D5E: milter-hold: END-OF-MESSAGE from "
	  "h[192.0.2.1]: milter triggers HOLD action; from=<> to=<b@y.test>",
	  LOG_END_STOP, "192.0.2.1", "-", "-", "", "b@y.test", "-", 0, 0 },
	/* since Postfix 3.10 with the milter's reason */
	{ "postfix/cleanup[5]: 3A1B2C4D5E: milter-hold: END-OF-MESSAGE from "
	  "h[192.0.2.1]: weir: limit s: sender:a@x.test has 3 of 2 in 1h; "
	  "from=<a@x.test> to=<b@y.test> proto=ESMTP helo=<h.test>",
	  LOG_END_STOP, "192.0.2.1", "-", "h.test", "a@x.test", "b@y.test", "-",
	  0, 0 },
	{ "postfix/smtpd[1]: NOQUEUE: milter-reject: CONNECT from "
	  "h[192.0.2.1]: 451 4.7.1 words; proto=SMTP",
	  LOG_NOTHING, "192.0.2.1", "-", "-", "-", "-", "-", 0, 0 },
	{ "postfix/smtpd[1]: NOQUEUE: reject: RCPT from h[192.0.2.1]: 450 4.1.1 "
	  "words; from=<a@x.test> to=<b@y.test> proto=ESMTP helo=<h>",
	  LOG_TURNED_AWAY, "-", "-", "-", "-", "-", "-", 0, 0 },
	{ "postfix/smtpd[1]: disconnect from h[192.0.2.1] ehlo=1 quit=1",
	  LOG_OVER, "-", "-", "-", "-", "-", "-", 0, 0 },
	{ "postfix/cleanup[5]: 3A1B2C4D5E: message-id=<from=<x@y>>",
	  LOG_NOTHING, "-", "-", "-", "-", "-", "-", 0, 0 },
	/* what a stranger writes is not what Postfix writes */
	{ "postfix/smtpd[1]: NOQUEUE: milter-reject: MAIL from h[192.0.2.1]: "
	  "451 4.7.1 words; from=<a@x.test> proto=ESMTP helo=<; "
	  "from=<forged@z.test> sasl_username=<x>",
	  LOG_MAIL_STOP, "192.0.2.1", "x", "; from=<forged@z.test", "a@x.test",
	  "-", "-", 0, 0 },
	{ "postfix/qmgr[2]: 3A1B2C4D5E: from=<a@x.test>, "
	  "size=99999999999999999999, nrcpt=1 (queue active)",
	  LOG_NOTHING, "-", "-", "-", "a@x.test", "-", "-", 0, 0 },
	{ "dovecot[9]: 3A1B2C4D5E: client=h[192.0.2.1]", LOG_NOTHING, "-", "-",
	  "-", "-", "-", "-", 0, 0 },
	{ "postfix/anvil[9]: 3A1B2C4D5E: client=h[192.0.2.1]", LOG_NOTHING, "-",
	  "-", "-", "-", "-", "-", 0, 0 },
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
	struct slice first = { NULL, 0 };

	ck_assert_int_eq(read_text(&postfix, whole(_i), &event), rows[_i].kind);
	log_event_recipient(&event, &first);
	ck_assert_str_eq(said(&event.client), rows[_i].client);
	ck_assert_str_eq(said(&event.login), rows[_i].login);
	ck_assert_str_eq(said(&event.helo), rows[_i].helo);
	ck_assert_str_eq(said(&event.sender), rows[_i].sender);
	ck_assert_str_eq(said(&first), rows[_i].recipient);
	ck_assert_str_eq(said(&event.original), rows[_i].original);
	if (rows[_i].kind == LOG_ACCEPTED) {
		ck_assert_uint_eq(event.bytes, rows[_i].bytes);
		ck_assert_uint_eq(event.count, rows[_i].count);
	}
}
END_TEST

START_TEST(a_hostile_line)
{
	torture(&postfix, whole(_i));
	stretch(&postfix, whole(_i));
}
END_TEST

START_TEST(a_discard_is_told_from_a_reject)
{
	static const char discard[] = RFC3339
		"postfix/smtpd[1]: NOQUEUE: milter-discard: MAIL from "
		"h[192.0.2.1]: milter triggers DISCARD action; from=<a@x.test>";
	struct log_event event;

	ck_assert_int_eq(read_text(&postfix, discard, &event), LOG_MAIL_STOP);
	ck_assert(event.is_discard);
	ck_assert_int_eq(read_text(&postfix, whole(14), &event), LOG_MAIL_STOP);
	ck_assert(!event.is_discard);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log_postfix");
	TCase *tcase = tcase_create("log_postfix");

	tcase_add_loop_test(tcase, a_line, 0, COUNT(rows));
	tcase_add_loop_test(tcase, a_hostile_line, 0, COUNT(rows));
	tcase_add_test(tcase, a_discard_is_told_from_a_reject);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
