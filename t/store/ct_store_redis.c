/* SPDX-License-Identifier: ISC */

/*
 * What every store does is in store_cases; here is what can only be seen from
 * the side of Redis: the keys, their life and size, and what they cost.
 */
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/store/store_redis.h"
#include "t/lib/redis_server.h"
#include "store_cases.h"

#define NOON	    UINT64_C(1700000040000)
#define WEEK_MS	    UINT64_C(604800000)
#define SUBJECT	    "{sender:jake@example.com}:sender-minute:1m"
#define KEY	    "weir:" SUBJECT
#define THREADS	    64
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct redis_server server;
static struct store *store; /* on the caller's clock */

/* What the link says is tested where the link is. */
static void hear_nothing(void *context, enum log_gravity gravity,
			 const char *line)
{
	(void)context;
	(void)gravity;
	(void)line;
}

static void start_server(void)
{
	log_open_sink(hear_nothing, NULL);
	redis_server_start(&server, NULL);
}

static void stop_server(void)
{
	redis_server_remove(&server);
}

static void tell(const char *command)
{
	redisReply *reply = redis_server_command(&server, command);

	ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s: %s", command,
		      reply->str);
	freeReplyObject(reply);
}

static struct store *open_store(const char *prefix, bool uses_callers_clock)
{
	struct store_redis_options options = {
		.server = server.address,
		.prefix = prefix,
		.timeout_ms = 20000,
		.uses_callers_clock = uses_callers_clock,
	};
	struct store *opened = store_redis_new(&options);

	ck_assert(store_redis_wait(opened, 20000));
	return opened;
}

static void start(void)
{
	store = open_store("weir", true);
	tell("FLUSHALL");
}

static void stop(void)
{
	store_free(&store);
	ck_assert_ptr_null(store);
}

static struct charge charge_of(const char *key, uint64_t per_ms, uint64_t max)
{
	struct charge charge = { .key = key,
				 .key_length = strlen(key),
				 .shape = window_shape_of(per_ms),
				 .cost = 1,
				 .max = max,
				 .stops = true };

	return charge;
}

static enum store_answer charge_at(struct store *asked, const char *key,
				   uint64_t now_ms)
{
	struct charge charge = charge_of(key, 60000, 1000);

	return store_ask(asked, STORE_CHARGE, &charge, 1, now_ms);
}

static uint64_t used(const char *key)
{
	struct charge charge = charge_of(key, 60000, WINDOW_COUNT_MAX);

	ck_assert_int_eq(store_ask(store, STORE_PEEK, &charge, 1, NOON),
			 STORE_ADMITTED);
	return charge.used;
}

