/* SPDX-License-Identifier: ISC */
/* Listings in the form of Sendmail 8.17.1's -bp -v. The mark '+' and the
 * damaged entry are made up: that one was not seen writing them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "milter/queue/sendmail_listing.h"

/* 2026-11-25 12:00 UTC; the listing is in local time. */
#define NOW_MS UINT64_C(1795608000000)

static struct queue_list list;
static struct sendmail_listing reader;
static char directories[200]; /* of the messages, a word each */
static unsigned int cut;

static void take(void *context, struct queue_message *message,
		 const char *directory, bool is_cut)
{
	strcat(strcat(directories, directory), " ");
	cut += is_cut;
	queue_list_add(context, message);
}

static void setup(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	directories[0] = '\0';
	cut = 0;
	reader = (struct sendmail_listing){ .now_ms = NOW_MS,
					    .is_held = true,
					    .take = take,
					    .context = &list };
}

static void teardown(void)
{
	queue_list_clear(&list);
}

static void read_text(const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		char *line = strndup(text, length);

		sendmail_listing_read(&reader, line, length);
		free(line);
		text += length + (text[length] == '\n');
	}
	sendmail_listing_end(&reader);
}

#define HEAD                                               \
	"\t\t/var/spool/mqueue (3 requests)\n"             \
	"-----Q-ID----- --Size-- -Priority- ---Q-Time--- " \
	"--------Sender/Recipient--------\n"
#define TAIL "\t\tTotal requests: 3\n"

START_TEST(test_a_listing_of_quarantined_mail)
{
	const struct queue_message *message;

	read_text(HEAD "6APATSvx026049       13      60015 Nov 25 10:29 "
		       "Jake+x@Example.com\n"
		       "     QUARANTINE: weir: some reason\n"
		       "                 (alias database unavailable)\n"
		       "\t\t\t\t\t\ta@y.test\n"
		       "\t\t (alias database unavailable)\n"
		       "\t\t\t\t\t\tb@y.test\n"
		       "6APAUS7U027820*       3      30015+Dec 31 23:30 <>\n"
		       "\t\t\t\t\t\ta@y.test\n" TAIL);
	ck_assert_uint_eq(reader.unreadable, 0);
	ck_assert_uint_eq(list.count, 2);
	message = &list.messages[0];
	ck_assert_str_eq(message->id, "6APATSvx026049");
	ck_assert_str_eq(message->sender, "Jake+x@Example.com");
	ck_assert(message->is_held);
	ck_assert_uint_eq(message->bytes, 13);
	ck_assert_uint_eq(message->arrived_ms, NOW_MS - 91 * 60 * 1000);
	ck_assert_uint_eq(message->recipient_count, 2);
	ck_assert_str_eq(message->recipients[0], "a@y.test");
	ck_assert_str_eq(message->recipients[1], "b@y.test");
	message = &list.messages[1];
	ck_assert_str_eq(message->id, "6APAUS7U027820");
	ck_assert_str_eq(message->sender, "");
	ck_assert_uint_eq(message->bytes, 3);
	/* that day of this year is to come: it was the last one's */
	ck_assert_uint_eq(message->arrived_ms, UINT64_C(1767223800000));
}
END_TEST

/* Nothing is delivered at a high load average: in a flood each has an X. */
START_TEST(test_what_sendmail_does_with_it)
{
	static const char *const lines[] = {
		"6APATSvx026049X      13      60015 Nov 25 10:29 a@x.test\n",
		"6APATSXX026049X123456789      60015 Nov 25 10:29 a@x.test\n",
		"6APATSvx026049-      13      60015 Nov 25 10:29 a@x.test\n",
		"6APATSvx026049?      13      60015 Nov 25 10:29 a@x.test\n",
		"6APATSvx026049*123456789      60015 Nov 25 10:29 a@x.test\n",
	};
	const char *line = lines[_i];

	read_text(HEAD);
	read_text(line);
	ck_assert_uint_eq(reader.unreadable, 0);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(strlen(list.messages[0].id), 14);
	ck_assert_int_eq(strncmp(list.messages[0].id, line, 14), 0);
	ck_assert_uint_eq(list.messages[0].bytes,
			  line[15] == ' ' ? 13 : 123456789);
}
END_TEST

