/* SPDX-License-Identifier: ISC */
/* What libconfig would misread, found in the text before it does. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/settings/literal.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* The first finding; none for LITERAL_END. */
static const struct {
	const char *data;
	enum literal_kind kind;
	const char *text;
	unsigned int line;
} rows[] = {
	{ "", LITERAL_END, NULL, 0 },
	{ "n = 2147483647;", LITERAL_END, NULL, 0 },
	{ "n = -2147483648;", LITERAL_END, NULL, 0 },
	{ "n = 2147483648;", LITERAL_TOO_LARGE, "2147483648", 1 },
	{ "n = -2147483649;", LITERAL_TOO_LARGE, "-2147483649", 1 },
	{ "\n\nn=5000000000;", LITERAL_TOO_LARGE, "5000000000", 3 },
	{ "n = 5000000000L;", LITERAL_END, NULL, 0 },
	{ "n = 5000000000LL;", LITERAL_END, NULL, 0 },
	{ "n = 9223372036854775807L;", LITERAL_END, NULL, 0 },
	{ "n = 9223372036854775808L;", LITERAL_TOO_LARGE,
	  "9223372036854775808L", 1 },
	{ "n = 99999999999999999999999999999999999999999999999999999999999999"
	  "99999L;",
	  LITERAL_TOO_LARGE,
	  "9999999999999999999999999999999999999999999999999999999999999999999"
	  "L",
	  1 },
	{ "n = 0x7fffffff;", LITERAL_END, NULL, 0 },
	{ "n = 0xFFFFFFFF;", LITERAL_TOO_LARGE, "0xFFFFFFFF", 1 },
	{ "n = 0XFFFFFFFFFF;", LITERAL_TOO_LARGE, "0XFFFFFFFFFF", 1 },
	{ "n = 0xFFFFFFFFFFL;", LITERAL_END, NULL, 0 },
	{ "n = 0xFFFFFFFFFFFFFFFFL;", LITERAL_TOO_LARGE, "0xFFFFFFFFFFFFFFFFL",
	  1 },
	{ "n = 5000000000.5;", LITERAL_END, NULL, 0 },
	{ "n = 0660;", LITERAL_LEADING_ZERO, "0660", 1 },
	{ "n = -010;", LITERAL_LEADING_ZERO, "-010", 1 },
	{ "n = 08L;", LITERAL_LEADING_ZERO, "08L", 1 },
	{ "n = [ 0, 0x0F, 0.5, -0, 0L, 1e5, 1.5e-3, 1E+2, .5, 1. ];",
	  LITERAL_END, NULL, 0 },
	{ "n = 0b101;", LITERAL_NO_NUMBER, "0b101", 1 },
	{ "n = 0o17;", LITERAL_NO_NUMBER, "0o17", 1 },
	{ "n = 10m;", LITERAL_NO_NUMBER, "10m", 1 },
	{ "n = 127.0.0.1;", LITERAL_NO_NUMBER, "127.0.0.1", 1 },
	{ "n = 5.0L;", LITERAL_NO_NUMBER, "5.0L", 1 },
	{ "n = [1,2,\n5000000000]", LITERAL_TOO_LARGE, "5000000000", 2 },
	{ "n5000000000 = 1;", LITERAL_END, NULL, 0 },
	{ "a-5000000000 = 1;", LITERAL_END, NULL, 0 },
	{ "# 5000000000\nn = 1;", LITERAL_END, NULL, 0 },
	{ "// 5000000000\nn = 1;", LITERAL_END, NULL, 0 },
	{ "/* 5000000000\n5000000000 */ n = 1;", LITERAL_END, NULL, 0 },
	{ "/* \n\n */ n = 5000000000;", LITERAL_TOO_LARGE, "5000000000", 3 },
	{ "/* 5000000000", LITERAL_END, NULL, 0 },
	{ "/*/ 5000000000", LITERAL_END, NULL, 0 },
	{ "s = \"5000000000 # /* \"; n = 5000000000;", LITERAL_TOO_LARGE,
	  "5000000000", 1 },
	{ "s = \"a\\\" 5000000000 \\\\\"; n = 1;", LITERAL_END, NULL, 0 },
	{ "s = \"a\nb\";", LITERAL_OPEN_STRING, "\"a\nb\"", 1 },
	{ "\ns = \"a;", LITERAL_OPEN_STRING, "\"a;", 2 },
	{ "s = \"a\\", LITERAL_OPEN_STRING, "\"a\\", 1 },
	{ "s = \"a\\x00b\";", LITERAL_NUL, "\"a\\x00b\"", 1 },
	{ "s = \"a\\X00b\";", LITERAL_NUL, "\"a\\X00b\"", 1 },
	{ "s = \"a\\\\x00b\";", LITERAL_END, NULL, 0 },
	{ "@include \"a.conf\"\n", LITERAL_INCLUDE, "a.conf", 1 },
	{ "n = 1;\n \t@include\t \"a b.conf\"\n", LITERAL_INCLUDE, "a b.conf",
	  2 },
	{ "n = 1; @include \"a.conf\"\n", LITERAL_END, NULL, 0 },
	{ "# @include \"a.conf\"\n", LITERAL_END, NULL, 0 },
	{ "@include a.conf\n", LITERAL_END, NULL, 0 },
	{ "@include \"a.conf", LITERAL_OPEN_STRING, "\"a.conf", 1 },
	{ "s = \"x\n@include \\\"a\\\"\";", LITERAL_OPEN_STRING,
	  "\"x\n@include \\\"a\\\"\"", 1 },
	{ "@", LITERAL_END, NULL, 0 },
	{ "-", LITERAL_END, NULL, 0 },
};

