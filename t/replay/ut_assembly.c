/* SPDX-License-Identifier: ISC */
/* Lines that lie in each other's way become messages, in the right order. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/replay/assembly.h"
#include "lib/replay/log_event.h"

#define HORIZON_MS 60000

static struct assembly *assembly;
static struct assembly_options options;
static struct log_time when;
static unsigned int second;
static char taken[4000]; /* "CLIENT LOGIN SENDER BYTES: R R +HIDDEN;" ... */

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A message as a few words behind the others. */
static void add(const char *format, ...)
{
	size_t length = strlen(taken);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(taken + length, sizeof(taken) - length, format, arguments);
	va_end(arguments);
}

static void take(void *context, const struct log_message *message)
{
	(void)context;
	add("%s %s %s %u:", message->client, message->login, message->sender,
	    (unsigned int)message->bytes);
	for (size_t i = 0; i < message->recipient_count; i++)
		add(" %s", message->recipients[i].address);
	if (message->hidden != 0)
		add(" +%u", (unsigned int)message->hidden);
	add(";");
}

static void setup(void)
{
	setenv("TZ", "UTC", 1);
	log_time_begin(&when, 2026, 0);
	options = (struct assembly_options){ .horizon_ms = HORIZON_MS,
					     .max = 100,
					     .with_recipients = true,
					     .take = take };
	assembly = assembly_new(&options);
	taken[0] = '\0';
	second = 0;
}

static void teardown(void)
{
	assembly_free(&assembly);
	ck_assert_ptr_null(assembly);
	assembly_free(&assembly);
}

static void start_over(void)
{
	assembly_free(&assembly);
	assembly = assembly_new(&options);
}

/* "TAG: words", a second after the line before. */
static void say(const char *words)
{
	char text[1000];
	struct slice slice;
	struct log_line line;
	struct log_event event;

	snprintf(text, sizeof(text), "May  1 %02u:%02u:%02u mx1 %s",
		 second / 3600, second / 60 % 60, second % 60, words);
	second++;
	slice = slice_of(text);
	ck_assert(log_line_split(&when, &slice, &line));
	if (line.origin == LOG_POSTFIX ? log_postfix_read(&line, &event)
				       : log_sendmail_read(&line, &event))
		assembly_add(assembly, &line, &event);
}

static void client(const char *id)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "postfix/smtpd[1]: %s: client=h[192.0.2.1]", id);
	say(text);
}

static void accepted(const char *id, const char *sender, unsigned int count)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "postfix/qmgr[2]: %s: from=<%s>, size=9, nrcpt=%u (queue "
		 "active)",
		 id, sender, count);
	say(text);
}

static void sent(const char *id, const char *recipient)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "postfix/smtp[3]: %s: to=<%s>, relay=x, status=sent (ok)", id,
		 recipient);
	say(text);
}

static void refused(unsigned int pid, const char *sender, const char *recipient)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "postfix/smtpd[%u]: NOQUEUE: milter-reject: RCPT from "
		 "h[192.0.2.1]: 451 4.7.1 full; from=<%s> to=<%s> proto=ESMTP",
		 pid, sender, recipient);
	say(text);
}

START_TEST(a_message)
{
	say("postfix/smtpd[1]: AAAAAA: client=h[192.0.2.1], sasl_method=PLAIN, "
	    "sasl_username=jake");
	accepted("AAAAAA", "a@x", 2);
	sent("AAAAAA", "b@y");
	ck_assert_str_eq(taken, "");
	sent("AAAAAA", "c@z");
	ck_assert_str_eq(taken, "192.0.2.1 jake a@x 9: b@y c@z;");
	say("postfix/qmgr[2]: AAAAAA: removed");
	assembly_finish(assembly);
	ck_assert_str_eq(taken, "192.0.2.1 jake a@x 9: b@y c@z;");
}
END_TEST

START_TEST(the_order_is_that_of_the_ends)
{
	client("AAAAAA");
	client("BBBBBB");
	accepted("BBBBBB", "b@x", 1);
	accepted("AAAAAA", "a@x", 1);
	sent("AAAAAA", "r@y");
	ck_assert_str_eq(taken, "");
	sent("BBBBBB", "r@y");
	ck_assert_str_eq(taken, "192.0.2.1  b@x 9: r@y;192.0.2.1  a@x 9: r@y;");
}
END_TEST

START_TEST(a_deferred_recipient_counts_once)
{
	client("AAAAAA");
	accepted("AAAAAA", "a@x", 2);
	for (int i = 0; i < 3; i++)
		say("postfix/smtp[3]: AAAAAA: to=<b@y>, relay=none, "
		    "status=deferred (no)");
	ck_assert_str_eq(taken, "");
	accepted("AAAAAA", "a@x", 1); /* tried again */
	sent("AAAAAA", "c@y");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 9: b@y c@y;");
}
END_TEST

