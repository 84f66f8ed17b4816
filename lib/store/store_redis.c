/* SPDX-License-Identifier: ISC */

/* Asks through the link, and turns its integers back into answers. */
#include <stdlib.h>

#include "../base/alloc.h"
#include "charge_words.h"
#include "redis_link.h"
#include "store_redis.h"

#define INTEGERS_PER_CHARGE 3 /* used, wait, shut */

struct store_redis {
	struct store store; /* first: a struct store * is one of these */
	struct redis_link *link;
	char *prefix;
	bool uses_callers_clock;
};

static struct store_redis *redis_of(struct store *store)
{
	return (struct store_redis *)(void *)store;
}

static uint64_t wait_of(int64_t integer)
{
	return integer < 0 ? WINDOW_NEVER : (uint64_t)integer;
}

static enum store_answer charges_fill_in(struct charge *charges, size_t count,
					 const int64_t *integers)
{
	for (size_t i = 0; i < count; i++) {
		const int64_t *answer = integers + 1 + i * INTEGERS_PER_CHARGE;

		charges[i].used = answer[0] < 0 ? 0 : (uint64_t)answer[0];
		charges[i].wait_ms = wait_of(answer[1]);
		charges[i].shut_ms = wait_of(answer[2]);
	}
	return integers[0] != 0 ? STORE_ADMITTED : STORE_REFUSED;
}

/* The script's answer to a question that had ended before it was read. */
static bool is_late(const int64_t *integers)
{
	return integers[0] < 0;
}

/* A question, its end, and how Redis's clock was known when it was made. */
struct asking {
	enum store_question question;
	const struct charge *charges;
	size_t count;
	uint64_t now_ms, end_ms;
	long long before_ms;
};

static bool run(struct store_redis *redis, struct asking *asking,
		int64_t *integers)
{
	struct charge_time time = { asking->now_ms, 0 };
	struct charge_words words;
	bool is_answered;

	if (!redis->uses_callers_clock)
		time = (struct charge_time){
			0, redis_link_deadline(redis->link, asking->end_ms,
					       &asking->before_ms)
		};
	charge_words_make(&words, redis->prefix, asking->question,
			  asking->charges, asking->count, time);
	is_answered = redis_link_run(redis->link, asking->end_ms, words.count,
				     words.texts, words.lengths,
				     1 + asking->count * INTEGERS_PER_CHARGE,
				     integers);
	charge_words_clear(&words);
	return is_answered;
}

/* Where Redis, which is not slow, has been set to another time since it was
 * asked, it is asked again. */
static bool run_in_time(struct store_redis *redis, struct asking *asking,
			int64_t *integers)
{
	if (!run(redis, asking, integers))
		return false;
	return !is_late(integers) ||
	       (redis_link_set_clock(redis->link, integers[1],
				     asking->before_ms) &&
		run(redis, asking, integers) && !is_late(integers));
}

static enum store_answer redis_ask_within(struct store *store,
					  enum store_question question,
					  struct charge *charges, size_t count,
					  uint64_t now_ms,
					  struct store_patience *patience)
{
	struct store_redis *redis = redis_of(store);
	struct asking asking = { question, charges, count, now_ms, 0, 0 };
	enum store_answer answer = STORE_UNAVAILABLE;
	int64_t *integers;

	if (!redis_link_is_open(redis->link))
		return STORE_UNAVAILABLE;
	if (patience->end_ms == 0)
		patience->end_ms = redis_link_end(redis->link);
	asking.end_ms = patience->end_ms;
	integers = alloc_array(1 + count * INTEGERS_PER_CHARGE,
			       sizeof(*integers));
	if (run_in_time(redis, &asking, integers))
		answer = charges_fill_in(charges, count, integers);
	free(integers);
	return answer;
}

static enum store_answer redis_ask(struct store *store,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms)
{
	struct store_patience patience = { 0 };

	return redis_ask_within(store, question, charges, count, now_ms,
				&patience);
}

static bool redis_is_open(const struct store *store)
{
	const struct store_redis *redis =
		(const struct store_redis *)(const void *)store;

	return redis_link_is_open(redis->link);
}

static void redis_free(struct store *store)
{
	struct store_redis *redis = redis_of(store);

	redis_link_free(&redis->link);
	free(redis->prefix);
	free(redis);
}

struct store *store_redis_new(const struct store_redis_options *options)
{
	static const struct store_methods methods = {
		.ask = redis_ask,
		.ask_within = redis_ask_within,
		.free = redis_free,
		.is_open = redis_is_open,
	};
	struct store_redis *redis = alloc_zero(sizeof(*redis));
	char *trial_key = alloc_format("%s:{probe}:link:1s", options->prefix);
	const char *trial[] = { "1", trial_key, "add", "0",  "0",
				"1", "1",	"17",  "60", "-" };
	const struct redis_link_options link_options = {
		.server = options->server,
		.database = options->database,
		.user = options->user,
		.password = options->password,
		.timeout_ms = options->timeout_ms,
		.script = charge_script,
		.script_length = charge_script_length,
		.trial = trial,
		.trial_count = sizeof(trial) / sizeof(trial[0]),
		.going_down = options->going_down,
		.context = options->context,
	};

	redis->store.methods = &methods;
	redis->prefix = alloc_text(options->prefix);
	redis->uses_callers_clock = options->uses_callers_clock;
	redis->link = redis_link_new(&link_options);
	free(trial_key);
	return &redis->store;
}

bool store_redis_wait(struct store *store, unsigned int wait_ms)
{
	return redis_link_wait(redis_of(store)->link, wait_ms);
}

void store_redis_set_password(struct store *store, const char *password)
{
	redis_link_set_password(redis_of(store)->link, password);
}

bool store_redis_is_up(const struct store *store)
{
	const struct store_redis *redis =
		(const struct store_redis *)(const void *)store;

	return redis_link_is_up(redis->link);
}

unsigned int store_redis_connections(const struct store *store)
{
	const struct store_redis *redis =
		(const struct store_redis *)(const void *)store;

	return redis_link_connections(redis->link);
}