static void pause_briefly(void)
{
	struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

START_TEST(a_case_of_all_stores)
{
	store_case_run(store, _i);
}
END_TEST

/* many windows */

#define WINDOWS 2000

static uint64_t steady_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void *ask_in_pieces(void *context)
{
	static struct charge charges[WINDOWS];
	static char keys[WINDOWS][32];
	enum store_answer *answer_r = context;

	for (size_t i = 0; i < WINDOWS; i++) {
		snprintf(keys[i], sizeof(keys[i]), "{all}:w%zu:1h", i);
		charges[i] = charge_of(keys[i], 3600000, 1000);
	}
	*answer_r = store_ask(store, STORE_CHARGE, charges, WINDOWS, 0);
	return NULL;
}

static void wait_for_store(struct store *waited, bool is_up)
{
	for (int i = 0; i < 2000 && store_redis_is_up(waited) != is_up; i++)
		pause_briefly();
	ck_assert_int_eq(store_redis_is_up(waited), is_up);
}

static void wait_for_link(bool is_up)
{
	wait_for_store(store, is_up);
}

/* Windows, without that of the trial run. */
static long long windows_left(void)
{
	long long count = redis_server_integer(&server, "DBSIZE");

	return count -
	       redis_server_integer(&server, "EXISTS weir:{probe}:link:1s");
}

/*
 * Redis stops between two pieces of a large question, for longer than an
 * outage takes to be one. The caller waits for one deadline in all, and what
 * the first pieces have charged is given back when Redis is back, or the
 * caller, which counts the message by itself, would charge it twice.
 */
START_TEST(stopped_between_two_pieces)
{
	struct store_redis_options options = { .server = server.address,
					       .prefix = "weir",
					       .timeout_ms = 500,
					       .piece_max = 1 };
	enum store_answer answer = STORE_ADMITTED;
	uint64_t start_ms;
	pthread_t thread;

	store_free(&store);
	store = store_redis_new(&options);
	ck_assert(store_redis_wait(store, 20000));
	start_ms = steady_ms();
	ck_assert_int_eq(pthread_create(&thread, NULL, ask_in_pieces, &answer),
			 0);
	while (windows_left() == 0 && steady_ms() - start_ms < 400)
		;
	if (_i == 0)
		redis_server_freeze(&server);
	else
		redis_server_kill(&server);
	pthread_join(thread, NULL);
	ck_assert_uint_lt(steady_ms() - start_ms, 500 + 400);
	ck_assert_int_eq(answer, STORE_UNAVAILABLE);
	wait_for_link(false);
	if (_i == 0)
		redis_server_thaw(&server);
	else
		redis_server_start_again(&server, NULL);
	wait_for_link(true);
	for (int i = 0; i < 2000 && windows_left() > 1; i++)
		pause_briefly();
	/* the one on its way may have been carried out */
	ck_assert_int_le(windows_left(), 1);
}
END_TEST

/* keys */

static const struct {
	const char *prefix, *key;
	size_t length;
} keys[] = {
	{ "weir", SUBJECT, sizeof(SUBJECT) - 1 },
	{ "another", "{all}:gateway:1m", 16 },
	{ "", "{all}:gateway:1m", 16 },
	{ "weir", "{sender:a%20b}:x:1w", 19 },
	{ "weir", "{\r\n$3\r\n\0*?[x]\xff}", 16 },
};

START_TEST(a_key_is_the_prefix_and_the_key)
{
	struct store *named = open_store(keys[_i].prefix, true);
	struct charge charge = charge_of("", 60000, 9);
	char wanted[100];
	size_t length = (size_t)snprintf(wanted, sizeof(wanted),
					 "%s:", keys[_i].prefix);
	redisReply *reply;

	memcpy(wanted + length, keys[_i].key, keys[_i].length);
	length += keys[_i].length;
	tell("FLUSHALL"); /* the key of the link's trial */
	charge.key = keys[_i].key;
	charge.key_length = keys[_i].length;
	ck_assert_int_eq(store_ask(named, STORE_CHARGE, &charge, 1, NOON),
			 STORE_ADMITTED);
	reply = redis_server_command(&server, "KEYS *");
	ck_assert_uint_eq(reply->elements, 1);
	ck_assert_uint_eq(reply->element[0]->len, length);
	ck_assert_mem_eq(reply->element[0]->str, wanted, length);
	freeReplyObject(reply);
	store_free(&named);
}
END_TEST

/* All keys of a subject are in one slot of a cluster: what stands between
 * the first braces is the subject, and there are no others. */
START_TEST(a_key_has_one_hash_tag)
{
	redisReply *reply;
	const char *open, *end;

	charge_at(store, SUBJECT, NOON);
	reply = redis_server_command(&server, "KEYS *");
	ck_assert_uint_eq(reply->elements, 1);
	open = strchr(reply->element[0]->str, '{');
	end = strchr(reply->element[0]->str, '}');
	ck_assert_ptr_nonnull(open);
	ck_assert_ptr_nonnull(end);
	ck_assert_int_eq(end - open, (int)strlen("{sender:jake@example.com"));
	ck_assert_ptr_null(strchr(open + 1, '{'));
	freeReplyObject(reply);
}
END_TEST

START_TEST(peeks_and_refusals_make_no_keys)
{
	struct charge charge = charge_of(SUBJECT, 60000, 0);

	ck_assert_int_eq(store_ask(store, STORE_PEEK, &charge, 1, NOON),
			 STORE_REFUSED);
	ck_assert_int_eq(store_ask(store, STORE_CHARGE, &charge, 1, NOON),
			 STORE_REFUSED);
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 0);
}
END_TEST

