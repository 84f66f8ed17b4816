/* SPDX-License-Identifier: ISC */

/* Which milters are alive, and their totals, on a Redis of the test's own. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/fleet/milters.h"
#include "lib/fleet/totals.h"
#include "fleet_way.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define PREFIX "weir"
#define SEEN   PREFIX ":{milters}:seen"
#define INFO   PREFIX ":{milters}:info"
#define TOTAL  PREFIX ":{totals}:"
/* What a slow machine may take between two looks at the clock. */
#define SLOW_MS	  20000
#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS	  UINT64_C(3600000)
#define DAY_MS	  UINT64_C(86400000)

static struct milters milters;

static void start(void)
{
	tell("FLUSHALL");
	redis = client_new();
	memset(&milters, 0, sizeof(milters));
}

static void stop(void)
{
	milters_clear(&milters);
	redis_client_free(&redis);
}

static void expect_own_answer(void)
{
	struct redis_value *value = redis_client_say(redis, "ECHO", "own",
						     NULL);

	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(redis_value_text(value, NULL), "own");
	redis_value_free(&value);
}

/* who is alive */

static struct milter milter_of(const char *name)
{
	return (struct milter){
		.name = (char *)(uintptr_t)name,
		.host = (char *)(uintptr_t) "mx1",
		.version = (char *)(uintptr_t) "0.1.0",
		.listen = (char *)(uintptr_t) "unix:/run/weir.sock",
		.path = (char *)(uintptr_t) "/etc/weir/weir.conf",
		.pid = 4711,
		.generation = 3,
		.started_ms = UINT64_C(1700000040000),
		.orders = 17,
		.sessions = 42,
		.verdicts = { 1, 2, 3, 4, 5, UINT64_C(1) << 53 },
		.uncounted = { { (char *)(uintptr_t) "mx", 50 },
			       { (char *)(uintptr_t) "*", 7 } },
		.uncounted_count = 2,
	};
}

static void announce(const char *name)
{
	const struct milter milter = milter_of(name);

	ck_assert_msg(milters_announce(redis, PREFIX, &milter), "%s",
		      redis_client_error(redis));
}

static void look(void)
{
	milters_clear(&milters);
	ck_assert_msg(milters_read(redis, PREFIX, &milters), "%s",
		      redis_client_error(redis));
}

START_TEST(nobody)
{
	look();
	ck_assert_uint_eq(milters.count, 0);
	ck_assert_uint_gt(milters.now_ms, UINT64_C(1600000000000));
}
END_TEST

START_TEST(all_that_a_milter_says)
{
	const struct milter *found;

	announce("mx1:4711");
	look();
	ck_assert_uint_eq(milters.count, 1);
	found = &milters.list[0];
	ck_assert_str_eq(found->name, "mx1:4711");
	ck_assert_str_eq(found->host, "mx1");
	ck_assert_str_eq(found->version, "0.1.0");
	ck_assert_str_eq(found->listen, "unix:/run/weir.sock");
	ck_assert_str_eq(found->path, "/etc/weir/weir.conf");
	ck_assert_uint_eq(found->pid, 4711);
	ck_assert_uint_eq(found->generation, 3);
	ck_assert_uint_eq(found->started_ms, UINT64_C(1700000040000));
	ck_assert_uint_eq(found->orders, 17);
	ck_assert_uint_eq(found->sessions, 42);
	for (unsigned int i = 0; i < VERDICT_REJECT; i++)
		ck_assert_uint_eq(found->verdicts[i], i + 1);
	ck_assert_uint_eq(found->verdicts[VERDICT_REJECT], UINT64_C(1) << 53);
	ck_assert_uint_eq(found->uncounted_count, 2);
	ck_assert_str_eq(found->uncounted[0].name, "mx");
	ck_assert_uint_eq(found->uncounted[0].messages, 50);
	ck_assert_str_eq(found->uncounted[1].name, "*");
	ck_assert_uint_eq(found->uncounted[1].messages, 7);
	ck_assert_uint_le(found->seen_ms, milters.now_ms);
	ck_assert_uint_gt(found->seen_ms + SLOW_MS, milters.now_ms);
}
END_TEST

