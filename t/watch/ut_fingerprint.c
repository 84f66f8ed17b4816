/* SPDX-License-Identifier: ISC */
/* What is the same from one message of a script to the next. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/watch/fingerprint.h"
#include "lib/watch/headers.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *subject, *folded;
} folds[] = {
	{ "", "" },
	{ "Newsletter 12", "newsletter #" },
	{ "  Newsletter\t 12 \r\n of 1999 ", "newsletter # of #" },
	{ "Re: Fwd: RE: aw:WG: FW:hello", "hello" },
	{ "Re", "re" },
	{ "red: 5", "red: #" },
	{ "order 550e8400-e29b-41d4-a716-446655440000 shipped",
	  "order % shipped" },
	{ "order 00112233-4455-6677-8899-aabbccddeeff shipped",
	  "order % shipped" },
	{ "id deadbeefdeadbeef", "id deadbeefdeadbeef" },
	{ "id DEADBEEF1", "id %" },
	{ "on 2026-11-28", "on #-#-#" },
	{ "0123456789", "#" },
	{ "a1b2c3", "a#b#c#" },
	{ "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_5?=", "gr\xc3\xbc\xc3\x9f"
					   "e #" },
	{ "=?iso-8859-1?q?Gr=FC=DFe?= 5", "gr\xc3\xbc\xc3\x9f"
					  "e #" },
	{ "=?utf-8?B?R3LDvMOfZQ==?=", "gr\xc3\xbc\xc3\x9f"
				      "e" },
	{ "=?utf-8?b?R3LD?=\r\n =?utf-8?b?vMOfZQ==?=", "gr\xc3\xbc\xc3\x9f"
						       "e" },
	{ "=?us-ascii*en?q?a?= b", "a b" },
	{ "=?us-ascii?q?a?= =?us-ascii?q?b?= c =?us-ascii?q?d?=", "ab c d" },
	{ "=?koi8-r?B?8NLJ18XU?= 7", "=?koi#-r?b?#nlj#xu?= #" },
	{ "=?utf-8?X?abc?=", "=?utf-#?x?abc?=" },
	{ "=?utf-8?q?abc", "=?utf-#?q?abc" },
	{ "=?utf-8?q?=0D=0Aa=00b=1B[31m?=", "a b [#m" },
	{ "=?utf-8?q?=ff=fe?= x", "?? x" },
	{ "=?", "=?" },
	{ "\xff"
	  "a",
	  "?a" },
	{ "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 5",
	  "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 #" },
};

START_TEST(a_subject_is_folded)
{
	char folded[FINGERPRINT_FOLD_MAX + 1];

	ck_assert_str_eq(fingerprint_fold(folds[_i].subject,
					  strlen(folds[_i].subject), folded),
			 folds[_i].folded);
}
END_TEST

/* Cut between characters, whatever the length. */
START_TEST(a_long_subject_is_cut)
{
	char subject[5000], folded[FINGERPRINT_FOLD_MAX + 1];

	for (size_t i = 0; i + 1 < sizeof(subject); i += 2)
		memcpy(subject + i, "\xc3\xbc", 2);
	for (size_t length = 0; length < sizeof(subject); length += 99) {
		fingerprint_fold(subject + 1, length, folded);
		ck_assert_uint_le(strlen(folded), FINGERPRINT_FOLD_MAX);
	}
	ck_assert_uint_eq(strlen(folded), FINGERPRINT_FOLD_MAX - 1);
	ck_assert_int_eq(folded[0], '?');
	ck_assert_str_eq(folded + FINGERPRINT_FOLD_MAX - 3, "\xc3\xbc");
}
END_TEST

/* sha256sum of the same bytes, its first 16 digits. */
START_TEST(a_fingerprint_is_what_sha256sum_says)
{
	char text[FINGERPRINT_SIZE];

	ck_assert_str_eq(fingerprint_of("newsletter #", "from to subject",
					"33:cdomail.php", text),
			 "6f1ab2b85f7afe22");
	ck_assert_str_eq(fingerprint_of("", "", "", text), "b241f649db62f85e");
}
END_TEST

static void add_some(struct headers *headers)
{
	static const char *const lines[][2] = {
		{ "Received", "from c by d" },
		{ "Received", "from b by c" },
		{ "Received", "from a by b" },
		{ "FROM", "a@x.example" },
		{ "To", "\"a, b\" <a@x>, (x, y) b@x, c\\,d@x" },
		{ "Subject", "Newsletter 12" },
		{ "X-PHP-Originating-Script", "33:cdomail.php" },
		{ "X-Mailer", "PHPMailer 6.8" },
		{ "User-Agent", "second" },
		{ "Subject", "second" },
		{ "To", " " },
	};

	for (int i = 0; i < COUNT(lines); i++)
		headers_add(headers, lines[i][0], lines[i][1]);
}