START_TEST(the_recipient_is_the_one_of_rcpt)
{
	client("AAAAAA");
	accepted("AAAAAA", "a@x", 2);
	say("postfix/local[3]: AAAAAA: to=<b1@y>, orig_to=<list@y>, relay=x, "
	    "status=sent (ok)");
	say("postfix/local[3]: AAAAAA: to=<b2@y>, orig_to=<list@y>, relay=x, "
	    "status=sent (ok)");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 9: list@y;");
}
END_TEST

START_TEST(who_waits_too_long_hides_the_others)
{
	client("AAAAAA");
	accepted("AAAAAA", "a@x", 3);
	sent("AAAAAA", "b@y");
	second += HORIZON_MS / 1000;
	client("BBBBBB");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 9: b@y +2;");
	ck_assert_uint_eq(assembly_counts(assembly)->hiding, 1);
}
END_TEST

START_TEST(removed_hides_nobody)
{
	client("AAAAAA");
	accepted("AAAAAA", "a@x", 3);
	sent("AAAAAA", "b@y");
	say("postfix/qmgr[2]: AAAAAA: removed");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 9: b@y;");
}
END_TEST

START_TEST(without_recipients_nobody_waits)
{
	options.with_recipients = false;
	start_over();
	client("AAAAAA");
	accepted("AAAAAA", "a@x", 3);
	ck_assert_str_eq(taken, "192.0.2.1  a@x 9: +3;");
}
END_TEST

START_TEST(a_queue_id_comes_again)
{
	client("AAAAAA");
	client("AAAAAA");
	ck_assert_uint_eq(assembly_counts(assembly)->unfinished, 1);
	accepted("AAAAAA", "a@x", 2);
	sent("AAAAAA", "b@y");
	client("AAAAAA");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 9: b@y +1;");
	accepted("AAAAAA", "c@x", 1);
	sent("AAAAAA", "d@y");
	ck_assert_str_eq(taken,
			 "192.0.2.1  a@x 9: b@y +1;192.0.2.1  c@x 9: d@y;");
}
END_TEST

START_TEST(tables_are_bounded)
{
	char id[20];

	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "A%06d", i);
		client(id);
	}
	ck_assert_uint_eq(assembly_counts(assembly)->unfinished, 900);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "B%06d", i);
		client(id);
		second -= 2; /* no time passes */
		accepted(id, "a@x", 2);
	}
	ck_assert_uint_ge(assembly_counts(assembly)->messages, 899);
	ck_assert_uint_eq(assembly_counts(assembly)->unfinished, 1000);
	assembly_finish(assembly);
	ck_assert_uint_eq(assembly_counts(assembly)->messages, 1000);
}
END_TEST

START_TEST(a_refusal_at_mail_is_a_message)
{
	say("postfix/smtpd[1]: NOQUEUE: milter-reject: MAIL from "
	    "h[192.0.2.1]: 451 4.7.1 full; from=<a@x> proto=ESMTP helo=<h>");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0:;");
}
END_TEST

START_TEST(a_refusal_at_the_end_is_a_message)
{
	client("AAAAAA");
	say("postfix/cleanup[4]: AAAAAA: milter-reject: END-OF-MESSAGE from "
	    "h[192.0.2.1]: 5.7.1 full; from=<a@x> to=<b@y> proto=ESMTP");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0: b@y;");
}
END_TEST

START_TEST(a_discarded_message_counts_once)
{
	say("postfix/smtpd[1]: NOQUEUE: milter-discard: MAIL from "
	    "h[192.0.2.1]: milter triggers DISCARD action; from=<a@x>");
	client("AAAAAA");
	say("postfix/cleanup[4]: AAAAAA: milter-discard: MAIL from "
	    "localhost[127.0.0.1]: milter triggers DISCARD action; from=<a@x>");
	assembly_finish(assembly);
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0:;");
	ck_assert_uint_eq(assembly_counts(assembly)->unfinished, 0);
}
END_TEST

START_TEST(refused_recipients_belong_to_the_message)
{
	refused(1, "a@x", "b@y");
	refused(1, "a@x", "c@y");
	client("AAAAAA");
	accepted("AAAAAA", "a@x", 1);
	sent("AAAAAA", "d@y");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 9: b@y c@y d@y;");
}
END_TEST

START_TEST(refused_recipients_of_another_do_not)
{
	refused(1, "a@x", "b@y");
	client("AAAAAA");
	accepted("AAAAAA", "c@x", 1);
	sent("AAAAAA", "d@y");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0: b@y;192.0.2.1  c@x 9: d@y;");
}
END_TEST

