/* SPDX-License-Identifier: ISC */

/* Asks through the link, and turns its integers back into answers. */
#include <pthread.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/thread.h"
#include "charge_pieces.h"
#include "charge_args.h"
#include "lib/redis/redis_link.h"
#include "store_redis.h"

#define INTEGERS_PER_CHARGE 3 /* used, wait, shut */
#define LATE_MAX	    4 /* questions that Redis has read too late */
#define PIECES_MAX	    4 /* of large questions on their way at once */
struct store_redis {
	struct store store; /* first: a struct store * is one of these */
	struct redis_link *link;
	char *prefix;
	bool uses_callers_clock;
	size_t piece_max;

	pthread_mutex_t lock;
	pthread_cond_t has_room; /* for another piece */
	unsigned int pieces;	 /* under lock */
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
	struct charge_args args;
	bool is_answered;

	if (!redis->uses_callers_clock)
		time = (struct charge_time){
			0, redis_link_deadline(redis->link, asking->end_ms,
					       &asking->before_ms)
		};
	charge_args_make(&args, redis->prefix, asking->question,
			 asking->charges, asking->count, time);
	is_answered = redis_link_run(redis->link, asking->end_ms, args.count,
				     args.texts, args.lengths,
				     1 + asking->count * INTEGERS_PER_CHARGE,
				     integers);
	charge_args_clear(&args);
	return is_answered;
}

/* A question that Redis has read too late has changed nothing, and is asked
 * again: Redis was slow, or has been set to another time. */
static bool run_in_time(struct store_redis *redis, struct asking *asking,
			int64_t *integers)
{
	for (int i = 0; i < LATE_MAX; i++) {
		if (!run(redis, asking, integers))
			return false;
		if (!is_late(integers))
			return true;
		redis_link_set_clock(redis->link, integers[1],
				     asking->before_ms);
	}
	return false;
}

static enum store_answer ask(struct store_redis *redis, struct asking *asking,
			     struct charge *charges, uint64_t *charged_ms_r)
{
	size_t count = asking->count;
	int64_t *integers = alloc_array(1 + count * INTEGERS_PER_CHARGE,
					sizeof(*integers));
	enum store_answer answer = STORE_UNAVAILABLE;

	if (run_in_time(redis, asking, integers)) {
		answer = charges_fill_in(charges, count, integers);
		*charged_ms_r = (uint64_t)integers[0];
	}
	free(integers);
	return answer;
}

/* pieces of a large question */

struct large {
	struct store_redis *redis;
	uint64_t now_ms, end_ms;
	unsigned int run; /* of the Redis that it began with */
};

/* False when there was no room until the end. */
static bool piece_begin(const struct large *large)
{
	struct store_redis *redis = large->redis;
	bool has_room;

	pthread_mutex_lock(&redis->lock);
	while (redis->pieces == PIECES_MAX &&
	       thread_wait(&redis->has_room, &redis->lock, large->end_ms))
		;
	has_room = redis->pieces < PIECES_MAX;
	if (has_room)
		redis->pieces++;
	pthread_mutex_unlock(&redis->lock);
	return has_room;
}

static void piece_end(struct store_redis *redis)
{
	pthread_mutex_lock(&redis->lock);
	redis->pieces--;
	pthread_cond_signal(&redis->has_room);
	pthread_mutex_unlock(&redis->lock);
}

/* Few at once, so that the questions of others do not wait for many of them. */
static enum store_answer ask_piece(void *context, enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t *charged_ms_r)
{
	const struct large *large = context;
	struct store_redis *redis = large->redis;
	struct asking asking = { question,	charges,       count,
				 large->now_ms, large->end_ms, 0 };
	enum store_answer answer = STORE_UNAVAILABLE;

	if (!piece_begin(large))
		return STORE_UNAVAILABLE;
	if (redis_link_is_open(redis->link))
		answer = ask(redis, &asking, charges, charged_ms_r);
	piece_end(redis);
	return answer;
}

/* Another Redis does not know of the charge, or not surely. */
static void give_back_piece(void *context, const struct charge *charges,
			    size_t count, uint64_t charged_ms)
{
	const struct large *large = context;
	struct charge_args args;

	charge_args_make(&args, large->redis->prefix, STORE_GIVE_BACK, charges,
			 count, (struct charge_time){ charged_ms, 0 });
	redis_link_post(large->redis->link, args.count, args.texts,
			args.lengths, 1 + count * INTEGERS_PER_CHARGE,
			large->run);
	charge_args_clear(&args);
}

static enum store_answer redis_ask_within(struct store *store,
					  enum store_question question,
					  struct charge *charges, size_t count,
					  uint64_t now_ms,
					  struct store_patience *patience)
{
	struct store_redis *redis = redis_of(store);
	struct asking asking = { question, charges, count, now_ms, 0, 0 };
	struct large large = { redis, now_ms, 0, 0 };
	const struct charge_asker asker = { ask_piece, give_back_piece, &large,
					    redis->piece_max };
	uint64_t charged_ms;

	if (!redis_link_is_open(redis->link))
		return STORE_UNAVAILABLE;
	if (patience->end_ms == 0)
		patience->end_ms = redis_link_end(redis->link);
	asking.end_ms = large.end_ms = patience->end_ms;
	large.run = redis_link_runs(redis->link);
	if (count > redis->piece_max)
		return charge_in_pieces(&asker, question, charges, count);
	return ask(redis, &asking, charges, &charged_ms);
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
	pthread_mutex_destroy(&redis->lock);
	pthread_cond_destroy(&redis->has_room);
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
	char *simulation_key = alloc_format("%s:{probe}:link:1s",
					    options->prefix);
	const char *simulation[] = { "1", simulation_key, "add", "0", "0", "1",
				     "1", "17",		  "60",	 "-" };
	const struct redis_link_options link_options = {
		.server = options->server,
		.database = options->database,
		.user = options->user,
		.password = options->password,
		.timeout_ms = options->timeout_ms,
		.script = charge_script,
		.script_length = charge_script_length,
		.simulation = simulation,
		.simulation_count = sizeof(simulation) / sizeof(simulation[0]),
		.going_down = options->going_down,
		.context = options->context,
	};

	redis->store.methods = &methods;
	pthread_mutex_init(&redis->lock, NULL);
	thread_condition_init(&redis->has_room);
	redis->prefix = alloc_text(options->prefix);
	redis->uses_callers_clock = options->uses_callers_clock;
	redis->piece_max = options->piece_max == 0 ? CHARGE_PIECE_MAX
						   : options->piece_max;
	redis->link = redis_link_new(&link_options);
	free(simulation_key);
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

void store_redis_count(const struct store *store,
		       struct redis_link_counts *counts_r)
{
	const struct store_redis *redis =
		(const struct store_redis *)(const void *)store;

	redis_link_count(redis->link, counts_r);
}