static const uint64_t pers_ms[] = { 10000, 60000, 61001, 3600000, WEEK_MS };

START_TEST(a_key_lives_as_long_as_it_counts)
{
	struct charge charge = charge_of(SUBJECT, pers_ms[_i], 9);
	struct window_shape shape = charge.shape;
	long long width_ms = (long long)shape.width_ms;
	long long least_ms = width_ms * shape.slots;
	long long left_ms;

	store_ask(store, STORE_CHARGE, &charge, 1, NOON);
	left_ms = redis_server_integer(&server, "PTTL " KEY);
	ck_assert_int_le(left_ms, least_ms + width_ms);
	/* what a slow machine has taken off is less than it must live */
	ck_assert_int_gt(left_ms, least_ms - 9000);
	/* a later bucket is a longer life */
	redis_server_integer(&server, "PEXPIRE " KEY " 5000");
	store_ask(store, STORE_CHARGE, &charge, 1, NOON);
	ck_assert_int_le(redis_server_integer(&server, "PTTL " KEY), 5000);
	store_ask(store, STORE_CHARGE, &charge, 1, NOON + shape.width_ms);
	ck_assert_int_gt(redis_server_integer(&server, "PTTL " KEY),
			 least_ms - 9000);
}
END_TEST

/* The clock was set back: what is left is charged, and still has a life. */
START_TEST(every_write_leaves_a_life)
{
	struct {
		enum store_question question;
		uint64_t now_ms;
	} steps[] = {
		{ STORE_CHARGE, NOON },		 { STORE_ADD, NOON },
		{ STORE_CHARGE, NOON + 30000 },	 { STORE_ADD, NOON - 5000 },
		{ STORE_CHARGE, NOON + 900000 }, { STORE_CHARGE, 1 },
	};

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct charge charge = charge_of(SUBJECT, 60000, 9);

		store_ask(store, steps[i].question, &charge, 1,
			  steps[i].now_ms);
		ck_assert_int_gt(redis_server_integer(&server, "PTTL " KEY), 0);
	}
}
END_TEST

/* sizes */

static long long memory_usage(void)
{
	return redis_server_integer(&server, "MEMORY USAGE " KEY " SAMPLES 0");
}

START_TEST(small_with_one_message)
{
	charge_at(store, SUBJECT, NOON);
	ck_assert_int_lt(memory_usage(), 300);
}
END_TEST

START_TEST(small_with_a_full_ring)
{
	for (uint64_t i = 0; i < 61; i++)
		charge_at(store, SUBJECT, NOON + i * 1000);
	ck_assert_int_eq(redis_server_integer(&server, "HLEN " KEY), 63);
	ck_assert_int_lt(memory_usage(), 700);
}
END_TEST

/* Ten times round the ring, with three digits in each bucket. */
START_TEST(size_does_not_grow_with_messages)
{
	struct charge charge = charge_of(SUBJECT, 60000, WINDOW_COUNT_MAX);

	charge.cost = 100;
	for (uint64_t i = 0; i < 610; i++) {
		store_ask(store, STORE_CHARGE, &charge, 1, NOON + i * 1000);
		store_ask(store, STORE_CHARGE, &charge, 1, NOON + i * 1000);
	}
	ck_assert_uint_eq(charge.used, 61 * 200);
	ck_assert_int_eq(redis_server_integer(&server, "HLEN " KEY), 63);
	ck_assert_int_lt(memory_usage(), 700);
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 1);
}
END_TEST

/* What no longer counts leaves Redis with the next charge. */
START_TEST(old_buckets_are_deleted)
{
	for (uint64_t i = 0; i < 61; i++)
		charge_at(store, SUBJECT, NOON + i * 1000);
	charge_at(store, SUBJECT, NOON + 90000);
	/* head, used, 31 of before, one of now */
	ck_assert_int_eq(redis_server_integer(&server, "HLEN " KEY), 34);
	charge_at(store, SUBJECT, NOON + 900000);
	ck_assert_int_eq(redis_server_integer(&server, "HLEN " KEY), 3);
}
END_TEST

/* questions */