START_TEST(by_name_and_once)
{
	static const char *const names[] = { "mx1:1", "mx1:12", "mx2:1" };

	announce("mx2:1");
	announce("mx1:12");
	announce("mx1:1");
	announce("mx2:1");
	look();
	ck_assert_uint_eq(milters.count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(milters.list[i].name, names[i]);
}
END_TEST

START_TEST(who_leaves_is_gone)
{
	announce("mx1:1");
	announce("mx2:1");
	ck_assert(milters_leave(redis, PREFIX, "mx1:1"));
	ck_assert(milters_leave(redis, PREFIX, "mx1:1"));
	ck_assert(milters_leave(redis, PREFIX, "never:1"));
	look();
	ck_assert_uint_eq(milters.count, 1);
	ck_assert_str_eq(milters.list[0].name, "mx2:1");
	ck_assert_int_eq(redis_server_integer(&server, "HLEN " INFO), 1);
	ck_assert(milters_leave(redis, PREFIX, "mx2:1"));
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 0);
}
END_TEST

/* What was killed is shown as silent for a quarter of an hour. */
START_TEST(what_is_killed_leaves_by_itself)
{
	struct milter killed = milter_of("mx1:1");

	killed.host = (char *)(uintptr_t) "mx9";
	ck_assert(milters_announce(redis, PREFIX, &killed));
	announce("mx2:1");
	freeReplyObject(redis_server_command(&server,
					     "ZINCRBY " SEEN " -890000 mx1:1"));
	announce("mx3:1");
	look();
	ck_assert_uint_eq(milters.count, 3);
	ck_assert_uint_gt(milters.now_ms,
			  milters.list[0].seen_ms + MILTERS_SILENCE_MS);
	freeReplyObject(
		redis_server_command(&server, "ZINCRBY " SEEN " -20000 mx1:1"));
	look(); /* also where no milter is left to say so */
	ck_assert_uint_eq(milters.count, 2);
	announce("mx3:1");
	look();
	ck_assert_uint_eq(milters.count, 2);
	ck_assert_str_eq(milters.list[0].name, "mx2:1");
	ck_assert_int_eq(
		redis_server_integer(&server, "HEXISTS " INFO " mx1:1"), 0);
}
END_TEST

/* The one that was killed on the same host, and listened there, is gone. */
START_TEST(one_that_starts_in_its_place)
{
	struct milter milter = milter_of("mx1:3");

	announce("mx1:1");
	announce("mx1:2");
	freeReplyObject(
		redis_server_command(&server, "ZINCRBY " SEEN " -6000 mx1:1"));
	milter.listen = (char *)(uintptr_t) "inet:7000";
	ck_assert(milters_announce(redis, PREFIX, &milter));
	look();
	ck_assert_uint_eq(milters.count, 3);
	announce("mx1:4");
	look();
	ck_assert_uint_eq(milters.count, 3);
	ck_assert_str_eq(milters.list[0].name, "mx1:2");
}
END_TEST

/* A container that is started every second, for a long time. */
START_TEST(thousands_that_died)
{
	static const char fill[] =
		"local t = redis.call('TIME')[1] * 1000 "
		"for i = 1, 2500 do "
		"redis.call('ZADD', KEYS[1], t - 800000 + i, 'mx:' .. i) "
		"redis.call('HSET', KEYS[2], 'mx:' .. i, '{}') end "
		"return redis.call('ZCARD', KEYS[1])";

	ck_assert_int_eq(redis_server_integer(&server, "EVAL %s 2 %s %s", fill,
					      SEEN, INFO),
			 2500);
	look(); /* bounded */
	ck_assert_uint_eq(milters.count, 1000);
	freeReplyObject(redis_server_command(
		&server, "EVAL %s 1 " SEEN,
		"for i = 1, 2500 do "
		"redis.call('ZADD', KEYS[1], i, 'mx:' .. i) end"));
	for (int i = 0; i < 3; i++)
		announce("mx1:1");
	look();
	ck_assert_uint_eq(milters.count, 1);
	ck_assert_int_eq(redis_server_integer(&server, "HLEN " INFO), 1);
}
END_TEST

/* Those that are alive are seen however many are dead. */
START_TEST(the_living_are_seen_first)
{
	static const char fill[] =
		"local now = redis.call('TIME')[1] * 1000 - 600000 "
		"for i = 1, 1500 do "
		"redis.call('ZADD', KEYS[1], now + i, 'dead:' .. i) end "
		"return redis.call('ZCARD', KEYS[1])";
	bool is_seen = false;

	announce("mx1:1");
	redis_server_integer(&server, "EVAL %s 1 %s", fill, SEEN);
	look();
	ck_assert_uint_eq(milters.count, 1000);
	for (size_t i = 0; i < milters.count; i++)
		is_seen = is_seen || strcmp(milters.list[i].name, "mx1:1") == 0;
	ck_assert(is_seen);
}
END_TEST

START_TEST(nothing_is_kept_for_ever)
{
	announce("mx1:1");
	ck_assert_int_gt(redis_server_integer(&server, "PTTL " SEEN), 0);
	ck_assert_int_gt(redis_server_integer(&server, "PTTL " INFO), 0);
}
END_TEST

