/* SPDX-License-Identifier: ISC */

/* Error answers as Redis 5 to 8 and Valkey give them, and what looks like one.
 */
#include <stdlib.h>

#include <check.h>

#include "lib/redis/redis_refusal.h"

#define WRAPPED                              \
	"ERR Error running script (call to " \
	"f_0000000000000000000000000000000000000000): @user_script:2: "

enum {
	OF_NOTHING = 0,
	OF_SERVER = 1,
	OF_ACCOUNT = 2,
	OF_KEY = 4
};

static const struct {
	const char *error;
	int of;
} errors[] = {
	{ "READONLY You can't write against a read only replica.", OF_SERVER },
	{ "READONLY You can't write against a read only replica. script: 0, "
	  "on @user_script:2.",
	  OF_SERVER },
	{ WRAPPED "@user_script: 2: -READONLY You can't write against a read "
		  "only replica. ",
	  OF_SERVER },
	{ WRAPPED "-MISCONF Redis is configured to save RDB snapshots",
	  OF_SERVER },
	{ WRAPPED "-NOREPLICAS Not enough good replicas to write.", OF_SERVER },
	{ "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is "
	  "set to 'no'.",
	  OF_SERVER },
	{ "LOADING Redis is loading the dataset in memory", OF_SERVER },
	{ "UNBLOCKED force unblock from blocking operation, instance state "
	  "changed (master -> replica?)",
	  OF_SERVER },
	{ "CLUSTERDOWN Hash slot not served", OF_SERVER },
	{ "NOAUTH Authentication required.", OF_SERVER },
	{ "WRONGPASS invalid username-password pair or user is disabled.",
	  OF_SERVER },
	{ "NOPERM this user has no permissions to run the 'info' command",
	  OF_ACCOUNT },
	{ "NOPERM this user has no permissions to access one of the keys",
	  OF_ACCOUNT },
	{ "ERR unknown command `SCRIPT`, with args beginning with: `LOAD`",
	  OF_ACCOUNT },
	{ "ERR The user executing the script can't run this command or "
	  "subcommand script: 0, on @user_script:1.",
	  OF_ACCOUNT },
	{ WRAPPED "The user executing the script can't run this command or "
		  "subcommand",
	  OF_ACCOUNT },
	{ "ERR ACL failure in script: User weir has no permissions to run the "
	  "'hset' command script: 0, on @user_script:1.",
	  OF_ACCOUNT },
	{ "ERR ACL failure in script: No permissions to access a key script: 0, "
	  "on @user_script:1.",
	  OF_ACCOUNT },
	{ WRAPPED "@user_script: 1: Unknown Redis command called from Lua "
		  "script ",
	  OF_ACCOUNT },
	{ "ERR Unknown Redis command called from script script: 0, on "
	  "@user_script:1.",
	  OF_ACCOUNT },
	{ "ERR Unknown command called from script script: 0, on "
	  "@user_script:1.",
	  OF_ACCOUNT },
	{ "WRONGTYPE Operation against a key holding the wrong kind of value",
	  OF_KEY },
	{ WRAPPED "-WRONGTYPE Operation against a key", OF_KEY },
	{ WRAPPED "WRONGTYPE Operation against a key", OF_KEY },
	{ "NOSCRIPT No matching script. Please use EVAL.", OF_NOTHING },
	{ "BUSY Redis is busy running a script.", OF_NOTHING },
	{ "ERR weir:{sender:READONLY@x.test}: -READONLY holds no number",
	  OF_NOTHING },
	{ "READONLYX what is that", OF_NOTHING },
	{ "ERR value is READONLY", OF_NOTHING },
	{ "READONLY", OF_SERVER },
	{ "", OF_NOTHING },
};

START_TEST(each_is_what_it_is)
{
	const char *error = errors[_i].error;
	int of = 0;

	of |= redis_refusal_is_of_server(error) ? OF_SERVER : 0;
	of |= redis_refusal_is_of_account(error) ? OF_ACCOUNT : 0;
	of |= redis_refusal_is_of_key(error) ? OF_KEY : 0;
	ck_assert_msg(of == errors[_i].of, "%s: %d", error, of);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis_refusal");
	TCase *tcase = tcase_create("redis_refusal");

	tcase_add_loop_test(tcase, each_is_what_it_is, 0,
			    sizeof(errors) / sizeof(errors[0]));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