START_TEST(test_a_cut_address_is_not_known)
{
	read_text(HEAD "6APAVSuk029157        3      30015 Nov 25 10:31 "
		       "a.very.long.sender.address.that.does.not.fit.in.a."
		       "listing.of.eighty.columns@lo\n"
		       "\t\t\t\t\t\ta@y.test\n"
		       "6APATSvx026049        3      30015 Nov 25 10:29 "
		       "c@x.test\n"
		       "\t\t\t\t\t\ta.very.long.recipient.address.that.does."
		       "not.fit.in.a.listing.of.eighty.columns@\n"
		       "6APAUS7U027820        3      30015 Nov 25 10:30 "
		       "b@x.test\n" TAIL);
	ck_assert_uint_eq(reader.unreadable, 0);
	ck_assert_uint_eq(cut, 2);
	ck_assert_uint_eq(list.count, 3);
	ck_assert_str_eq(list.messages[2].sender, "b@x.test");
}
END_TEST

START_TEST(test_an_empty_queue)
{
	read_text("/var/spool/mqueue is empty\n\t\tTotal requests: 0\n");
	ck_assert_uint_eq(reader.unreadable, 0);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(test_a_line_without_its_values_is_counted)
{
	read_text(HEAD "6APATSvx026049 (job control file empty)\n"
		       "6APAUS7U027820        3      30015 Nov 25 10:30 "
		       "b@x.test\n" TAIL);
	ck_assert_uint_eq(reader.unreadable, 1);
	ck_assert_uint_eq(list.count, 1);
}
END_TEST

/* No address is taken for the head or the tail of a queue. */
START_TEST(test_addresses_that_look_like_a_frame)
{
	static const char *const senders[] = {
		"<\"a is empty\"@x.test>",
		"<\"no request)\"@x.test>",
		"<\"3 requests, x\"@x.test>",
		"<-dash@x.test>",
		"<\"/var/spool/mqueue (1 request)\"@x.test>",
	};
	const size_t count = sizeof(senders) / sizeof(senders[0]);
	char text[4000] = HEAD;

	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "6APATSvx02604%zu        3      30015 Nov 25 10:29 "
			 "%s\n\t\t\t\t\t\t%s\n\t\t\t\t\t\t/var/mail/a\n"
			 "\t\t\t\t\t\tTotal requests: 3\n",
			 i, senders[i], senders[i]);
	strcat(text, TAIL);
	read_text(text);
	ck_assert_uint_eq(reader.unreadable, 0);
	ck_assert_uint_eq(list.count, count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_str_eq(list.messages[i].sender, senders[i]);
		ck_assert_uint_eq(list.messages[i].recipient_count, 3);
		ck_assert_str_eq(list.messages[i].recipients[0], senders[i]);
		ck_assert_str_eq(list.messages[i].recipients[2],
				 "Total requests: 3");
	}
}
END_TEST

START_TEST(test_several_queues)
{
	read_text("/var/spool/mqueue/q1 is empty\n"
		  "\t\t/var/spool/mqueue/q2/qf (1 request)\n"
		  "-----Q-ID----- --Size--\n"
		  "6APATSvx026049*       3      30015 Nov 25 10:29 a@x.test\n"
		  "                 (Deferred: no)\n"
		  "\t\t\t\t\t\tb@y.test\n"
		  "\t\t /not a directory\n"
		  "\t\t/var/spool/mqueue/q3 (2 requests, only 1 printed)\n"
		  "-----Q-ID----- --Size--\n"
		  "6APATSvx026050        3      30015 Nov 25 10:29 "
		  "m\\303\\274ller@x.test\n"
		  "\t\t\t\t\t\tb\\303\\266@y.test\n"
		  "\t\tTotal requests: 2\n");
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(directories, "/var/spool/mqueue/q2/qf "
				      "/var/spool/mqueue/q3 ");
	ck_assert_str_eq(list.messages[1].sender, "m\303\274ller@x.test");
	ck_assert_str_eq(list.messages[1].recipients[0], "b\303\266@y.test");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sendmail_listing");
	TCase *tcase = tcase_create("listing");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_a_listing_of_quarantined_mail);
	tcase_add_loop_test(tcase, test_what_sendmail_does_with_it, 0, 5);
	tcase_add_test(tcase, test_a_cut_address_is_not_known);
	tcase_add_test(tcase, test_an_empty_queue);
	tcase_add_test(tcase, test_addresses_that_look_like_a_frame);
	tcase_add_test(tcase, test_several_queues);
	tcase_add_test(tcase, test_a_line_without_its_values_is_counted);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
