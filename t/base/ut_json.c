/* SPDX-License-Identifier: ISC */
/* Any bytes become JSON, and what is read back is bounded and never NULL. */
#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *data;
	size_t length;
	const char *json;
} texts[] = {
	{ "", 0, "\"\"" },
	{ "jake", 4, "\"jake\"" },
	{ "j\xc3\xa4k", 4, "\"j\\u00E4k\"" },
	{ "\xf0\x9f\x93\xac", 4, "\"\\uD83D\\uDCEC\"" },
	{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
	{ "a\r\n\t\x1b", 5, "\"a\\r\\n\\t\\u001B\"" },
	{ "a\0b", 3, "\"a\\\\x00b\"" },
	{ "\xff", 1, "\"\\\\xff\"" },
	{ "\xc3", 1, "\"\\\\xc3\"" },
	{ "\xc3(", 2, "\"\\\\xc3(\"" },
	{ "\xed\xa0\x80", 3, "\"\\\\xed\\\\xa0\\\\x80\"" }, /* a surrogate */
	{ "\xc0\x80", 2, "\"\\\\xc0\\\\x80\"" },	    /* a long NUL */
	{ "\xf0\x9f\x93", 3, "\"\\\\xf0\\\\x9f\\\\x93\"" },
	{ "a\xe2\x82\xac\xe2\x82", 6, "\"a\\u20AC\\\\xe2\\\\x82\"" },
	/* CSI in one character, right to left, line separator, DEL */
	{ "\xc2\x9b"
	  "m\xe2\x80\xae\xe2\x80\xa8\x7f",
	  10, "\"\\u009Bm\\u202E\\u2028\\u007F\"" },
	{ NULL, 0, "null" },
};

START_TEST(test_any_bytes)
{
	char *json = document_write(
		document_text(texts[_i].data, texts[_i].length));

	ck_assert_str_eq(json, texts[_i].json);
	free(json);
}
END_TEST

START_TEST(test_strings)
{
	char *json = document_write(document_string("a\xff"));

	ck_assert_str_eq(json, "\"a\\\\xff\"");
	free(json);
	json = document_write(document_string(NULL));
	ck_assert_str_eq(json, "null");
	free(json);
}
END_TEST

/* Each byte, 64 KB of it. */
START_TEST(test_every_byte_is_written)
{
	const size_t length = (size_t)64 * 1024;
	char *data = malloc(length), *json;
	json_t *read;

	ck_assert_ptr_nonnull(data);
	memset(data, _i, length);
	json = document_write(document_text(data, length));
	read = json_loads(json, JSON_DECODE_ANY, NULL);
	ck_assert_ptr_nonnull(read);
	ck_assert_uint_eq(json_string_length(read),
			  _i == 0 || _i >= 0x80 ? 4 * length : length);
	if (_i != 0 && _i < 0x80)
		ck_assert_mem_eq(json_string_value(read), data, length);
	json_decref(read);
	free(json);
	free(data);
}
END_TEST

static const struct {
	uint64_t number;
	const char *json;
} numbers[] = {
	{ 0, "0" },
	{ 1, "1" },
	{ UINT64_C(1) << 53, "9007199254740992" },
	{ INT64_MAX, "9223372036854775807" },
	{ (uint64_t)INT64_MAX + 1, "9223372036854775807" },
	{ UINT64_MAX, "9223372036854775807" },
};

START_TEST(test_numbers)
{
	char *json = document_write(document_number(numbers[_i].number));

	ck_assert_str_eq(json, numbers[_i].json);
	free(json);
}
END_TEST

static const struct {
	uint64_t moment_ms;
	const char *json;
} moments[] = {
	{ 0, "null" },
	{ 1000, "\"1970-01-01T00:00:01.000Z\"" },
	{ UINT64_C(1700000040000), "\"2023-11-14T22:14:00.000Z\"" },
};

START_TEST(test_moments)
{
	char *json = document_write(document_moment(moments[_i].moment_ms));

	ck_assert_str_eq(json, moments[_i].json);
	free(json);
}
END_TEST

static const struct {
	const char *json;
	const char *text;
	uint64_t number;
} members[] = {
	{ "{\"a\":\"text\"}", "text", 0 },
	{ "{\"a\":17}", "", 17 },
	{ "{\"a\":-17}", "", 0 },
	{ "{\"a\":9223372036854775807}", "", INT64_MAX },
	{ "{\"a\":1.5}", "", 0 },
	{ "{\"a\":true}", "", 0 },
	{ "{\"a\":null}", "", 0 },
	{ "{\"a\":[\"text\"]}", "", 0 },
	{ "{\"a\":{\"a\":\"text\"}}", "", 0 },
	{ "{\"b\":\"text\"}", "", 0 },
	{ "{}", "", 0 },
	{ "[1]", "", 0 },
	{ "\"a\"", "", 0 },
};

START_TEST(test_members)
{
	json_t *object = json_loads(members[_i].json, JSON_DECODE_ANY, NULL);

	ck_assert_ptr_nonnull(object);
	ck_assert_str_eq(document_get_text(object, "a"), members[_i].text);
	ck_assert_uint_eq(document_get_number(object, "a"), members[_i].number);
	json_decref(object);
}
END_TEST

START_TEST(test_members_of_nothing)
{
	ck_assert_str_eq(document_get_text(NULL, "a"), "");
	ck_assert_uint_eq(document_get_number(NULL, "a"), 0);
}
END_TEST

START_TEST(test_an_object_by_a_format)
{
	json_t *object;
	char *json = document_write(document_make(
		"a:s b_c:s d:n e:m f:m g:b h:o", "x\xff", NULL, UINT64_MAX,
		UINT64_C(1000), UINT64_C(0), true, json_array()));

	ck_assert_str_eq(json, "{\"a\":\"x\\\\xff\",\"b_c\":null,"
			       "\"d\":9223372036854775807,"
			       "\"e\":\"1970-01-01T00:00:01.000Z\","
			       "\"f\":null,\"g\":true,\"h\":[]}");
	free(json);
	json = document_write(document_make(""));
	ck_assert_str_eq(json, "{}");
	free(json);
	object = document_make("a:n b:s", UINT64_C(1), "x");
	document_put(object, "b:n c:s", UINT64_C(2), "y");
	json = document_write(object);
	ck_assert_str_eq(json, "{\"a\":1,\"b\":2,\"c\":\"y\"}");
	free(json);
}
END_TEST

START_TEST(test_printed_in_lines)
{
	char *printed = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&printed, &size);

	ck_assert_ptr_nonnull(out);
	document_print(json_pack("{s:i, s:[s]}", "a", 1, "b", "c"), out);
	fclose(out);
	ck_assert_str_eq(printed, "{\n  \"a\": 1,\n  \"b\": [\n    \"c\"\n"
				  "  ]\n}\n");
	free(printed);
}
END_TEST

/* References are given up: the sanitizer and jansson's count say so. */
START_TEST(test_a_reference_is_given_up)
{
	json_t *value = json_object();
	char *json;

	json_incref(value);
	json_incref(value);
	json = document_write(value);
	ck_assert_str_eq(json, "{}");
	ck_assert_uint_eq(value->refcount, 2);
	free(json);
	json_decref(value);
	json_decref(value);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("document");
	TCase *tcase = tcase_create("document");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_any_bytes, 0, COUNT_OF(texts));
	tcase_add_test(tcase, test_strings);
	tcase_add_loop_test(tcase, test_every_byte_is_written, 0, 256);
	tcase_add_loop_test(tcase, test_numbers, 0, COUNT_OF(numbers));
	tcase_add_loop_test(tcase, test_moments, 0, COUNT_OF(moments));
	tcase_add_loop_test(tcase, test_members, 0, COUNT_OF(members));
	tcase_add_test(tcase, test_members_of_nothing);
	tcase_add_test(tcase, test_an_object_by_a_format);
	tcase_add_test(tcase, test_printed_in_lines);
	tcase_add_test(tcase, test_a_reference_is_given_up);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