static long long redis_now_ms(void)
{
	redisReply *reply = redis_server_command(&server, "TIME");
	long long now_ms = atoll(reply->element[0]->str) * 1000 +
			   atoll(reply->element[1]->str) / 1000;

	freeReplyObject(reply);
	return now_ms;
}

/* Nobody waits any more when a stopped server reads it. */
START_TEST(a_question_that_has_ended_changes_nothing)
{
	struct store_redis_options options = { .server = server.address,
					       .prefix = "late",
					       .timeout_ms = 200 };
	struct store *own = store_redis_new(&options);
	struct charge charge = charge_of("{late}:a:1h", 3600000, 100);
	redisReply *reply;

	ck_assert(store_redis_wait(own, 20000));
	redis_server_freeze(&server);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(store_ask(own, STORE_CHARGE, &charge, 1, 0),
				 STORE_UNAVAILABLE);
	redis_server_thaw(&server);
	reply = redis_server_command(&server, "EXISTS late:{late}:a:1h");
	ck_assert_int_eq(reply->integer, 0);
	freeReplyObject(reply);
	store_free(&own);
}
END_TEST

/* What Redis has charged, and says so when nobody waits any more. The second
 * window of each is a permit or counts attempts. */
static const struct {
	enum store_question question;
	uint64_t max;
	bool attempts, is_permit, keeps_late;
	uint64_t first, second; /* what the windows hold then; 5 before */
} late_charges[] = {
	{ STORE_CHARGE, 9, false, false, false, 5, 5 },
	{ STORE_CHARGE, 9, true, false, false, 5, 5 },
	{ STORE_CHARGE, 5, true, false, false, 5, 5 }, /* is refused */
	{ STORE_CHARGE, 5, false, true, false, 5, 5 },
	{ STORE_ADD, 9, false, false, false, 5, 5 },
	{ STORE_PEEK, 9, false, false, false, 5, 5 },
	{ STORE_CHARGE, 9, true, false, true, 6, 6 },
	{ STORE_CHARGE, 5, true, false, true, 5, 6 },
	{ STORE_CHARGE, 5, false, true, true, 5, 6 },
	{ STORE_ADD, 9, false, false, true, 6, 6 },
};

START_TEST(a_late_charge_is_taken_back)
{
	struct store_redis_options options = { .server = server.address,
					       .prefix = "weir",
					       .timeout_ms = 100,
					       .uses_callers_clock = true };
	struct store *own = store_redis_new(&options);
	struct store_patience patience = {
		.keeps_late = late_charges[_i].keeps_late
	};
	struct charge charges[] = {
		charge_of("{late}:a:1m", 60000, late_charges[_i].max),
		charge_of("{late}:b:1m", 60000, 100),
	};

	wait_for_store(own, true);
	charges[0].cost = charges[1].cost = 5;
	store_ask(store, STORE_ADD, charges, 2, NOON);
	charges[0].cost = charges[1].cost = 1;
	charges[1].attempts = late_charges[_i].attempts;
	if (late_charges[_i].is_permit) {
		charges[1].permit = 1;
		charges[0].covers = STORE_PERMIT_BIT(1);
	}
	redis_server_freeze(&server);
	ck_assert_int_eq(store_ask_within(own, late_charges[_i].question,
					  charges, 2, NOON, &patience),
			 STORE_UNAVAILABLE);
	/* its caller has forgotten them */
	memset(charges, 0, sizeof(charges));
	redis_server_thaw(&server);
	/* a slow machine makes an outage of it */
	for (int i = 0; i < 2000 && !store_redis_settle(own, 20000); i++)
		pause_briefly();
	ck_assert_uint_eq(used("{late}:a:1m"), late_charges[_i].first);
	ck_assert_uint_eq(used("{late}:b:1m"), late_charges[_i].second);
	store_free(&own);
}
END_TEST

