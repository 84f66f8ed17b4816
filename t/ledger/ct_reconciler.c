/* SPDX-License-Identifier: ISC */

/* A Redis that has lost what this process charged gets it back, once, however
 * often it goes while that is done; one that was emptied by hand does not. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "lib/ledger/reconciler.h"
#include "lib/redis/redis_client.h"
#include "t/lib/redis_server.h"

#define PREFIX	"weir"
#define WINDOWS 12000 /* more than go home in one call */
#define DAY_MS	86400000
#define ROUNDS	100

static struct redis_server server;
static struct ledger *ledger;
static struct reconciler *reconciler;
static uint64_t now_ms;

static void start(void)
{
	redis_server_start(&server, NULL);
	ledger = ledger_new(2 * WINDOWS);
	now_ms = 1000000;
	reconciler = reconciler_new(
		&(struct redis_client_options){ .server = server.address,
						.timeout_ms = 20000 },
		PREFIX, "mx1:4711:1", ledger);
	ck_assert(reconciler_checkpoint(reconciler, now_ms));
}

/* The reconciler lives as long as its process. */
static void stop(void)
{
	ledger_free(&ledger);
	redis_server_remove(&server);
}

/* As many windows with one message each, which are in Redis, too. */
static void charge(int count)
{
	for (int i = 0; i < count; i++) {
		char key[24];
		struct charge charge = { .key = key,
					 .shape = window_shape_of(DAY_MS),
					 .cost = 1,
					 .max = 10,
					 .stops = true };
		enum store_answer answer;

		charge.key_length = (size_t)snprintf(key, sizeof(key),
						     "{w%d}:own:1d", i);
		ledger_ask(ledger, LEDGER_OUTAGE, STORE_CHARGE, &charge, 1,
			   now_ms, &answer);
		ck_assert_int_eq(answer, STORE_ADMITTED);
	}
}

static bool is_known(void)
{
	struct ledger_totals totals;

	ledger_count(ledger, &totals);
	return totals.owed == 0 && !ledger_is_counting(ledger);
}

static void round_of(void)
{
	now_ms += 250;
	ck_assert_msg(reconciler_checkpoint(reconciler, now_ms), "%s",
		      redis_client_error(reconciler_redis(reconciler)));
}

static void settle(void)
{
	round_of();
	for (int i = 0; i < ROUNDS && !is_known(); i++)
		round_of();
	ck_assert(is_known());
}

static void lose(void)
{
	redis_server_kill(&server);
	redis_server_start_again(&server, NULL);
}

static void assert_has(long long windows)
{
	ck_assert_int_eq(
		redis_server_integer(
			&server, "EVAL %s 0",
			"local n = 0 for _, key in ipairs(redis.call('KEYS', "
			"'weir:{w*')) do n = n + redis.call('HGET', key, "
			"'used') end return n"),
		windows);
}

START_TEST(a_large_ledger_comes_back_each_time)
{
	charge(WINDOWS);
	settle();
	assert_has(WINDOWS);
	for (int i = 0; i < 2; i++) {
		lose();
		settle();
		assert_has(WINDOWS);
	}
}
END_TEST

START_TEST(it_is_lost_again_before_all_is_back)
{
	charge(WINDOWS);
	settle();
	lose();
	round_of();
	ck_assert(!is_known());
	lose();
	settle();
	assert_has(WINDOWS);
}
END_TEST

START_TEST(what_was_emptied_by_hand_stays_so)
{
	charge(10);
	settle();
	freeReplyObject(redis_server_command(&server, "FLUSHALL"));
	settle();
	assert_has(0);
	lose();
	settle();
	assert_has(0);
}
END_TEST

/* A second one, soon enough, is a loss and not a word of an administrator. */
START_TEST(it_is_lost_after_it_was_emptied)
{
	charge(10);
	settle();
	freeReplyObject(redis_server_command(&server, "FLUSHALL"));
	round_of();
	charge(5);
	lose();
	settle();
	assert_has(5);
}
END_TEST

START_TEST(it_is_emptied_before_all_is_back)
{
	struct ledger_totals totals;

	charge(WINDOWS);
	settle();
	lose();
	round_of();
	ck_assert(!is_known());
	freeReplyObject(redis_server_command(&server, "FLUSHALL"));
	settle();
	ledger_count(ledger, &totals);
	ck_assert_uint_eq(totals.windows, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reconciler");
	TCase *tcase = tcase_create("reconciler");

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_large_ledger_comes_back_each_time);
	tcase_add_test(tcase, it_is_lost_again_before_all_is_back);
	tcase_add_test(tcase, what_was_emptied_by_hand_stays_so);
	tcase_add_test(tcase, it_is_lost_after_it_was_emptied);
	tcase_add_test(tcase, it_is_emptied_before_all_is_back);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