START_TEST(all_recipients_refused)
{
	refused(1, "a@x", "b@y");
	refused(2, "a@x", "b@y"); /* another process */
	refused(1, "a@x", "b@y"); /* the same again: the next message */
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0: b@y;");
	say("postfix/smtpd[2]: disconnect from h[192.0.2.1] ehlo=1");
	say("postfix/smtpd[1]: disconnect from h[192.0.2.1] ehlo=1");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0: b@y;192.0.2.1  a@x 0: b@y;"
				"192.0.2.1  a@x 0: b@y;");
}
END_TEST

START_TEST(refused_recipients_do_not_wait_for_ever)
{
	refused(1, "a@x", "b@y");
	client("AAAAAA");
	second += HORIZON_MS / 1000;
	client("BBBBBB");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0: b@y;");
	accepted("AAAAAA", "a@x", 1);
	sent("AAAAAA", "d@y");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0: b@y;192.0.2.1  a@x 9: d@y;");
}
END_TEST

START_TEST(mail_of_this_host)
{
	say("postfix/pickup[5]: AAAAAA: uid=0 from=<root>");
	accepted("AAAAAA", "root@h", 1);
	sent("AAAAAA", "b@y");
	ck_assert_str_eq(taken, "");
	ck_assert_uint_eq(assembly_counts(assembly)->local, 1);
	options.with_local = true;
	start_over();
	say("postfix/pickup[5]: AAAAAA: uid=0 from=<root>");
	accepted("AAAAAA", "root@h", 1);
	sent("AAAAAA", "b@y");
	ck_assert_str_eq(taken, "  root@h 9: b@y;");
}
END_TEST

START_TEST(a_bounce_is_no_message_of_a_client)
{
	accepted("AAAAAA", "", 1);
	sent("AAAAAA", "b@y");
	assembly_finish(assembly);
	ck_assert_str_eq(taken, "");
}
END_TEST

START_TEST(hosts_have_queue_ids_of_their_own)
{
	struct slice slice = slice_of("May  1 00:00:09 mx2 postfix/qmgr[2]: "
				      "AAAAAA: from=<no@x>, size=9, nrcpt=1 "
				      "(queue active)");
	struct log_line line;
	struct log_event event;

	client("AAAAAA");
	ck_assert(log_line_split(&when, &slice, &line));
	ck_assert(log_postfix_read(&line, &event));
	assembly_add(assembly, &line, &event);
	accepted("AAAAAA", "a@x", 1);
	sent("AAAAAA", "b@y");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 9: b@y;");
}
END_TEST

START_TEST(sendmail)
{
	say("sm-mta[7]: AUTH=server, relay=h [192.0.2.1], authid=jake, "
	    "mech=PLAIN, bits=0");
	say("sm-mta[7]: 44F8o1Xx01: Milter: to=<no@y>, reject=451 4.7.1 full");
	say("sm-mta[7]: 44F8o1Xx01: from=<a@x>, size=9, class=0, nrcpts=2, "
	    "msgid=<1@x>, proto=ESMTP, daemon=MTA, relay=h [192.0.2.1]");
	say("sm-mta[8]: 44F8o1Xx01: to=<b@y>,<c@y>, delay=0, stat=Sent");
	ck_assert_str_eq(taken, "192.0.2.1 jake a@x 9: no@y b@y c@y;");
}
END_TEST

START_TEST(sendmail_refused)
{
	say("sm-mta[7]: 44F8o1Xx01: Milter: from=<a@x>, reject=451 4.7.1 full");
	say("sm-mta[7]: 44F8o1Xx01: from=<a@x>, size=0, class=0, nrcpts=0, "
	    "proto=ESMTP, daemon=MTA, relay=h [192.0.2.1]");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0:;");
	say("sm-mta[7]: 44F8o1Xx02: from=<a@x>, size=0, class=0, nrcpts=0, "
	    "proto=ESMTP, daemon=MTA, relay=h [192.0.2.1]");
	ck_assert_uint_eq(assembly_counts(assembly)->turned_away, 1);
	say("sendmail[7]: 44F8o1Xx03: from=root, size=5, class=0, nrcpts=1, "
	    "relay=root@localhost");
	assembly_finish(assembly);
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0:;");
}
END_TEST

/* Ends what the queue id 44F8o1Xx01 was given for. */
static void sendmail_from(const char *sender, const char *rest)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "sm-mta[7]: 44F8o1Xx01: from=<%s>, %s, proto=ESMTP, "
		 "daemon=MTA, relay=h [192.0.2.1]",
		 sender, rest);
	say(text);
}