START_TEST(headers_that_a_handler_asks_for)
{
	struct headers headers = { 0 };
	json_t *object;
	char *text;

	add_some(&headers);
	ck_assert_str_eq(headers.shape,
			 "from to subject x-php-originating-script x-mailer "
			 "user-agent subject to");
	object = headers_json(&headers, SUBJECTS_KEEP);
	text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	ck_assert_str_eq(text, "{\"from\":\"a@x.example\",\"to\":3,"
			       "\"subject\":\"Newsletter 12\","
			       "\"mailer\":\"PHPMailer 6.8\","
			       "\"php_script\":\"33:cdomail.php\","
			       "\"received\":[\"from b by c\","
			       "\"from a by b\"]}");
	free(text);
	json_decref(object);
	headers_clear(&headers);
	ck_assert_ptr_null(headers.values[HEADER_FROM]);
}
END_TEST

START_TEST(a_subject_may_be_folded_or_left_out)
{
	struct headers headers = { 0 };
	json_t *object;

	add_some(&headers);
	object = headers_json(&headers, SUBJECTS_FOLD);
	ck_assert_str_eq(json_string_value(json_object_get(object, "subject")),
			 "newsletter #");
	json_decref(object);
	object = headers_json(&headers, SUBJECTS_NONE);
	ck_assert_ptr_null(json_object_get(object, "subject"));
	json_decref(object);
	headers_clear(&headers);
}
END_TEST

/* Another hop, number or recipient changes nothing; another script does. */
START_TEST(messages_of_one_script_have_one_fingerprint)
{
	struct headers one = { 0 }, two = { 0 }, other = { 0 };
	char a[FINGERPRINT_SIZE], b[FINGERPRINT_SIZE];

	ck_assert_str_eq(headers_fingerprint(&one, a), "");
	headers_add(&one, "From", "a@x");
	headers_add(&one, "Subject", "Newsletter 12");
	headers_add(&two, "Received", "from a by b");
	headers_add(&two, "From", "b@y");
	headers_add(&two, "Subject", "newsletter 7");
	headers_add(&other, "Subject", "newsletter 7");
	headers_add(&other, "From", "b@y");
	ck_assert_str_eq(headers_fingerprint(&one, a),
			 headers_fingerprint(&two, b));
	ck_assert_str_ne(a, headers_fingerprint(&other, b));
	headers_add(&two, "X-PHP-Originating-Script", "33:other.php");
	ck_assert_str_ne(a, headers_fingerprint(&two, b));
	headers_clear(&one);
	headers_clear(&two);
	headers_clear(&other);
}
END_TEST

START_TEST(headers_are_bounded)
{
	struct headers headers = { 0 };
	char value[3000], name[70];
	json_t *object;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	memset(name, 'N', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	headers_add(&headers, "Subject", value);
	for (int i = 0; i < 1000; i++) {
		headers_add(&headers, name, value);
		headers_add(&headers, "Received", value);
	}
	ck_assert_uint_eq(strlen(headers.values[HEADER_SUBJECT]),
			  HEADER_VALUE_MAX);
	ck_assert_uint_eq(headers.cut, 1001);
	object = headers_json(&headers, SUBJECTS_KEEP);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "cut")),
			 1001);
	json_decref(object);
	ck_assert_uint_le(headers.shape_length, HEADERS_SHAPE_MAX);
	ck_assert_uint_eq(strlen(headers.shape), headers.shape_length);
	headers_clear(&headers);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fingerprint");
	TCase *cases = tcase_create("fingerprint");

	suite_add_tcase(suite, cases);
	tcase_add_loop_test(cases, a_subject_is_folded, 0, COUNT(folds));
	tcase_add_test(cases, a_long_subject_is_cut);
	tcase_add_test(cases, a_fingerprint_is_what_sha256sum_says);
	tcase_add_test(cases, headers_that_a_handler_asks_for);
	tcase_add_test(cases, a_subject_may_be_folded_or_left_out);
	tcase_add_test(cases, messages_of_one_script_have_one_fingerprint);
	tcase_add_test(cases, headers_are_bounded);
	return check_run(suite);
}
