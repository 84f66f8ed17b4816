/* SPDX-License-Identifier: ISC */
/* The outbox on a real Redis: who gets what, when, and what it makes of entries
 * that no milter writes. */
#include <hiredis/hiredis.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/redis/redis_client.h"
#include "milter/keeper/outbox.h"
#include "t/lib/redis_server.h"

#define LOG	       "weir:{incidents}:log"
#define SECOND	       UINT64_C(1000)
#define MINUTE	       (60 * SECOND)
#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct redis_server server;
static struct redis_client *redis;
static struct outbox *one, *two;
/* They live until the process ends: all stay reachable until then. */
static struct outbox *outboxes[200];
static size_t outbox_count;
static struct outbox_acts acts;
static uint64_t now_ms = 1000 * SECOND; /* of a steady clock */

static void start_server(void)
{
	redis_server_start(&server, NULL);
}

static void remove_server(void)
{
	redis_server_remove(&server);
}

static void start(void)
{
	freeReplyObject(redis_server_command(&server, "FLUSHALL"));
	redis = redis_client_new(&(struct redis_client_options){
		.server = server.address, .timeout_ms = 5000 });
	one = outboxes[outbox_count++] = outbox_new("weir", "gw1:1:1");
	two = outboxes[outbox_count++] = outbox_new("weir", "gw2:2:2");
}

static void stop(void)
{
	outbox_acts_clear(&acts);
	redis_client_free(&redis);
}

/* So many acts; those before are cleared. */
static size_t take(struct outbox *outbox)
{
	outbox_acts_clear(&acts);
	ck_assert(outbox_take(outbox, redis, now_ms, &acts));
	return acts.count;
}

static void do_command(const char *format, uint64_t number)
{
	redisReply *reply = redis_server_command(&server, format, number);

	ck_assert_int_ne(reply->type, REDIS_REPLY_ERROR);
	freeReplyObject(reply);
}

static void add(uint64_t number)
{
	do_command("XADD " LOG " * incident %llu act serious uid u level "
		   "serious",
		   number);
}

static void add_many(unsigned int count)
{
	char text[24];
	struct redis_value *value;

	(void)snprintf(text, sizeof(text), "%u", count);
	value = redis_client_say(redis, "EVAL",
				 "for i = 1, ARGV[1] do redis.call('XADD', "
				 "KEYS[1], '*', 'incident', i, 'act', "
				 "'serious', 'uid', 'u') end",
				 "1", LOG, text, NULL);
	redis_value_free(&value);
}

static long long pending(void)
{
	redisReply *reply = redis_server_command(&server,
						 "XPENDING " LOG " keeper");
	long long count = reply->element[0]->integer;

	freeReplyObject(reply);
	return count;
}

static void be_done(struct outbox *outbox)
{
	for (size_t i = 0; i < acts.count; i++)
		outbox_done(outbox, acts.list[i].id);
	ck_assert(outbox_flush(outbox, redis));
}

/* As if whoever has it had not been heard of for so long. */
static void be_idle(const char *id, const char *keeper, uint64_t idle_ms)
{
	freeReplyObject(redis_server_command(
		&server, "XCLAIM " LOG " keeper %s 0 %s IDLE %llu JUSTID",
		keeper, id, idle_ms));
}

START_TEST(old_floods_are_not_told)
{
	struct redis_value *value = redis_client_say(redis, "TIME", NULL);
	uint64_t time = redis_value_time_ms(value);

	redis_value_free(&value);
	do_command("XADD " LOG " %llu-0 incident 1 act opened uid a",
		   time - 20 * MINUTE);
	do_command("XADD " LOG " %llu-0 incident 2 act opened uid b",
		   time - 5 * MINUTE);
	ck_assert_uint_eq(take(one), 1);
	ck_assert_uint_eq(acts.list[0].number, 2);
	ck_assert_str_eq(acts.list[0].act, "opened");
	ck_assert(!acts.list[0].is_left);
	/* the group is there now: what comes while none runs is told */
	add(3);
	ck_assert_uint_eq(take(two), 1);
}
END_TEST

START_TEST(each_act_goes_to_one)
{
	ck_assert_uint_eq(take(one) + take(two), 0);
	add_many(10);
	ck_assert_uint_eq(take(one), 10);
	ck_assert_uint_eq(acts.list[9].number, 10);
	ck_assert_uint_eq(take(two), 0);
	ck_assert_uint_eq(take(one), 0);
	ck_assert_int_eq(pending(), 10);
}
END_TEST

START_TEST(it_is_pending_until_it_is_done)
{
	take(one);
	add(1);
	ck_assert_uint_eq(take(one), 1);
	ck_assert_int_eq(pending(), 1);
	be_done(one);
	ck_assert_int_eq(pending(), 0);
	outbox_done(one, "1-1"); /* not its own */
	ck_assert(outbox_flush(one, redis));
}
END_TEST

START_TEST(what_is_left_is_for_another)
{
	char id[OUTBOX_ID_SIZE];

	take(one);
	add(1);
	ck_assert_uint_eq(take(one), 1);
	strcpy(id, acts.list[0].id);
	be_idle(id, "gw1:1:1", OUTBOX_IDLE_MS - 5000);
	now_ms += 3 * SECOND;
	ck_assert_uint_eq(take(two), 0);
	be_idle(id, "gw1:1:1", OUTBOX_IDLE_MS);
	now_ms += 3 * SECOND;
	ck_assert_uint_eq(take(two), 1);
	ck_assert(acts.list[0].is_left);
	be_done(two);
	ck_assert_int_eq(pending(), 0);
}
END_TEST

