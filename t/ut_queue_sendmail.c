/* SPDX-License-Identifier: ISC */
/* Listings in the form of Sendmail 8.17.1's -bp -v. The marks '*' and '+' and
 * the damaged entry are made up: that one was not seen writing them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../milter/queue_sendmail.h"

/* 2026-11-25 12:00 UTC; the listing is in local time. */
#define NOW_MS UINT64_C(1795608000000)

static struct queue_list list;
static struct queue_sendmail_reader reader;

static void take(void *context, struct queue_message *message)
{
	queue_list_add(context, message);
}

static void setup(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	reader = (struct queue_sendmail_reader){ .now_ms = NOW_MS,
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

		queue_sendmail_read(&reader, line, length);
		free(line);
		text += length + (text[length] == '\n');
	}
	queue_sendmail_end(&reader);
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
	ck_assert_uint_eq(reader.unreadable, 2);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.messages[0].sender, "b@x.test");
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

int main(void)
{
	Suite *suite = suite_create("queue_sendmail");
	TCase *tcase = tcase_create("listing");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_a_listing_of_quarantined_mail);
	tcase_add_test(tcase, test_a_cut_address_is_not_known);
	tcase_add_test(tcase, test_an_empty_queue);
	tcase_add_test(tcase, test_a_line_without_its_values_is_counted);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