/* The data stands at the end of its memory, so that ASan sees a step beyond. */
/* Skips what libconfig understands. */
static enum literal_kind next_finding(struct literal_scan *scan,
				      struct literal *literal_r)
{
	enum literal_kind kind;

	do
		kind = literal_next(scan, literal_r);
	while (kind >= LITERAL_NAME);
	return kind;
}

START_TEST(test_rows)
{
	size_t length = strlen(rows[_i].data);
	char *data = malloc(length > 0 ? length : 1);
	struct literal literal = { 0 };
	struct literal_scan scan;

	memcpy(data, rows[_i].data, length);
	literal_scan_init(&scan, data, length);
	ck_assert_int_eq(next_finding(&scan, &literal), rows[_i].kind);
	if (rows[_i].kind != LITERAL_END) {
		char *text = alloc_copy(literal.text, literal.length);

		ck_assert_str_eq(text, rows[_i].text);
		ck_assert_uint_eq(literal.line, rows[_i].line);
		free(text);
		ck_assert_int_eq(next_finding(&scan, &literal), LITERAL_END);
	}
	free(data);
}
END_TEST

/* One finding does not end the scan, and lines go on being counted. */
START_TEST(test_several)
{
	static const char data[] = "a = 5000000000;\n"
				   "@include \"one\"\n"
				   "s = \"x\n\n\"; b = 6000000000;\n"
				   "@include \"two\"\n";
	static const struct {
		enum literal_kind kind;
		unsigned int line;
	} wanted[] = {
		{ LITERAL_TOO_LARGE, 1 },   { LITERAL_INCLUDE, 2 },
		{ LITERAL_OPEN_STRING, 3 }, { LITERAL_TOO_LARGE, 5 },
		{ LITERAL_INCLUDE, 6 },
	};
	struct literal_scan scan;
	struct literal literal;

	literal_scan_init(&scan, data, strlen(data));
	for (int i = 0; i < COUNT_OF(wanted); i++) {
		ck_assert_int_eq(next_finding(&scan, &literal), wanted[i].kind);
		ck_assert_uint_eq(literal.line, wanted[i].line);
	}
	ck_assert_int_eq(next_finding(&scan, &literal), LITERAL_END);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("literal");
	TCase *tcase = tcase_create("literal");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_rows, 0, COUNT_OF(rows));
	tcase_add_test(tcase, test_several);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