START_TEST(sendmail_refuses_mail_after_mail)
{
	static const char mail[] = "sm-mta[7]: 44F8o1Xx01: Milter: "
				   "from=<a@x>, reject=451 4.7.1 full";

	say("sm-mta[7]: AUTH=server, relay=h [192.0.2.1], authid=jake, "
	    "mech=PLAIN, bits=0");
	for (int i = 0; i < 3; i++)
		say(mail);
	sendmail_from("a@x", "size=0, class=0, nrcpts=0");
	ck_assert_str_eq(taken, "192.0.2.1 jake a@x 0:;"
				"192.0.2.1 jake a@x 0:;"
				"192.0.2.1 jake a@x 0:;");
	ck_assert_uint_eq(assembly_counts(assembly)->turned_away, 0);
	/* the next MAIL of the session is let in under the same queue id */
	taken[0] = '\0';
	say(mail);
	say(mail);
	sendmail_from("b@x", "size=9, class=0, nrcpts=1, msgid=<1@x>");
	say("sm-mta[8]: 44F8o1Xx01: to=<c@y>, delay=0, stat=Sent");
	ck_assert_str_eq(taken, "192.0.2.1 jake a@x 0:;"
				"192.0.2.1 jake a@x 0:;"
				"192.0.2.1 jake b@x 9: c@y;");
	/* or all its recipients are refused */
	taken[0] = '\0';
	say(mail);
	say("sm-mta[7]: 44F8o1Xx01: Milter: to=<c@y>, reject=451 4.7.1 full");
	sendmail_from("b@x", "size=0, class=0, nrcpts=0");
	ck_assert_str_eq(taken, "192.0.2.1 jake a@x 0:;"
				"192.0.2.1 jake b@x 0: c@y;");
	/* or the log ends before the session */
	taken[0] = '\0';
	say(mail);
	say(mail);
	assembly_finish(assembly);
	ck_assert_str_eq(taken, "  a@x 0:;  a@x 0:;");
	ck_assert_uint_eq(assembly_counts(assembly)->unfinished, 0);
}
END_TEST

START_TEST(sendmail_gave_up_after_rcpt)
{
	sendmail_from("a@x", "size=0, class=0, nrcpts=1");
	ck_assert_str_eq(taken, "");
	ck_assert_uint_eq(assembly_counts(assembly)->unfinished, 1);
	ck_assert_uint_eq(assembly_counts(assembly)->turned_away, 0);
	/* what was refused before is a message, as it is to weir */
	say("sm-mta[7]: 44F8o1Xx01: Milter: to=<b@y>, reject=451 4.7.1 full");
	sendmail_from("a@x", "size=0, class=0, nrcpts=1");
	ck_assert_str_eq(taken, "192.0.2.1  a@x 0: b@y;");
	ck_assert_uint_eq(assembly_counts(assembly)->unfinished, 1);
}
END_TEST

/* Whatever is under way is freed, in every state. */
START_TEST(given_up)
{
	refused(1, "a@x", "b@y");
	client("AAAAAA");
	refused(2, "a@x", "b@y");
	say("sm-mta[7]: 44F8o1Xx01: Milter: from=<a@x>, reject=451 4.7.1 full");
	say("sm-mta[7]: 44F8o1Xx01: Milter: from=<a@x>, reject=451 4.7.1 full");
	client("BBBBBB");
	accepted("BBBBBB", "a@x", 5);
	sent("BBBBBB", "b@y");
	ck_assert_str_eq(taken, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("assembly");
	TCase *tcase = tcase_create("assembly");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_message);
	tcase_add_test(tcase, the_order_is_that_of_the_ends);
	tcase_add_test(tcase, a_deferred_recipient_counts_once);
	tcase_add_test(tcase, the_recipient_is_the_one_of_rcpt);
	tcase_add_test(tcase, who_waits_too_long_hides_the_others);
	tcase_add_test(tcase, removed_hides_nobody);
	tcase_add_test(tcase, without_recipients_nobody_waits);
	tcase_add_test(tcase, a_queue_id_comes_again);
	tcase_add_test(tcase, tables_are_bounded);
	tcase_add_test(tcase, a_refusal_at_mail_is_a_message);
	tcase_add_test(tcase, a_refusal_at_the_end_is_a_message);
	tcase_add_test(tcase, a_discarded_message_counts_once);
	tcase_add_test(tcase, refused_recipients_belong_to_the_message);
	tcase_add_test(tcase, refused_recipients_of_another_do_not);
	tcase_add_test(tcase, all_recipients_refused);
	tcase_add_test(tcase, refused_recipients_do_not_wait_for_ever);
	tcase_add_test(tcase, mail_of_this_host);
	tcase_add_test(tcase, a_bounce_is_no_message_of_a_client);
	tcase_add_test(tcase, hosts_have_queue_ids_of_their_own);
	tcase_add_test(tcase, sendmail);
	tcase_add_test(tcase, sendmail_refused);
	tcase_add_test(tcase, sendmail_refuses_mail_after_mail);
	tcase_add_test(tcase, sendmail_gave_up_after_rcpt);
	tcase_add_test(tcase, given_up);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
