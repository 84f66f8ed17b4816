/* SPDX-License-Identifier: ISC */
/* Names of sockets: what is taken, and what is advised instead. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/settings/endpoint.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* 107 bytes, the longest that a sockaddr_un takes; and one more */
#define PATH_50	 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PATH_107 PATH_50 PATH_50 "/aaaaaa"
#define PATH_108 PATH_107 "b"

struct row {
	const char *value;
	bool is_allowed;
	const char *hint;
};

static const struct row listen_rows[] = {
	{ "unix:/run/weir/milter.sock", true, "" },
	{ "unix:" PATH_107, true, "" },
	{ "unix:" PATH_108, false, "the path has 108 bytes, at most 107 fit" },
	{ "unix:milter.sock", false, "the path must begin with /" },
	{ "unix:", false, "the path must begin with /" },
	{ "inet:8891@127.0.0.1", true, "" },
	{ "inet:1@localhost", true, "" },
	{ "inet:65535@mx.example.com", true, "" },
	{ "inet:0@127.0.0.1", false, "" },
	{ "inet:65536@127.0.0.1", false, "" },
	{ "inet:+25@127.0.0.1", false, "" },
	{ "inet:@127.0.0.1", false, "" },
	{ "inet:8891@", false, "" },
	{ "inet:8891@a b", false, "" },
	{ "inet:8891@-x", false, "" },
	{ "inet:8891", false,
	  "name an address to listen on, such as \"inet:8891@127.0.0.1\"" },
	{ "inet:127.0.0.1:8891", false,
	  "host:port is Postfix's order, write \"inet:8891@127.0.0.1\"" },
	{ "inet:localhost:8891", false,
	  "host:port is Postfix's order, write \"inet:8891@localhost\"" },
	{ "inet::8891", false, "" },
	{ "inet:8891@::1", false, "this is IPv6, write \"inet6:8891@::1\"" },
	{ "inet6:8891@::1", true, "" },
	{ "inet6:8891@[2001:db8::1]", true, "" },
	{ "inet6:8891@mx.example.com", true, "" },
	{ "inet6:8891@127.0.0.1", false,
	  "this is IPv4, write \"inet:8891@127.0.0.1\"" },
	{ "inet6:8891@IPv6:::1", false, "" },
	{ "inet6:8891", false,
	  "name an address to listen on, such as \"inet6:8891@::1\"" },
	{ "inet6:[::1]:8891", false,
	  "host:port is Postfix's order, write \"inet6:8891@[::1]\"" },
	{ "fd:3", true, "" },
	{ "fd:2", false, "" },
	{ "fd:", false, "" },
	{ "fd:x", false, "" },
	{ "fd:999999", false, "" },
	{ "local:/run/m.sock", false, "write \"unix:/run/m.sock\"" },
	{ "/run/m.sock", false, "write \"unix:/run/m.sock\"" },
	{ "127.0.0.1:8891", false, "" },
	{ "", false, "" },
};

static const struct row server_rows[] = {
	{ "127.0.0.1:6379", true, "" },
	{ "redis.example.com:6379", true, "" },
	{ "[::1]:6379", true, "" },
	{ "[2001:db8::1]:1", true, "" },
	{ "unix:/run/redis/redis.sock", true, "" },
	{ "unix:redis.sock", false, "the path must begin with /" },
	{ "unix:" PATH_108, false, "the path has 108 bytes, at most 107 fit" },
	{ "/run/redis.sock", false, "write \"unix:/run/redis.sock\"" },
	{ "localhost", false, "write \"localhost:6379\"" },
	{ "127.0.0.1", false, "write \"127.0.0.1:6379\"" },
	{ "::1", false, "write \"[::1]:6379\"" },
	{ "[::1]", false, "write \"[::1]:6379\"" },
	{ "::1:6379x", false, "" },
	{ "[127.0.0.1]:6379", false, "" },
	{ "redis://redis.example.com:6379/0", false,
	  "write \"redis.example.com:6379\"" },
	{ "redis://u:p@redis.example.com:6379/0", false,
	  "write \"redis.example.com:6379\" and use user and password_file" },
	{ "inet:6379@127.0.0.1", false, "write \"127.0.0.1:6379\"" },
	{ "inet:127.0.0.1:6379", false, "write \"127.0.0.1:6379\"" },
	{ "127.0.0.1:0", false, "" },
	{ "127.0.0.1:65536", false, "" },
	{ "127.0.0.1:", false, "" },
	{ ":6379", false, "" },
	{ "a b:6379", false, "" },
	{ "", false, "" },
};

static void check(const struct row *row,
		  bool (*function)(const char *value, struct text *hint))
{
	char buffer[256];
	struct text hint;

	text_init(&hint, buffer, sizeof(buffer));
	ck_assert_msg(function(row->value, &hint) == row->is_allowed, "%s",
		      row->value);
	ck_assert_str_eq(hint.data, row->hint);
}

static const struct {
	const char *value;
	bool is_of_this_host;
} places[] = {
	{ "unix:/run/weir/metrics.sock", true },
	{ "127.0.0.1:8026", true },
	{ "127.3.2.1:8026", true },
	{ "[::1]:8026", true },
	{ "localhost:8026", true },
	{ "192.0.2.1:8026", false },
	{ "0.0.0.0:8026", false },
	{ "[::]:8026", false },
	{ "gw1.example:8026", false },
	{ "", false },
};

START_TEST(test_of_this_host)
{
	ck_assert_int_eq(endpoint_is_of_this_host(places[_i].value),
			 places[_i].is_of_this_host);
}
END_TEST

START_TEST(test_listen)
{
	check(&listen_rows[_i], endpoint_check_listen);
}
END_TEST

START_TEST(test_server)
{
	check(&server_rows[_i], endpoint_check_server);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("endpoint");
	TCase *tcase = tcase_create("endpoint");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_listen, 0, COUNT_OF(listen_rows));
	tcase_add_loop_test(tcase, test_of_this_host, 0, COUNT_OF(places));
	tcase_add_loop_test(tcase, test_server, 0, COUNT_OF(server_rows));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