static const char *const infos[] = { "",
				     "not-json",
				     "[]",
				     "17",
				     "{\"host\":17,\"pid\":\"x\"}",
				     "{\"verdicts\":[1,2]}" };

START_TEST(what_cannot_be_read_is_empty)
{
	announce("mx1:1");
	freeReplyObject(redis_server_command(&server, "HSET " INFO " mx1:1 %s",
					     infos[_i]));
	look();
	ck_assert_uint_eq(milters.count, 1);
	ck_assert_str_eq(milters.list[0].name, "mx1:1");
	ck_assert_str_eq(milters.list[0].host, "");
	ck_assert_str_eq(milters.list[0].path, "");
	ck_assert_uint_eq(milters.list[0].pid, 0);
	ck_assert_uint_eq(milters.list[0].verdicts[0], 0);
}
END_TEST

START_TEST(a_milter_without_info)
{
	announce("mx1:1");
	tell("DEL " INFO);
	look();
	ck_assert_uint_eq(milters.count, 1);
	ck_assert_str_eq(milters.list[0].version, "");
}
END_TEST

static const char *const foreign[] = { SEEN, INFO };

START_TEST(a_foreign_key_is_an_error)
{
	const struct milter milter = milter_of("mx1:1");

	announce("mx1:1");
	freeReplyObject(
		redis_server_command(&server, "SET %s foreign", foreign[_i]));
	ck_assert(!milters_read(redis, PREFIX, &milters));
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis), "WRONGTYPE"));
	ck_assert_uint_eq(milters.count, 0);
	ck_assert(!milters_announce(redis, PREFIX, &milter));
	ck_assert(!milters_leave(redis, PREFIX, "mx1:1"));
	expect_own_answer();
}
END_TEST

/* totals */

static uint64_t redis_now_ms(void)
{
	look();
	return milters.now_ms;
}

static void count(const uint64_t verdicts[VERDICT_KINDS])
{
	ck_assert_msg(totals_add(redis, PREFIX, verdicts), "%s",
		      redis_client_error(redis));
}

static void check_totals(uint64_t now_ms, enum totals_span span,
			 const uint64_t wanted[VERDICT_KINDS])
{
	struct totals totals;

	ck_assert(totals_read(redis, PREFIX, now_ms, &totals));
	for (unsigned int i = 0; i < VERDICT_KINDS; i++) {
		const struct window *window = &totals.windows[i][span];
		uint64_t sum = 0;

		for (unsigned int b = 0; b < WINDOW_SLOTS_MAX; b++)
			sum += window->buckets[b];
		ck_assert_uint_eq(window->used, wanted[i]);
		ck_assert_uint_eq(sum, wanted[i]);
	}
}

static const uint64_t none[VERDICT_KINDS];

START_TEST(no_totals)
{
	for (int span = 0; span < TOTALS_SPANS; span++)
		check_totals(redis_now_ms(), (enum totals_span)span, none);
	count(none);
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 0);
}
END_TEST

/* Against plain sums; all of it happens within a minute. */
START_TEST(totals_are_sums)
{
	uint64_t sums[VERDICT_KINDS] = { 0 };
	uint64_t began_ms = redis_now_ms();
	uint32_t random = 1;

	for (int round = 0; round < 200; round++) {
		uint64_t verdicts[VERDICT_KINDS];

		for (unsigned int i = 0; i < VERDICT_KINDS; i++) {
			random = random * 1664525 + 1013904223;
			verdicts[i] = random >> 30 == 0 ? 0 : random >> 20;
			sums[i] += verdicts[i];
		}
		count(verdicts);
	}
	for (int span = 0; span < TOTALS_SPANS; span++)
		check_totals(redis_now_ms(), (enum totals_span)span, sums);
	ck_assert_uint_lt(redis_now_ms(), began_ms + MINUTE_MS);
}
END_TEST

START_TEST(totals_leave_their_spans)
{
	static const uint64_t verdicts[VERDICT_KINDS] = { 7, 0, 3, 0, 0, 1 };
	uint64_t now_ms;

	count(verdicts);
	now_ms = redis_now_ms();
	check_totals(now_ms + MINUTE_MS + 1000, TOTALS_MINUTE, none);
	check_totals(now_ms + MINUTE_MS + 1000, TOTALS_HOUR, verdicts);
	check_totals(now_ms + HOUR_MS + MINUTE_MS, TOTALS_HOUR, none);
	check_totals(now_ms + HOUR_MS + MINUTE_MS, TOTALS_DAY, verdicts);
	check_totals(now_ms + DAY_MS + 24 * MINUTE_MS, TOTALS_DAY, none);
}
END_TEST