/* What belongs together waits once: the second question is not even sent. */
START_TEST(questions_share_their_patience)
{
	struct store_redis_options options = { .server = server.address,
					       .prefix = "late",
					       .timeout_ms = 2000 };
	struct store *own = store_redis_new(&options);
	struct charge charge = charge_of("{late}:b:1h", 3600000, 100);
	struct store_patience patience = { 0 };
	uint64_t began_ms, took_ms;

	ck_assert(store_redis_wait(own, 20000));
	ck_assert_int_eq(
		store_ask_within(own, STORE_ADD, &charge, 1, 0, &patience),
		STORE_ADMITTED);
	ck_assert_uint_ne(patience.end_ms, 0);
	patience.end_ms = 0;
	redis_server_freeze(&server);
	ck_assert_int_eq(
		store_ask_within(own, STORE_ADD, &charge, 1, 0, &patience),
		STORE_UNAVAILABLE);
	began_ms = steady_ms();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(store_ask_within(own, STORE_CHARGE, &charge, 1,
						  0, &patience),
				 STORE_UNAVAILABLE);
	took_ms = steady_ms() - began_ms;
	ck_assert_uint_lt(took_ms, 2000);
	/* and they are no sign of an outage */
	ck_assert(store_is_open(own));
	redis_server_thaw(&server);
	store_free(&own);
}
END_TEST

START_TEST(the_clock_is_that_of_redis)
{
	struct store *own = open_store("weir", false);
	long long before = redis_now_ms() / 1000, after, head;
	redisReply *reply;

	ck_assert_int_eq(charge_at(own, SUBJECT, 12345), STORE_ADMITTED);
	after = redis_now_ms() / 1000;
	reply = redis_server_command(&server, "HGET " KEY " head");
	head = atoll(reply->str);
	ck_assert_int_ge(head, before);
	ck_assert_int_le(head, after);
	freeReplyObject(reply);
	store_free(&own);
}
END_TEST

static long long calls_of(const char *command)
{
	redisReply *reply = redis_server_command(&server, "INFO commandstats");
	char wanted[64];
	const char *line;
	long long calls = 0;

	snprintf(wanted, sizeof(wanted), "cmdstat_%s:calls=", command);
	line = strstr(reply->str, wanted);
	if (line != NULL)
		calls = atoll(line + strlen(wanted));
	freeReplyObject(reply);
	return calls;
}

START_TEST(one_evalsha_a_question)
{
	static const char *const names[] = { "{a}:1", "{a}:2", "{b}:1", "{b}:2",
					     "{all}:x" };
	struct charge charges[COUNT_OF(names)];
	enum store_question questions[] = { STORE_CHARGE, STORE_PEEK,
					    STORE_ADD };

	tell("CONFIG RESETSTAT");
	for (unsigned int i = 0; i < 60; i++) {
		for (size_t c = 0; c < COUNT_OF(names); c++)
			charges[c] = charge_of(names[c], 60000, 10);
		store_ask(store, questions[i % 3], charges, COUNT_OF(names),
			  NOON);
	}
	ck_assert_int_eq(calls_of("evalsha"), 60);
	ck_assert_int_eq(calls_of("eval"), 0);
	ck_assert_int_eq(calls_of("script|load"), 0);
	ck_assert_int_eq(calls_of("ping"), 0);
}
END_TEST

START_TEST(no_charges_no_question)
{
	tell("CONFIG RESETSTAT");
	ck_assert_int_eq(store_ask(store, STORE_CHARGE, NULL, 0, NOON),
			 STORE_ADMITTED);
	ck_assert_int_eq(calls_of("evalsha"), 0);
}
END_TEST

/* Nearly as many windows as a message with a thousand recipients has. */
START_TEST(a_question_of_many_windows)
{
	static struct charge charges[1000];
	static char names[1000][24];

	for (size_t i = 0; i < 1000; i++) {
		snprintf(names[i], sizeof(names[i]), "{recipient:%zu}", i);
		charges[i] = charge_of(names[i], 60000, i == 500 ? 0 : 9);
	}
	ck_assert_int_eq(store_ask(store, STORE_CHARGE, charges, 1000, NOON),
			 STORE_REFUSED);
	ck_assert_uint_eq(charges[0].used, 0);
	ck_assert_uint_eq(used("{recipient:0}"), 0); /* what was given back */
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 0);
	charges[500].max = 9;
	ck_assert_int_eq(store_ask(store, STORE_CHARGE, charges, 1000, NOON),
			 STORE_ADMITTED);
	for (size_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(charges[i].used, 1);
}
END_TEST

