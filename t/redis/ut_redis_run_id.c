/* SPDX-License-Identifier: ISC */
/* What INFO says of the run of a Redis, and what it may say instead. */
#include <stdlib.h>

#include <check.h>

#include "lib/redis/redis_run_id.h"

#define ID "8f2c1c9b6f0de8b1b1d2c3d4e5f60718293a4b5c"

static const struct reading {
	const char *info, *id;
} readings[] = {
	{ "# Server\r\nredis_version:7.0.15\r\nrun_id:" ID "\r\ntcp_port:0\r\n",
	  ID },
	{ "run_id:" ID, ID },
	{ "run_id:\r\n", "" },
	{ "run_id:", "" },
	{ "", "" },
	{ "NOPERM this user has no permissions to run 'info'", "" },
	/* longer than any that there is: not believed, and not written beyond
	 */
	{ "run_id:" ID ID "\r\n", "" },
};

START_TEST(the_line_of_the_run_is_read)
{
	const struct reading *reading = &readings[_i];
	struct redis_run_id run = redis_run_id_read(reading->info);

	ck_assert_str_eq(run.id, reading->id);
}
END_TEST

START_TEST(only_known_runs_differ)
{
	const struct redis_run_id unknown = { "" }, one = { "a" },
				  other = { "b" };

	ck_assert(redis_run_id_is_another(&one, &other));
	ck_assert(!redis_run_id_is_another(&one, &one));
	ck_assert(!redis_run_id_is_another(&unknown, &one));
	ck_assert(!redis_run_id_is_another(&one, &unknown));
	ck_assert(!redis_run_id_is_another(&unknown, &unknown));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis_run_id");
	TCase *tcase = tcase_create("redis_run_id");

	tcase_add_loop_test(tcase, the_line_of_the_run_is_read, 0,
			    sizeof(readings) / sizeof(readings[0]));
	tcase_add_test(tcase, only_known_runs_differ);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
