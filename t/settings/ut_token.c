/* SPDX-License-Identifier: ISC */
/* What libconfig would misread, found in the text before it does. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/settings/token.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* The first finding; none for TOKEN_END. */
static const struct {
	const char *data;
	enum token_kind kind;
	const char *text;
	unsigned int line;
} rows[] = {
	{ "", TOKEN_END, NULL, 0 },
	{ "n = 2147483647;", TOKEN_END, NULL, 0 },
	{ "n = -2147483648;", TOKEN_END, NULL, 0 },
	{ "n = 2147483648;", TOKEN_TOO_LARGE, "2147483648", 1 },
	{ "n = -2147483649;", TOKEN_TOO_LARGE, "-2147483649", 1 },
	{ "\n\nn=5000000000;", TOKEN_TOO_LARGE, "5000000000", 3 },
	{ "n = 5000000000L;", TOKEN_END, NULL, 0 },
	{ "n = 5000000000LL;", TOKEN_END, NULL, 0 },
	{ "n = 9223372036854775807L;", TOKEN_END, NULL, 0 },
	{ "n = 9223372036854775808L;", TOKEN_TOO_LARGE, "9223372036854775808L",
	  1 },
	{ "n = 99999999999999999999999999999999999999999999999999999999999999"
	  "99999L;",
	  TOKEN_TOO_LARGE,
	  "9999999999999999999999999999999999999999999999999999999999999999999"
	  "L",
	  1 },
	{ "n = 0x7fffffff;", TOKEN_END, NULL, 0 },
	{ "n = 0xFFFFFFFF;", TOKEN_TOO_LARGE, "0xFFFFFFFF", 1 },
	{ "n = 0XFFFFFFFFFF;", TOKEN_TOO_LARGE, "0XFFFFFFFFFF", 1 },
	{ "n = 0xFFFFFFFFFFL;", TOKEN_END, NULL, 0 },
	{ "n = 0xFFFFFFFFFFFFFFFFL;", TOKEN_TOO_LARGE, "0xFFFFFFFFFFFFFFFFL",
	  1 },
	{ "n = 5000000000.5;", TOKEN_END, NULL, 0 },
	{ "n = 0660;", TOKEN_LEADING_ZERO, "0660", 1 },
	{ "n = -010;", TOKEN_LEADING_ZERO, "-010", 1 },
	{ "n = 08L;", TOKEN_LEADING_ZERO, "08L", 1 },
	{ "n = [ 0, 0x0F, 0.5, -0, 0L, 1e5, 1.5e-3, 1E+2, .5, 1. ];", TOKEN_END,
	  NULL, 0 },
	{ "n = 0b101;", TOKEN_NO_NUMBER, "0b101", 1 },
	{ "n = 0o17;", TOKEN_NO_NUMBER, "0o17", 1 },
	{ "n = 10m;", TOKEN_NO_NUMBER, "10m", 1 },
	{ "n = 127.0.0.1;", TOKEN_NO_NUMBER, "127.0.0.1", 1 },
	{ "n = 5.0L;", TOKEN_NO_NUMBER, "5.0L", 1 },
	{ "n = [1,2,\n5000000000]", TOKEN_TOO_LARGE, "5000000000", 2 },
	{ "n5000000000 = 1;", TOKEN_END, NULL, 0 },
	{ "a-5000000000 = 1;", TOKEN_END, NULL, 0 },
	{ "# 5000000000\nn = 1;", TOKEN_END, NULL, 0 },
	{ "// 5000000000\nn = 1;", TOKEN_END, NULL, 0 },
	{ "/* 5000000000\n5000000000 */ n = 1;", TOKEN_END, NULL, 0 },
	{ "/* \n\n */ n = 5000000000;", TOKEN_TOO_LARGE, "5000000000", 3 },
	{ "/* 5000000000", TOKEN_END, NULL, 0 },
	{ "/*/ 5000000000", TOKEN_END, NULL, 0 },
	{ "s = \"5000000000 # /* \"; n = 5000000000;", TOKEN_TOO_LARGE,
	  "5000000000", 1 },
	{ "s = \"a\\\" 5000000000 \\\\\"; n = 1;", TOKEN_END, NULL, 0 },
	{ "s = \"a\nb\";", TOKEN_OPEN_STRING, "\"a\nb\"", 1 },
	{ "\ns = \"a;", TOKEN_OPEN_STRING, "\"a;", 2 },
	{ "s = \"a\\", TOKEN_OPEN_STRING, "\"a\\", 1 },
	{ "s = \"a\\x00b\";", TOKEN_NUL, "\"a\\x00b\"", 1 },
	{ "s = \"a\\X00b\";", TOKEN_NUL, "\"a\\X00b\"", 1 },
	{ "s = \"a\\\\x00b\";", TOKEN_END, NULL, 0 },
	{ "@include \"a.conf\"\n", TOKEN_INCLUDE, "a.conf", 1 },
	{ "n = 1;\n \t@include\t \"a b.conf\"\n", TOKEN_INCLUDE, "a b.conf",
	  2 },
	{ "n = 1; @include \"a.conf\"\n", TOKEN_END, NULL, 0 },
	{ "# @include \"a.conf\"\n", TOKEN_END, NULL, 0 },
	{ "@include a.conf\n", TOKEN_END, NULL, 0 },
	{ "@include \"a.conf", TOKEN_OPEN_STRING, "\"a.conf", 1 },
	{ "s = \"x\n@include \\\"a\\\"\";", TOKEN_OPEN_STRING,
	  "\"x\n@include \\\"a\\\"\"", 1 },
	{ "@", TOKEN_END, NULL, 0 },
	{ "-", TOKEN_END, NULL, 0 },
};

/* The data stands at the end of its memory, so that ASan sees a step beyond. */
/* Skips what libconfig understands. */
static enum token_kind next_finding(struct token_scan *scan,
				    struct token *token_r)
{
	do
		token_next(scan, token_r);
	while (token_r->kind >= TOKEN_NAME);
	return token_r->kind;
}

START_TEST(test_rows)
{
	size_t length = strlen(rows[_i].data);
	char *data = malloc(length > 0 ? length : 1);
	struct token token = { 0 };
	struct token_scan scan;

	memcpy(data, rows[_i].data, length);
	token_scan_init(&scan, data, length);
	ck_assert_int_eq(next_finding(&scan, &token), rows[_i].kind);
	if (rows[_i].kind != TOKEN_END) {
		char *text = alloc_copy(token.text, token.length);

		ck_assert_str_eq(text, rows[_i].text);
		ck_assert_uint_eq(token.line, rows[_i].line);
		free(text);
		ck_assert_int_eq(next_finding(&scan, &token), TOKEN_END);
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
		enum token_kind kind;
		unsigned int line;
	} wanted[] = {
		{ TOKEN_TOO_LARGE, 1 },	  { TOKEN_INCLUDE, 2 },
		{ TOKEN_OPEN_STRING, 3 }, { TOKEN_TOO_LARGE, 5 },
		{ TOKEN_INCLUDE, 6 },
	};
	struct token_scan scan;
	struct token token;

	token_scan_init(&scan, data, strlen(data));
	for (int i = 0; i < COUNT_OF(wanted); i++) {
		ck_assert_int_eq(next_finding(&scan, &token), wanted[i].kind);
		ck_assert_uint_eq(token.line, wanted[i].line);
	}
	ck_assert_int_eq(next_finding(&scan, &token), TOKEN_END);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token");
	TCase *tcase = tcase_create("token");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_rows, 0, COUNT_OF(rows));
	tcase_add_test(tcase, test_several);
	return check_run(suite);
}