/* faults */

/* Somebody has changed a window by hand: what can be read counts, and nobody
 * else is concerned. What it holds after one charge more. */
static const struct {
	const char *fields;
	unsigned long long used;
} damaged[] = {
	{ "head %llu 0 4", 5 },	       /* no sum */
	{ "head %llu used x 0 4", 5 }, /* a sum that is none */
	{ "head %llu used 4 0 x", 5 }, /* a bucket that is none */
	{ "head x used 4 0 4", 1 },    /* who knows when that was */
	{ "used 4 0 4", 1 },	       { "head %llu used x 0 4 1 x", 5 },
};

START_TEST(a_window_that_was_damaged)
{
	struct charge charge = charge_of(SUBJECT, 60000, 9);
	uint64_t ring_ms = charge.shape.width_ms * charge.shape.slots;
	/* slot 0 is that of now, 1 another */
	uint64_t now_ms = NOON - NOON % ring_ms;
	unsigned long long head = now_ms / charge.shape.width_ms;
	char *format = alloc_format("HSET " KEY " %s", damaged[_i].fields);

	freeReplyObject(redis_server_command(&server, "DEL " KEY));
	freeReplyObject(redis_server_command(&server, format, head));
	ck_assert_int_eq(store_ask(store, STORE_CHARGE, &charge, 1, now_ms),
			 STORE_ADMITTED);
	ck_assert_uint_eq(charge.used, damaged[_i].used);
	ck_assert_int_eq(
		redis_server_integer(&server, "HINCRBY " KEY " used 0"),
		(long long)damaged[_i].used);
	ck_assert_int_eq(
		store_ask(store, STORE_PEEK, &charge, 1, now_ms + 1000),
		STORE_ADMITTED);
	ck_assert_uint_ge(charge.used, 1);
	free(format);
}
END_TEST

START_TEST(foreign_data_at_our_key)
{
	redisReply *reply;

	tell("SET " KEY " foreign");
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(charge_at(store, SUBJECT, NOON),
				 STORE_UNAVAILABLE);
	ck_assert(store_redis_is_up(store));
	ck_assert_int_eq(charge_at(store, "{other}", NOON), STORE_ADMITTED);
	reply = redis_server_command(&server, "GET " KEY);
	ck_assert_str_eq(reply->str, "foreign");
	freeReplyObject(reply);
}
END_TEST

/* One key is foreign: nothing of the message is charged. */
START_TEST(foreign_data_at_one_key_of_two)
{
	struct charge charges[] = { charge_of("{a}", 60000, 9),
				    charge_of(SUBJECT, 60000, 9) };

	tell("SET " KEY " foreign");
	ck_assert_int_eq(store_ask(store, STORE_CHARGE, charges, 2, NOON),
			 STORE_UNAVAILABLE);
	ck_assert_uint_eq(used("{a}"), 0);
}
END_TEST

/* Redis answers, but cannot count; it is asked again when it can. */
static const struct {
	const char *spoil, *mend;
	int since; /* a Redis of this version */
	const char *what;
} states[] = {
	{ "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", 5, "replicas" },
	{ "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", 5, "maxmemory" },
	{ "CONFIG SET min-replicas-to-write 1",
	  "CONFIG SET min-replicas-to-write 0", 7,
	  "min-replicas-to-write in a script" },
	{ "ACL SETUSER default -evalsha", "ACL SETUSER default +evalsha", 6,
	  "accounts" },
	{ "ACL SETUSER default -hset", "ACL SETUSER default +hset", 6,
	  "accounts" },
};

START_TEST(redis_that_cannot_write)
{
	if (!redis_server_has(&server, states[_i].since, states[_i].what))
		return;
	ck_assert_int_eq(charge_at(store, SUBJECT, NOON), STORE_ADMITTED);
	tell(states[_i].spoil);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(charge_at(store, SUBJECT, NOON),
				 STORE_UNAVAILABLE);
	for (int i = 0; i < 1000 && store_redis_is_up(store); i++)
		pause_briefly();
	ck_assert(!store_redis_is_up(store));
	ck_assert_int_eq(charge_at(store, SUBJECT, NOON), STORE_UNAVAILABLE);
	tell(states[_i].mend);
	for (int i = 0; i < 1000 && !store_redis_is_up(store); i++)
		pause_briefly();
	ck_assert_int_eq(charge_at(store, SUBJECT, NOON), STORE_ADMITTED);
	ck_assert_uint_eq(used(SUBJECT), 2);
}
END_TEST