START_TEST(what_is_in_hand_is_not_left)
{
	take(one);
	add(1);
	ck_assert_uint_eq(take(one), 1);
	be_idle(acts.list[0].id, "gw1:1:1", 10 * OUTBOX_IDLE_MS);
	now_ms += 11 * SECOND; /* it says that it has it */
	ck_assert_uint_eq(take(one), 0);
	ck_assert_uint_eq(take(two), 0);
}
END_TEST

/* By MAXLEN of the stream, while a keeper that was killed had it. */
START_TEST(what_was_trimmed_is_dropped)
{
	char id[OUTBOX_ID_SIZE];

	take(one);
	add(1);
	ck_assert_uint_eq(take(one), 1);
	strcpy(id, acts.list[0].id);
	be_idle(id, "gw1:1:1", OUTBOX_IDLE_MS);
	do_command("XTRIM " LOG " MAXLEN %llu", 0);
	now_ms += 3 * SECOND;
	ck_assert_uint_eq(take(two), 0);
	ck_assert(outbox_flush(two, redis));
	ck_assert_int_eq(pending(), 0);
	add(2);
	ck_assert_uint_eq(take(two), 1);
}
END_TEST

START_TEST(no_more_than_it_can_hold)
{
	take(one);
	add_many(OUTBOX_HELD_MAX + 500);
	ck_assert_uint_eq(take(one), OUTBOX_HELD_MAX);
	ck_assert_uint_eq(take(one), 0);
	now_ms += 11 * SECOND;
	ck_assert_uint_eq(take(one), 0);
	ck_assert_uint_eq(take(two), 500);
	be_done(two);
	add(1);
	ck_assert_uint_eq(take(two), 1);
}
END_TEST

START_TEST(redis_was_emptied)
{
	take(one);
	add(1);
	ck_assert_uint_eq(take(one), 1);
	be_done(one);
	do_command("FLUSHALL", 0);
	poll(NULL, 0, 2); /* so that it has another id */
	add(2);
	ck_assert_uint_eq(take(one), 1);
	ck_assert_uint_eq(acts.list[0].number, 2);
}
END_TEST

START_TEST(a_foreign_key_is_an_error)
{
	do_command("SET " LOG " x", 0);
	ck_assert(!outbox_take(one, redis, now_ms, &acts));
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis), "WRONGTYPE"));
	do_command("DEL " LOG, 0);
	add(1);
	ck_assert_uint_eq(take(one), 1);
}
END_TEST

/* Who can write to Redis can write anything: it is handed out as it is, or not
 * known, and is done with like every other. */
static const struct {
	const char *words[16]; /* behind XADD KEY * */
	uint64_t number;
	const char *uid, *act, *text;
} poison[] = {
	{ { "x", "y" }, 0, "", "", "" },
	{ { "", "", "act", "" }, 0, "", "", "" },
	{ { "incident", "none", "level", "none", "act", "a\r\nb" },
	  0,
	  "",
	  "a\r\nb",
	  "" },
	{ { "incident", "99999999999999999999999", "uid", "%n" },
	  UINT64_MAX,
	  "%n",
	  "",
	  "" },
	{ { "uid", "a", "uid", "b", "act", "x", "act", "y", "text", "t", "text",
	    "u" },
	  0,
	  "b",
	  "y",
	  "u" },
};

START_TEST(anything_else)
{
	const char *words[20] = { "XADD", LOG, "*" };
	struct redis_value *value;
	size_t count = 3;

	take(one);
	for (size_t i = 0; poison[_i].words[i] != NULL; i++)
		words[count++] = poison[_i].words[i];
	value = redis_client_ask(redis, count, words, NULL);
	ck_assert_ptr_nonnull(value);
	redis_value_free(&value);
	add(2);
	ck_assert_uint_eq(take(one), 2);
	ck_assert_uint_eq(acts.list[0].number, poison[_i].number);
	ck_assert_str_eq(acts.list[0].uid, poison[_i].uid);
	ck_assert_str_eq(acts.list[0].act, poison[_i].act);
	ck_assert_str_eq(acts.list[0].text, poison[_i].text);
	be_done(one);
	ck_assert_int_eq(pending(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *cases = tcase_create("outbox");

	tcase_add_unchecked_fixture(cases, start_server, remove_server);
	tcase_add_checked_fixture(cases, start, stop);
	tcase_add_test(cases, old_floods_are_not_told);
	tcase_add_test(cases, each_act_goes_to_one);
	tcase_add_test(cases, it_is_pending_until_it_is_done);
	tcase_add_test(cases, what_is_left_is_for_another);
	tcase_add_test(cases, what_is_in_hand_is_not_left);
	tcase_add_test(cases, what_was_trimmed_is_dropped);
	tcase_add_test(cases, no_more_than_it_can_hold);
	tcase_add_test(cases, redis_was_emptied);
	tcase_add_test(cases, a_foreign_key_is_an_error);
	tcase_add_loop_test(cases, anything_else, 0, COUNT_OF(poison));
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
