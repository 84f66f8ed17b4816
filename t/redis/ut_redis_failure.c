/* SPDX-License-Identifier: ISC */

/* The reasons that metrics count by, of what Redis 5 to 7 answers. */
#include <check.h>
#include <stdlib.h>

#include "lib/redis/redis_failure.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *error, *reason;
} errors[] = {
	{ "OOM command not allowed when used memory > 'maxmemory'.", "oom" },
	{ "ERR Error running script (call to f_0): @user_script:2: -OOM "
	  "command not allowed when used memory > 'maxmemory'.",
	  "oom" },
	{ "READONLY You can't write against a read only replica.", "readonly" },
	{ "NOSCRIPT No matching script. Please use EVAL.", "noscript" },
	{ "BUSY Redis is busy running a script.", "busy" },
	{ "LOADING Redis is loading the dataset in memory", "busy" },
	{ "NOAUTH Authentication required.", "auth" },
	{ "WRONGPASS invalid username-password pair or user is disabled.",
	  "auth" },
	{ "NOPERM this user has no permissions to run the 'info' command",
	  "auth" },
	{ "ERR invalid password", "auth" },
	{ "ERR Client sent AUTH, but no password is set", "auth" },
	{ "ERR AUTH <password> called without any password configured",
	  "auth" },
	{ "ERR wrong number of arguments for 'auth' command", "auth" },
	{ "ERR wrong number of arguments for 'get' command", "other" },
	{ "WRONGTYPE Operation against a key", "other" },
	{ "BUSYGROUP Consumer Group name already exists", "other" },
	{ "", "other" },
};

START_TEST(of_an_error)
{
	ck_assert_str_eq(redis_failure_name(redis_failure_of(errors[_i].error)),
			 errors[_i].reason);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis_failure");
	TCase *tests = tcase_create("redis_failure");

	tcase_add_loop_test(tests, of_an_error, 0, COUNT_OF(errors));
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
