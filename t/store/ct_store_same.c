/* SPDX-License-Identifier: ISC */

/*
 * Random traffic on both stores at once: they must give the same answers, in
 * every field. The clock is the caller's, but Redis forgets a window by its
 * own; so all rings here are longer than a test takes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "lib/base/log.h"
#include "lib/store/store_memory.h"
#include "lib/store/store_redis.h"
#include "t/lib/redis_server.h"
#include "t/lib/traffic.h"

#define NOON	    UINT64_C(1700000040000)
#define QUESTIONS   3000
#define IN_PIECES   1000 /* each is as many scripts as three of the others */
#define KEYS	    12
#define LIMITS_MAX  5
#define CHARGES_MAX (LIMITS_MAX + 2 * STORE_PERMITS_MAX)
#define KEY_SIZE    32
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct redis_server server;
static struct store *redis, *memory;
static bool is_in_pieces;

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

static void start_with(size_t piece_max)
{
	struct store_redis_options options = { .server = server.address,
					       .prefix = "same",
					       .timeout_ms = 10000,
					       .uses_callers_clock = true,
					       .piece_max = piece_max };

	freeReplyObject(redis_server_command(&server, "FLUSHALL"));
	memory = store_memory_new(1000);
	redis = store_redis_new(&options);
	ck_assert(store_redis_wait(redis, 10000));
}

static void start(void)
{
	start_with(0);
	is_in_pieces = false;
}

static void stop(void)
{
	store_free(&redis);
	store_free(&memory);
}

static struct window_shape shape_of_key(unsigned int key)
{
	static const struct window_shape shapes[] = {
		{ 1000, 61 }, { 1017, 61 }, { 60000, 61 }, { 10080000, 61 },
		{ 60000, 2 }, { 20000, 4 }, { 7000, 13 },  { 3333, 32 },
	};

	return shapes[key % COUNT_OF(shapes)];
}

static uint64_t random_count(struct traffic_random *random)
{
	switch (traffic_random_below(random, 40)) {
	case 0:
		return 0;
	case 1:
		return WINDOW_COUNT_MAX;
	case 2:
		return WINDOW_COUNT_MAX - traffic_random_below(random, 3);
	case 3:
		return traffic_random_below(random, WINDOW_COUNT_MAX);
	default:
		return 1 + traffic_random_below(random, 40);
	}
}

/* Forward mostly; now and then the clock is set back, a little or far. */
static uint64_t random_time(struct traffic_random *random, uint64_t now_ms)
{
	switch (traffic_random_below(random, 60)) {
	case 0:
		return now_ms - traffic_random_below(random, 5000);
	case 1:
		return now_ms - traffic_random_below(random, 200000);
	case 2:
		return NOON + traffic_random_below(random, 100000000);
	default:
		return now_ms + traffic_random_step(random, 60000);
	}
}

static enum store_question random_question(struct traffic_random *random)
{
	switch (traffic_random_below(random, 8)) {
	case 0:
		return STORE_ADD;
	case 1:
	case 2:
		return STORE_PEEK;
	default:
		return STORE_CHARGE;
	}
}

/* Keys that follow one another in a circle: all different. */
static size_t random_charges(struct traffic_random *random,
			     char keys[CHARGES_MAX][KEY_SIZE],
			     struct charge *charges_r)
{
	size_t count = 1 + traffic_random_below(random, LIMITS_MAX);
	unsigned int key = (unsigned int)traffic_random_below(random, KEYS);

	for (size_t i = 0; i < count; i++, key = (key + 1) % KEYS) {
		struct charge *charge = &charges_r[i];

		memset(charge, 0, sizeof(*charge));
		snprintf(keys[i], KEY_SIZE, "{sender:%u}:limit", key);
		charge->key = keys[i];
		charge->key_length = strlen(keys[i]);
		charge->shape = shape_of_key(key);
		charge->cost = random_count(random);
		charge->max = random_count(random) * 4;
		if (charge->max > WINDOW_COUNT_MAX)
			charge->max = WINDOW_COUNT_MAX;
		charge->stops = traffic_random_below(random, 3) != 0;
		charge->attempts = traffic_random_below(random, 3) == 0;
	}
	return count;
}

