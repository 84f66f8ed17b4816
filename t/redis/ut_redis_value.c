/* SPDX-License-Identifier: ISC */

/* Answers of Redis, as hiredis reads them off the wire. */
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "lib/redis/redis_value.h"

static struct redis_value *read_value(const char *wire)
{
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;

	ck_assert_int_eq(redisReaderFeed(reader, wire, strlen(wire)), REDIS_OK);
	ck_assert_int_eq(redisReaderGetReply(reader, &reply), REDIS_OK);
	ck_assert_ptr_nonnull(reply);
	redisReaderFree(reader);
	return reply;
}

static const struct row {
	const char *wire;
	int64_t integer;
	uint64_t number;
	const char *text;
	size_t count;
} rows[] = {
	{ ":17\r\n", 17, 17, "", 0 },
	{ ":-17\r\n", -17, 0, "", 0 },
	{ "$2\r\n17\r\n", 17, 17, "17", 0 },
	{ "$3\r\n-17\r\n", -17, 0, "-17", 0 },
	{ "$3\r\nabc\r\n", 0, 0, "abc", 0 },
	{ "+OK\r\n", 0, 0, "OK", 0 },
	{ "-ERR no\r\n", 0, 0, "ERR no", 0 },
	{ "$-1\r\n", 0, 0, "", 0 },
	{ "*2\r\n:1\r\n:2\r\n", 0, 0, "", 2 },
};

START_TEST(test_kinds)
{
	const struct row *row = &rows[_i];
	struct redis_value *value = read_value(row->wire);
	size_t length;

	ck_assert_int_eq(redis_value_integer(value), row->integer);
	ck_assert_uint_eq(redis_value_number(value), row->number);
	ck_assert_str_eq(redis_value_text(value, &length), row->text);
	ck_assert_uint_eq(length, strlen(row->text));
	ck_assert_uint_eq(redis_value_count(value), row->count);
	redis_value_free(&value);
	ck_assert_ptr_null(value);
}
END_TEST

START_TEST(test_elements)
{
	struct redis_value *value = read_value("*2\r\n$1\r\n4\r\n:5\r\n");

	ck_assert_uint_eq(redis_value_number_at(value, 0), 4);
	ck_assert_uint_eq(redis_value_number_at(value, 1), 5);
	ck_assert_uint_eq(redis_value_number_at(value, 2), 0);
	ck_assert_ptr_null(redis_value_at(value, 2));
	redis_value_free(&value);
}
END_TEST

START_TEST(test_time)
{
	struct redis_value *value = read_value(
		"*2\r\n$10\r\n1764000000\r\n$6\r\n123999\r\n");

	ck_assert_uint_eq(redis_value_time_ms(value), UINT64_C(1764000000123));
	redis_value_free(&value);
}
END_TEST

START_TEST(test_nothing)
{
	struct redis_value *value = NULL;
	uint64_t number = 17;
	size_t length = 7;

	ck_assert_int_eq(redis_value_integer(NULL), 0);
	ck_assert_uint_eq(redis_value_time_ms(NULL), 0);
	ck_assert_str_eq(redis_value_text(NULL, &length), "");
	ck_assert_uint_eq(length, 0);
	ck_assert_uint_eq(redis_value_count(NULL), 0);
	ck_assert_str_eq(redis_value_field(NULL, "file", &length), "");
	ck_assert(!redis_value_drop(NULL));
	ck_assert(!redis_value_take_number(NULL, &number));
	ck_assert_uint_eq(number, 17);
	ck_assert(redis_value_take_number(read_value(":4\r\n"), &number));
	ck_assert_uint_eq(number, 4);
	redis_value_free(&value);
}
END_TEST

START_TEST(test_entry_of_a_stream)
{
	struct redis_value *value = read_value(
		"*2\r\n$3\r\n1-0\r\n*7\r\n$1\r\na\r\n$1\r\nb\r\n"
		"$1\r\nb\r\n$1\r\nz\r\n$1\r\nb\r\n$3\r\nx y\r\n"
		"$3\r\nodd\r\n");
	size_t length;

	ck_assert_str_eq(redis_value_field(value, "b", &length), "x y");
	ck_assert_uint_eq(length, 3);
	ck_assert_str_eq(redis_value_field(value, "none", &length), "");
	ck_assert_uint_eq(length, 0);
	ck_assert_str_eq(redis_value_field(value, "odd", NULL), "");
	ck_assert(redis_value_drop(value));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis_value");
	TCase *cases = tcase_create("redis_value");

	tcase_add_loop_test(cases, test_kinds, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(cases, test_elements);
	tcase_add_test(cases, test_time);
	tcase_add_test(cases, test_nothing);
	tcase_add_test(cases, test_entry_of_a_stream);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
