/* SPDX-License-Identifier: ISC */
/* Which Host is this server? */
#include <check.h>
#include <stdlib.h>

#include "lib/http/http_host.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const char *const names[] = { "weir.example.net", "weir" };
static const struct http_hosts hosts = { names, 2 };

static const struct {
	const char *host, *local;
	unsigned int port;
	bool is_allowed;
} rows[] = {
	{ "localhost:8025", "127.0.0.1", 8025, true },
	{ "LocalHost:8025", "127.0.0.1", 8025, true },
	{ "127.0.0.1:8025", "127.0.0.1", 8025, true },
	{ "[::1]:8025", "127.0.0.1", 8025, true },
	{ "192.0.2.1:8025", "192.0.2.1", 8025, true },
	{ "[2001:db8::1]:8025", "[2001:db8::1]", 8025, true },
	{ "192.0.2.1:8025", "127.0.0.1", 8025, false },
	{ "localhost", "127.0.0.1", 8025, false },
	{ "localhost:8026", "127.0.0.1", 8025, false },
	{ "localhost", "127.0.0.1", 80, true },
	{ "localhost:80", "127.0.0.1", 80, true },
	{ "localhost:81", "127.0.0.1", 80, false },
	{ "localhost", "", 0, true },
	{ "localhost:99", "", 0, true },
	{ "evil", "", 0, false },
	{ "", "", 0, false },
	{ ":8025", "127.0.0.1", 8025, false },
	{ "localhost.:8025", "127.0.0.1", 8025, false },
	{ "localhost.evil.example:8025", "127.0.0.1", 8025, false },
	{ "evil.example:8025", "127.0.0.1", 8025, false },
	{ "evil.example", "127.0.0.1", 80, false },
	{ "localhost:8025x", "127.0.0.1", 8025, false },
	{ "localhost:", "127.0.0.1", 80, false },
	{ "localhost:008025", "127.0.0.1", 8025, false },
	{ "localhost:8025:8025", "127.0.0.1", 8025, false },
	{ "a@localhost:8025", "127.0.0.1", 8025, false },
	{ "[::1", "127.0.0.1", 8025, false },
	{ "::1", "127.0.0.1", 8025, false },
	{ "weir.example.net", "127.0.0.1", 8025, true },
	{ "WEIR.example.net:443", "127.0.0.1", 8025, true },
	{ "weir", "", 0, true },
	{ "weir.example", "127.0.0.1", 8025, false },
	{ "weir.example.net.evil", "127.0.0.1", 8025, false },
};

static const char *const any_name[] = { "*" };

START_TEST(test_any_host)
{
	const struct http_hosts any = { any_name, 1 };

	ck_assert(http_host_is_allowed(&any, "gw1.example:8026", "192.0.2.1",
				       8026));
	ck_assert(http_host_is_allowed(&any, "", "192.0.2.1", 8026));
	ck_assert(!http_host_is_allowed(&any, "gw1.example:x", "192.0.2.1",
					8026));
}
END_TEST

START_TEST(test_hosts)
{
	ck_assert_msg(http_host_is_allowed(&hosts, rows[_i].host,
					   rows[_i].local, rows[_i].port) ==
			      rows[_i].is_allowed,
		      "\"%s\" on port %u", rows[_i].host, rows[_i].port);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_host");
	TCase *cases = tcase_create("hosts");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(cases, test_hosts, 0, COUNT_OF(rows));
	tcase_add_test(cases, test_any_host);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
