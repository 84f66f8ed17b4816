/* SPDX-License-Identifier: ISC */
/* The lines of postqueue(1) and postsuper(1), good and bad. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/queue/queue_postfix.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct queue_message message;

static void teardown(void)
{
	queue_message_clear(&message);
}

static bool read_line(const char *line)
{
	return queue_postfix_read(line, strlen(line), &message);
}

START_TEST(test_a_line_is_a_message)
{
	ck_assert(read_line(
		"{\"queue_name\": \"hold\", \"queue_id\": \"B60D1A7238E\", "
		"\"arrival_time\": 1795601862, \"message_size\": 293, "
		"\"forced_expire\": false, \"sender\": \"Jake+x@Example.com\", "
		"\"recipients\": [{\"address\": \"a@y.test\", \"delay_reason\":"
		" \"later\"}, {\"address\": \"b@y.test\"}], \"new\": [1]}"));
	ck_assert_str_eq(message.id, "B60D1A7238E");
	ck_assert(message.is_held);
	ck_assert_uint_eq(message.arrived_ms, UINT64_C(1795601862000));
	ck_assert_uint_eq(message.bytes, 293);
	ck_assert_str_eq(message.sender, "Jake+x@Example.com");
	ck_assert_uint_eq(message.recipient_count, 2);
	ck_assert_str_eq(message.recipients[0], "a@y.test");
	ck_assert_str_eq(message.recipients[1], "b@y.test");
	ck_assert_ptr_null(message.client);
}
END_TEST

START_TEST(test_the_null_sender_has_a_name_in_the_listing)
{
	ck_assert(read_line("{\"queue_name\": \"deferred\", \"queue_id\": "
			    "\"4Qx1\", \"sender\": \"MAILER-DAEMON\"}"));
	ck_assert_str_eq(message.sender, "");
	ck_assert(!message.is_held);
	ck_assert_uint_eq(message.recipient_count, 0);
}
END_TEST

static const char *const bad_lines[] = {
	"",
	"Mail queue is empty",
	"[]",
	"{}",
	"{\"queue_name\": \"hold\", \"queue_id\": \"4Qx1\"",
	"{\"queue_name\": \"hold\", \"queue_id\": \"4Qx1\"}",
	"{\"queue_name\": \"hold\", \"sender\": \"a@x\"}",
	"{\"queue_id\": \"4Qx1\", \"sender\": \"a@x\"}",
	"{\"queue_name\": \"hold\", \"queue_id\": 7, \"sender\": \"a@x\"}",
	"{\"queue_name\": \"hold\", \"queue_id\": \"ALL\", \"sender\": \"a\"}",
	"{\"queue_name\": \"hold\", \"queue_id\": \"../x\", \"sender\": \"a\"}",
	"{\"queue_name\": \"hold\", \"queue_id\": \"A\\nB\", \"sender\": \"\"}",
	"{\"queue_name\": \"hold\", \"queue_id\": \"\", \"sender\": \"a@x\"}",
};

START_TEST(test_what_is_no_message_is_refused)
{
	ck_assert(!read_line(bad_lines[_i]));
	ck_assert_ptr_null(message.id);
	ck_assert_ptr_null(message.sender);
}
END_TEST

static const struct {
	const char *line;
	uint64_t count;
	bool is_count;
} counts[] = {
	{ "postsuper: Released from hold: 12 messages", 12, true },
	{ "postsuper: Placed on hold: 1 message", 1, true },
	{ "postsuper: Deleted: 0 messages", 0, true },
	{ "postsuper: B60D1A7238E: released from hold", 7, false },
	{ "postsuper: Deleted: all messages", 7, false },
	{ "Deleted: 3 messages", 7, false },
	{ "postsuper: Requeued: 3 messages", 7, false },
	{ "", 7, false },
};

START_TEST(test_the_count_of_postsuper)
{
	uint64_t count = 7;

	ck_assert_int_eq(queue_postfix_read_count(counts[_i].line, &count),
			 counts[_i].is_count);
	ck_assert_uint_eq(count, counts[_i].count);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue_postfix");
	TCase *tcase = tcase_create("lines");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, test_a_line_is_a_message);
	tcase_add_test(tcase, test_the_null_sender_has_a_name_in_the_listing);
	tcase_add_loop_test(tcase, test_what_is_no_message_is_refused, 0,
			    COUNT_OF(bad_lines));
	tcase_add_loop_test(tcase, test_the_count_of_postsuper, 0,
			    COUNT_OF(counts));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