/* Mostly none or a few, sometimes as many as have a number. */
static unsigned int random_permit_count(struct traffic_random *random)
{
	switch (traffic_random_below(random, 32)) {
	case 0:
		return STORE_PERMITS_MAX;
	case 1:
	case 2:
	case 3:
		return 3;
	default:
		return (unsigned int)traffic_random_below(random, 3);
	}
}

/* Of the budget of a permit, or of its pace. */
static void random_permit_window(struct traffic_random *random, char *key,
				 unsigned int number, struct charge *charge)
{
	memset(charge, 0, sizeof(*charge));
	charge->key = key;
	charge->key_length = strlen(key);
	charge->shape = shape_of_key(number);
	charge->cost = traffic_random_below(random, 8) == 0
			       ? random_count(random)
			       : 1;
	charge->max = traffic_random_below(random, 4) == 0
			      ? 1000
			      : traffic_random_below(random, 60);
	charge->permit = number;
}

/* Adds the windows of permits behind count windows of limits, and lets the
 * permits cover some of these. */
static size_t random_permits(struct traffic_random *random,
			     char keys[CHARGES_MAX][KEY_SIZE],
			     struct charge *charges, size_t count)
{
	unsigned int permits = random_permit_count(random);
	uint32_t all = permits == 0
			       ? 0
			       : UINT32_MAX >> (STORE_PERMITS_MAX - permits);
	size_t limits = count;

	for (size_t i = 0; i < limits && permits != 0; i++) {
		if (traffic_random_below(random, 3) == 0)
			continue;
		charges[i].covers = (uint32_t)traffic_random_next(random) & all;
		charges[i].is_own = charges[i].covers != 0 &&
				    traffic_random_below(random, 2) == 0;
	}
	for (unsigned int number = 1; number <= permits; number++)
		for (unsigned int n = 0; n < 2; n++) {
			if (n == 1 && traffic_random_below(random, 2) == 0)
				break;
			snprintf(keys[count], KEY_SIZE, "{sender:%u}:p%u",
				 number, n);
			random_permit_window(random, keys[count], number,
					     &charges[count]);
			count++;
		}
	return count;
}

static void compare(const struct charge *wanted, const struct charge *found,
		    uint64_t seed, unsigned int question)
{
	ck_assert_msg(wanted->used == found->used &&
			      wanted->wait_ms == found->wait_ms &&
			      wanted->shut_ms == found->shut_ms,
		      "seed %" PRIu64 ", question %u, %s, cost %" PRIu64
		      ", max %" PRIu64 ": memory says used %" PRIu64
		      ", wait %" PRIu64 ", shut %" PRIu64
		      ", Redis says %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		      seed, question, wanted->key, wanted->cost, wanted->max,
		      wanted->used, wanted->wait_ms, wanted->shut_ms,
		      found->used, found->wait_ms, found->shut_ms);
}

static enum store_answer ask_both(struct traffic_random *random, bool permits,
				  uint64_t now_ms, uint64_t seed,
				  unsigned int number)
{
	char keys[CHARGES_MAX][KEY_SIZE];
	struct charge ours[CHARGES_MAX], theirs[CHARGES_MAX];
	size_t count = random_charges(random, keys, ours);
	enum store_question question = random_question(random);
	enum store_answer answer;

	if (permits)
		count = random_permits(random, keys, ours, count);
	/* what is cut off at 2^53 cannot be given back */
	for (size_t i = 0; i < count && is_in_pieces; i++)
		ours[i].cost %= 1000;
	memcpy(theirs, ours, sizeof(*ours) * count);
	answer = store_ask(memory, question, ours, count, now_ms);
	ck_assert_msg(store_ask(redis, question, theirs, count, now_ms) ==
			      answer,
		      "seed %" PRIu64 ", question %u: memory says %d", seed,
		      number, (int)answer);
	for (size_t i = 0; i < count; i++)
		compare(&ours[i], &theirs[i], seed, number);
	return answer;
}