START_TEST(the_link_survives_a_flush)
{
	charge_at(store, SUBJECT, NOON);
	tell("FLUSHALL");
	tell("SCRIPT FLUSH");
	ck_assert_int_eq(charge_at(store, SUBJECT, NOON), STORE_ADMITTED);
	ck_assert_uint_eq(used(SUBJECT), 1);
}
END_TEST

/* load */

static atomic_bool is_over;

struct load {
	struct store *store;
	unsigned int questions;
	uint64_t max;
	atomic_uint *admitted, *unavailable, *left;
};

static void *load_main(void *context)
{
	const struct load *load = context;

	for (unsigned int i = 0; i < load->questions && !is_over; i++) {
		struct charge charge = charge_of(SUBJECT, WEEK_MS, load->max);

		switch (store_ask(load->store, STORE_CHARGE, &charge, 1,
				  NOON)) {
		case STORE_ADMITTED:
			atomic_fetch_add(load->admitted, 1);
			break;
		case STORE_UNAVAILABLE:
			atomic_fetch_add(load->unavailable, 1);
			pause_briefly();
			break;
		case STORE_REFUSED:
			break;
		}
	}
	atomic_fetch_sub(load->left, 1);
	return NULL;
}

static atomic_uint admitted, unavailable, left;

/* On several stores, a thread each time on the next; they must be joined. */
static void load_start(pthread_t threads[THREADS], struct load loads[THREADS],
		       struct store **stores, size_t count,
		       const struct load *like)
{
	left = THREADS;
	for (size_t i = 0; i < THREADS; i++) {
		loads[i] = *like;
		loads[i].store = stores[i % count];
		loads[i].admitted = &admitted;
		loads[i].unavailable = &unavailable;
		loads[i].left = &left;
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, load_main, &loads[i]),
			0);
	}
}

