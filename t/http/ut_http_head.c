/* SPDX-License-Identifier: ISC */
/* What is a request, what is none, and what is too much of one. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/http/http_head.h"
#include "lib/http/http_server.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define H	       "Host: localhost\r\n"

static const struct {
	const char *text;
	unsigned int status;
} heads[] = {
	{ "GET / HTTP/1.1\r\n" H "\r\n", 0 },
	{ "GET / HTTP/1.1\n\n", 400 }, /* no Host */
	{ "GET / HTTP/1.0\n\n", 0 },
	{ "HEAD /a/b?c=d HTTP/1.1\r\n" H "\r\n", 0 },
	{ "POST / HTTP/1.1\r\n" H "\r\n", 405 },
	{ "get / HTTP/1.1\r\n" H "\r\n", 405 },
	{ "OPTIONS * HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET http://evil/ HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /#a HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /\303\244 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET  / HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET / HTTP/1.1 \r\n" H "\r\n", 400 },
	{ "GET /\r\n" H "\r\n", 400 },
	{ "GET / HTTP/2.0\r\n" H "\r\n", 505 },
	{ "GET / HTTP/1.x\r\n" H "\r\n", 505 },
	{ "GET / http/1.1\r\n" H "\r\n", 400 },
	{ "GET / FTP/1.11\r\n" H "\r\n", 400 },
	{ "\r\n\r\n", 400 },
	{ "\n\n", 400 },
	{ "GET / HTTP/1.1\r\n" H H "\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "hOST: b\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H " folded\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "nothing\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H ": empty\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: b\rc\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: \033[2J\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "A: \303\244\tb\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 2048\r\n\r\n", 0 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 2049\r\n\r\n", 413 },
	{ "GET / HTTP/1.1\r\n" H
	  "Content-Length: 99999999999999999999999999\r\n\r\n",
	  413 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H
	  "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
	  400 },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 413 },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 9999\r\n\r\n", 405 },
};

/* Each in memory of its own size, so that reading behind it is seen. */
START_TEST(test_heads)
{
	const char *text = heads[_i].text;
	size_t length = strlen(text);
	char *copy = alloc_copy(text, length);
	struct http_head head;

	ck_assert_uint_eq(http_head_length(copy, length), length);
	for (size_t i = 0; i < length; i++)
		ck_assert_uint_eq(http_head_length(copy, i), 0);
	ck_assert_msg(http_head_parse(copy, length, &head) == heads[_i].status,
		      "%s", text);
	free(copy);
}
END_TEST

START_TEST(test_fields)
{
	char text[] = "HEAD /incident/17?a=b?c HTTP/1.1\r\n"
		      "hOsT:   [::1]:8025 \t\r\n"
		      "Accept: text/html\r\naccept: */*\r\n"
		      "If-None-Match: \"abc\"\r\nX: y\r\n\r\n";
	struct http_head head;

	ck_assert_uint_eq(http_head_parse(text, sizeof(text) - 1, &head), 0);
	ck_assert(head.is_head);
	ck_assert_str_eq(head.path, "/incident/17");
	ck_assert_str_eq(head.query, "a=b?c");
	ck_assert_str_eq(head.host, "[::1]:8025");
	ck_assert_str_eq(head.accept, "text/html");
	ck_assert_str_eq(head.if_none_match, "\"abc\"");
}
END_TEST

START_TEST(test_what_is_missing_is_empty)
{
	char text[] = "GET / HTTP/1.0\r\n\r\n";
	struct http_head head;

	ck_assert_uint_eq(http_head_parse(text, sizeof(text) - 1, &head), 0);
	ck_assert_str_eq(head.query, "");
	ck_assert_str_eq(head.host, "");
	ck_assert_str_eq(head.accept, "");
	ck_assert_str_eq(head.if_none_match, "");
}
END_TEST

START_TEST(test_a_long_target)
{
	static char text[HTTP_TARGET_MAX + 100];
	struct http_head head;

	for (int more = 0; more < 2; more++) {
		strcpy(text, "GET /");
		memset(text + 5, 'a', HTTP_TARGET_MAX - 1 + (size_t)more);
		strcpy(text + 4 + HTTP_TARGET_MAX + more,
		       " HTTP/1.1\r\n" H "\r\n");
		ck_assert_uint_eq(http_head_parse(text, strlen(text), &head),
				  more ? 414 : 0);
	}
}
END_TEST

START_TEST(test_a_head_without_end)
{
	static char text[HTTP_HEAD_MAX];

	memset(text, 'a', sizeof(text));
	ck_assert_uint_eq(http_head_refuse(text, sizeof(text)), 414);
	text[20] = '\n';
	ck_assert_uint_eq(http_head_refuse(text, sizeof(text)), 431);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_head");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, test_heads, 0, COUNT_OF(heads));
	tcase_add_test(tcase, test_fields);
	tcase_add_test(tcase, test_what_is_missing_is_empty);
	tcase_add_test(tcase, test_a_long_target);
	tcase_add_test(tcase, test_a_head_without_end);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