static const uint64_t seeds[] = { 1, 16, 30000, 93000 };

static void check_same_answers(uint64_t seed, bool permits)
{
	unsigned int questions = is_in_pieces ? IN_PIECES : QUESTIONS;
	struct traffic_random random = { .state = seed };
	uint64_t now_ms = NOON;
	unsigned int answers[3] = { 0, 0, 0 };

	for (unsigned int i = 0; i < questions; i++) {
		uint64_t next_ms = random_time(&random, now_ms);

		/* a charge drops what is dated in the future, for good */
		if (next_ms > now_ms || !is_in_pieces)
			now_ms = next_ms;
		answers[ask_both(&random, permits, now_ms, seed, i)]++;
	}
	ck_assert_uint_gt(answers[STORE_ADMITTED], questions / 10);
	ck_assert_uint_gt(answers[STORE_REFUSED], questions / 10);
	ck_assert_uint_eq(answers[STORE_UNAVAILABLE], 0);
}

START_TEST(same_answers)
{
	check_same_answers(seeds[_i], false);
}
END_TEST

START_TEST(same_answers_with_permits)
{
	check_same_answers(seeds[_i], true);
}
END_TEST

/* In pieces as small as can be: the same answers, and the same windows. */
START_TEST(same_answers_in_pieces)
{
	stop();
	start_with((size_t)_i % 3 + 1);
	is_in_pieces = true;
	check_same_answers(seeds[_i], true);
}
END_TEST

/* A store as a meter of traffic; each plan has a key of its own. */
struct store_meter {
	struct traffic_meter meter; /* first */
	struct store *store;
	unsigned int plans;
};

static void meter_start(struct traffic_meter *meter)
{
	((struct store_meter *)(void *)meter)->plans++;
}

static bool meter_charge(struct traffic_meter *meter,
			 const struct window_shape *shape, uint64_t cost,
			 uint64_t max, uint64_t now_ms, uint64_t *wait_ms_r)
{
	struct store_meter *ours = (struct store_meter *)(void *)meter;
	struct charge charge = {
		.shape = *shape, .cost = cost, .max = max, .stops = true
	};
	enum store_answer answer;
	char key[KEY_SIZE];

	charge.key = key;
	charge.key_length = (size_t)snprintf(key, sizeof(key), "{all}:%u",
					     ours->plans);
	answer = store_ask(ours->store, STORE_CHARGE, &charge, 1, now_ms);
	ck_assert_int_ne(answer, STORE_UNAVAILABLE);
	*wait_ms_r = charge.wait_ms;
	return answer == STORE_ADMITTED;
}

START_TEST(promise_in_memory)
{
	struct store_meter meter = {
		.meter = { .start = meter_start, .charge = meter_charge },
		.store = memory,
	};

	traffic_check_all(&meter.meter, 1);
}
END_TEST

START_TEST(promise_in_redis)
{
	struct store_meter meter = {
		.meter = { .start = meter_start, .charge = meter_charge },
		.store = redis,
	};

	traffic_check_all(&meter.meter, 60000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_same");
	TCase *tcase = tcase_create("store_same");

	tcase_set_timeout(tcase, 120);
	tcase_add_unchecked_fixture(tcase, start_server, stop_server);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, same_answers, 0, COUNT_OF(seeds));
	tcase_add_loop_test(tcase, same_answers_with_permits, 0,
			    COUNT_OF(seeds));
	tcase_add_loop_test(tcase, same_answers_in_pieces, 0, COUNT_OF(seeds));
	tcase_add_test(tcase, promise_in_memory);
	tcase_add_test(tcase, promise_in_redis);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