static void load_join(pthread_t threads[THREADS])
{
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* _i stores on one server, as many milters. */
START_TEST(exactly_max_is_admitted)
{
	struct store *stores[2] = { open_store("weir", false), NULL };
	struct load like = { .questions = 40, .max = 1000 };
	struct load loads[THREADS];
	pthread_t threads[THREADS];

	if (_i == 2)
		stores[1] = open_store("weir", false);
	load_start(threads, loads, stores, (size_t)_i, &like);
	load_join(threads);
	ck_assert_uint_eq(unavailable, 0);
	ck_assert_uint_eq(admitted, 1000);
	store_free(&stores[0]);
	store_free(&stores[1]);
}
END_TEST

/* Each question is answered and charged once, however often the script is
 * forgotten meanwhile. */
START_TEST(no_charge_is_lost_when_the_script_is)
{
	struct load like = { .questions = 100, .max = WINDOW_COUNT_MAX };
	struct charge charge = charge_of(SUBJECT, WEEK_MS, WINDOW_COUNT_MAX);
	struct load loads[THREADS];
	pthread_t threads[THREADS];
	unsigned int flushes = 0;

	load_start(threads, loads, &store, 1, &like);
	while (left != 0) {
		unsigned int before = admitted;

		tell("SCRIPT FLUSH");
		flushes++;
		/* let all through that wait: one may be asked four times */
		while (left != 0 && admitted < before + THREADS)
			pause_briefly();
	}
	load_join(threads);
	ck_assert_uint_gt(flushes, 1);
	ck_assert_uint_eq(unavailable, 0);
	ck_assert_uint_eq(admitted, THREADS * 100);
	store_ask(store, STORE_PEEK, &charge, 1, NOON);
	ck_assert_uint_eq(charge.used, THREADS * 100);
	ck_assert(store_redis_is_up(store));
}
END_TEST

/* Redis stops again and again, for longer than the deadline and for longer than
 * an outage takes to be one. What was not admitted is not charged. */
START_TEST(what_is_charged_was_admitted)
{
	struct store_redis_options options = { .server = server.address,
					       .prefix = "weir",
					       .timeout_ms = 50 };
	struct load like = { .questions = UINT_MAX, .max = WINDOW_COUNT_MAX };
	struct charge charge = charge_of(SUBJECT, WEEK_MS, WINDOW_COUNT_MAX);
	struct store *own = store_redis_new(&options);
	struct load loads[THREADS];
	pthread_t threads[THREADS];

	wait_for_store(own, true);
	is_over = false;
	load_start(threads, loads, &own, 1, &like);
	for (int i = 0; i < 10; i++) {
		unsigned int before = admitted;

		while (admitted < before + 200)
			pause_briefly();
		redis_server_freeze(&server);
		for (int k = 0; k < 10 || (_i == 1 && store_redis_is_up(own));
		     k++)
			pause_briefly();
		redis_server_thaw(&server);
	}
	is_over = true;
	load_join(threads);
	wait_for_store(own, true);
	for (int i = 0; i < 2000 && charge.used != admitted; i++) {
		pause_briefly();
		store_ask(own, STORE_PEEK, &charge, 1, 0);
	}
	ck_assert_uint_eq(charge.used, admitted);
	store_free(&own);
}
END_TEST

static void add_keys_and_sizes(Suite *suite)
{
	TCase *tcase = tcase_create("keys and sizes");

	tcase_set_timeout(tcase, 60);
	tcase_add_unchecked_fixture(tcase, start_server, stop_server);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, a_key_is_the_prefix_and_the_key, 0,
			    COUNT_OF(keys));
	tcase_add_test(tcase, a_key_has_one_hash_tag);
	tcase_add_test(tcase, peeks_and_refusals_make_no_keys);
	tcase_add_loop_test(tcase, a_key_lives_as_long_as_it_counts, 0,
			    COUNT_OF(pers_ms));
	tcase_add_test(tcase, every_write_leaves_a_life);
	tcase_add_test(tcase, small_with_one_message);
	tcase_add_test(tcase, small_with_a_full_ring);
	tcase_add_test(tcase, size_does_not_grow_with_messages);
	tcase_add_test(tcase, old_buckets_are_deleted);
	suite_add_tcase(suite, tcase);
}

static void add_questions(Suite *suite)
{
	TCase *tcase = tcase_create("questions");

	tcase_set_timeout(tcase, 120);
	tcase_add_unchecked_fixture(tcase, start_server, stop_server);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, a_case_of_all_stores, 0,
			    store_cases_count());
	tcase_add_test(tcase, a_question_that_has_ended_changes_nothing);
	tcase_add_loop_test(tcase, a_late_charge_is_taken_back, 0,
			    COUNT_OF(late_charges));
	tcase_add_test(tcase, questions_share_their_patience);
	tcase_add_test(tcase, the_clock_is_that_of_redis);
	tcase_add_test(tcase, one_evalsha_a_question);
	tcase_add_test(tcase, no_charges_no_question);
	tcase_add_test(tcase, a_question_of_many_windows);
	tcase_add_loop_test(tcase, a_window_that_was_damaged, 0,
			    COUNT_OF(damaged));
	tcase_add_test(tcase, foreign_data_at_our_key);
	tcase_add_test(tcase, foreign_data_at_one_key_of_two);
	tcase_add_loop_test(tcase, redis_that_cannot_write, 0,
			    COUNT_OF(states));
	tcase_add_test(tcase, the_link_survives_a_flush);
	tcase_add_loop_test(tcase, exactly_max_is_admitted, 1, 3);
	tcase_add_test(tcase, no_charge_is_lost_when_the_script_is);
	tcase_add_loop_test(tcase, what_is_charged_was_admitted, 0, 2);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("a Redis of its own");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, start_server, stop_server);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, stopped_between_two_pieces, 0, 2);
	suite_add_tcase(suite, tcase);
}

int main(void)
{
	Suite *suite = suite_create("store_redis");

	add_keys_and_sizes(suite);
	add_questions(suite);
	return check_run_apart(suite);
}
