/* SPDX-License-Identifier: ISC */

/* The word that a milter leaves in Redis, and which Redis it is read from. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "lib/ledger/checkpoint.h"
#include "lib/redis/redis_client.h"
#include "t/lib/redis_server.h"

#define PREFIX "weir"
#define NAME   "mx1:4711:1"
#define NOW_MS UINT64_C(123456789)

static struct redis_server server;
static struct redis_client *redis;

static void tell(const char *command)
{
	freeReplyObject(redis_server_command(&server, command));
}

static void start(void)
{
	redis_server_start(&server, NULL);
	redis = redis_client_new(&(struct redis_client_options){
		.server = server.address, .timeout_ms = 20000 });
}

static void stop(void)
{
	redis_client_free(&redis);
	redis_server_remove(&server);
}

static struct checkpoint read_checkpoint(void)
{
	struct checkpoint checkpoint;

	ck_assert_msg(checkpoint_read(redis, PREFIX, NAME, &checkpoint), "%s",
		      redis_client_error(redis));
	return checkpoint;
}

START_TEST(what_was_written_is_read)
{
	ck_assert_uint_eq(read_checkpoint().written_ms, 0);
	ck_assert(checkpoint_write(redis, PREFIX, NAME, NOW_MS));
	ck_assert_uint_eq(read_checkpoint().written_ms, NOW_MS);
	ck_assert_int_gt(redis_server_integer(&server, "PTTL %s:{beat}:%s",
					      PREFIX, NAME),
			 0);
}
END_TEST

START_TEST(a_restart_is_seen)
{
	struct checkpoint before = read_checkpoint(), after;

	ck_assert_str_eq(read_checkpoint().run.id, before.run.id);
	ck_assert(checkpoint_write(redis, PREFIX, NAME, NOW_MS));
	redis_server_kill(&server);
	ck_assert(!checkpoint_read(redis, PREFIX, NAME, &after));
	redis_server_start_again(&server, NULL);
	after = read_checkpoint();
	ck_assert_uint_eq(strlen(after.run.id), strlen(before.run.id));
	ck_assert_str_ne(after.run.id, before.run.id);
	ck_assert_uint_eq(after.written_ms, 0);
}
END_TEST

/* The debts of an outage go home after a beat was read: an account that may
 * not ask for INFO must not keep them here for ever. */
START_TEST(without_info_the_word_is_read)
{
	if (!redis_server_has(&server, 6, "accounts"))
		return;
	ck_assert(checkpoint_write(redis, PREFIX, NAME, NOW_MS));
	tell("ACL SETUSER default -info");
	ck_assert_str_eq(read_checkpoint().run.id, "");
	ck_assert_uint_eq(read_checkpoint().written_ms, NOW_MS);
	tell("ACL SETUSER default -get");
	ck_assert(!checkpoint_read(redis, PREFIX, NAME,
				   &(struct checkpoint){ 0 }));
	ck_assert(redis_client_was_refused(redis));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("beat");
	TCase *tcase = tcase_create("beat");

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, what_was_written_is_read);
	tcase_add_test(tcase, a_restart_is_seen);
	tcase_add_test(tcase, without_info_the_word_is_read);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