START_TEST(only_what_was_counted_has_a_key)
{
	static const uint64_t verdicts[VERDICT_KINDS] = { [VERDICT_REJECT] =
								  5 };

	count(verdicts);
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), TOTALS_SPANS);
	ck_assert_int_eq(redis_server_integer(&server,
					      "EXISTS " TOTAL "reject:1m " TOTAL
					      "reject:1h " TOTAL "reject:1d"),
			 TOTALS_SPANS);
	ck_assert_int_gt(
		redis_server_integer(&server, "PTTL " TOTAL "reject:1d"), 0);
}
END_TEST

START_TEST(totals_stop_at_what_lua_can_count)
{
	static const uint64_t verdicts[VERDICT_KINDS] = { WINDOW_COUNT_MAX };

	count(verdicts);
	count(verdicts);
	check_totals(redis_now_ms(), TOTALS_DAY, verdicts);
}
END_TEST

/* Mail is EVALSHA in the statistics of Redis; this is none. */
START_TEST(totals_are_not_mail)
{
	static const uint64_t verdicts[VERDICT_KINDS] = { 1 };
	redisReply *reply;

	tell("CONFIG RESETSTAT");
	count(verdicts);
	reply = redis_server_command(&server, "INFO commandstats");
	ck_assert_ptr_null(strstr(reply->str, "cmdstat_evalsha:"));
	ck_assert_ptr_nonnull(strstr(reply->str, "cmdstat_eval:calls=1,"));
	freeReplyObject(reply);
}
END_TEST

START_TEST(a_foreign_total_is_an_error)
{
	static const uint64_t verdicts[VERDICT_KINDS] = { 1, 1, 1, 1, 1, 1 };
	struct totals totals;

	tell("SET " TOTAL "tempfail:1h foreign");
	ck_assert(!totals_read(redis, PREFIX, 1, &totals));
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis), "WRONGTYPE"));
	expect_own_answer();
	ck_assert(!totals_add(redis, PREFIX, verdicts));
	expect_own_answer();
	/* all or nothing */
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 1);
}
END_TEST

START_TEST(without_redis)
{
	static const uint64_t verdicts[VERDICT_KINDS] = { 1 };
	const struct milter milter = milter_of("mx1:1");
	struct totals totals;

	announce("mx1:1");
	redis_server_kill(&server);
	ck_assert(!milters_announce(redis, PREFIX, &milter));
	ck_assert(!milters_read(redis, PREFIX, &milters));
	ck_assert_uint_eq(milters.count, 0);
	ck_assert(!totals_add(redis, PREFIX, verdicts));
	ck_assert(!totals_read(redis, PREFIX, 1, &totals));
	ck_assert(!milters_leave(redis, PREFIX, "mx1:1"));
	redis_server_start_again(&server, NULL);
	announce("mx1:2");
	look();
	ck_assert_uint_eq(milters.count, 1);
}
END_TEST

static void add_milters(TCase *tcase)
{
	tcase_add_test(tcase, nobody);
	tcase_add_test(tcase, all_that_a_milter_says);
	tcase_add_test(tcase, by_name_and_once);
	tcase_add_test(tcase, who_leaves_is_gone);
	tcase_add_test(tcase, what_is_killed_leaves_by_itself);
	tcase_add_test(tcase, one_that_starts_in_its_place);
	tcase_add_test(tcase, thousands_that_died);
	tcase_add_test(tcase, the_living_are_seen_first);
	tcase_add_test(tcase, nothing_is_kept_for_ever);
	tcase_add_loop_test(tcase, what_cannot_be_read_is_empty, 0,
			    COUNT_OF(infos));
	tcase_add_test(tcase, a_milter_without_info);
	tcase_add_loop_test(tcase, a_foreign_key_is_an_error, 0,
			    COUNT_OF(foreign));
}

static void add_totals(TCase *tcase)
{
	tcase_add_test(tcase, no_totals);
	tcase_add_test(tcase, totals_are_sums);
	tcase_add_test(tcase, totals_leave_their_spans);
	tcase_add_test(tcase, only_what_was_counted_has_a_key);
	tcase_add_test(tcase, totals_stop_at_what_lua_can_count);
	tcase_add_test(tcase, totals_are_not_mail);
	tcase_add_test(tcase, a_foreign_total_is_an_error);
}

static void add_all(TCase *tcase)
{
	add_milters(tcase);
	add_totals(tcase);
}

int main(void)
{
	return fleet_run(&(struct fleet_tests){
		.name = "milters",
		.start = start,
		.stop = stop,
		.add = add_all,
		.away = without_redis,
	});
}
