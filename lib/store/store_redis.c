/* SPDX-License-Identifier: ISC */

/* Asks through the link, and turns its integers back into answers. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "charge_args.h"
#include "charge_outcome.h"
#include "charge_pieces.h"
#include "lib/redis/redis_link.h"
#include "store_redis.h"

#define PROBE_KEY	    "{probe}:link:1s"
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

static struct store_redis *redis_of(const struct store *store)
{
	return (struct store_redis *)(uintptr_t)store;
}

/* A question, its end, and how Redis and its clock were known when it was made.
 */
struct asking {
	struct store_redis *redis;
	enum store_question question;
	const struct charge *charges;
	size_t count;
	uint64_t now_ms, end_ms;
	bool keeps_late;
	unsigned int run; /* of the Redis that it began with */
	long long before_ms;
};

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
	return integers[0] > 0 ? STORE_ADMITTED : STORE_REFUSED;
}

/* The script's answer to a question that had ended before it was read. */
static bool is_late(const int64_t *integers)
{
	return integers[0] == 0;
}

/* When the script was run. */
static uint64_t time_of(const int64_t *integers)
{
	uint64_t time_ms = (uint64_t)integers[0];

	return integers[0] < 0 ? 0 - time_ms : time_ms;
}

static struct redis_command command_of(const struct charge_args *args,
				       size_t count)
{
	return (struct redis_command){ .argument_count = args->count,
				       .arguments = args->texts,
				       .lengths = args->lengths,
				       .count = 1 +
						count * INTEGERS_PER_CHARGE };
}

/* what Redis has charged although nobody knows */

/* Of the Redis of this run: another one does not know of the charge, or not
 * surely. */
static void give_back(struct store_redis *redis, unsigned int run,
		      const struct charge *charges, size_t count,
		      uint64_t charged_ms)
{
	struct redis_command command;
	struct charge_args args;

	charge_args_make(&args, redis->prefix, STORE_GIVE_BACK, charges, count,
			 (struct charge_time){ charged_ms, 0 });
	command = command_of(&args, count);
	redis_link_post(redis->link, &command, run);
	charge_args_clear(&args);
}

/* A question whose caller has decided without its answer. late is first: a
 * struct redis_late * is one of these. */
struct late {
	struct redis_late late;
	struct store_redis *redis;
	enum store_question question;
	unsigned int run;
	size_t count;
	struct charge charges[]; /* behind them their keys */
};

static void late_answered(struct redis_late *answered, const int64_t *integers)
{
	struct late *late = (struct late *)(void *)answered;
	struct charge_outcome outcome;
	size_t made = 0;

	if (integers != NULL && !is_late(integers)) {
		charges_fill_in(late->charges, late->count, integers);
		charge_outcome_of(late->charges, late->count, &outcome);
		for (size_t i = 0; i < late->count; i++)
			if (charge_is_made(late->question, &outcome,
					   &late->charges[i]))
				late->charges[made++] = late->charges[i];
	}
	if (made != 0)
		give_back(late->redis, late->run, late->charges, made,
			  time_of(integers));
	free(late);
}

static struct redis_late *late_new(void *context)
{
	const struct asking *asking = context;
	size_t size = sizeof(struct late) +
		      asking->count * sizeof(struct charge);
	size_t bytes = 0;
	struct late *late;
	char *keys;

	if (asking->question == STORE_PEEK || asking->keeps_late)
		return NULL;
	for (size_t i = 0; i < asking->count; i++)
		bytes += asking->charges[i].key_length;
	late = alloc_resize(NULL, size + bytes, 1);
	*late = (struct late){ .late = { late_answered },
			       .redis = asking->redis,
			       .question = asking->question,
			       .run = asking->run,
			       .count = asking->count };
	keys = (char *)late + size;
	for (size_t i = 0; i < asking->count; i++) {
		late->charges[i] = asking->charges[i];
		late->charges[i].key = keys;
		memcpy(keys, asking->charges[i].key,
		       asking->charges[i].key_length);
		keys += asking->charges[i].key_length;
	}
	return &late->late;
}

/* asking */

static bool run(struct asking *asking, int64_t *integers)
{
	struct store_redis *redis = asking->redis;
	struct charge_time time = { asking->now_ms, 0 };
	struct redis_command command;
	struct charge_args args;
	bool is_answered;

	if (!redis->uses_callers_clock)
		time = (struct charge_time){
			0, redis_link_deadline(redis->link, asking->end_ms,
					       &asking->before_ms)
		};
	charge_args_make(&args, redis->prefix, asking->question,
			 asking->charges, asking->count, time);
	command = command_of(&args, asking->count);
	command.abandon = late_new;
	command.context = asking;
	is_answered = redis_link_run(redis->link, asking->end_ms, &command,
				     integers);
	charge_args_clear(&args);
	return is_answered;
}

/* A question that Redis has read too late has changed nothing, and is asked
 * again: Redis was slow, or has been set to another time. */
static bool run_in_time(struct asking *asking, int64_t *integers)
{
	for (int i = 0; i < LATE_MAX; i++) {
		if (!run(asking, integers))
			return false;
		if (!is_late(integers))
			return true;
		redis_link_set_clock(asking->redis->link, integers[1],
				     asking->before_ms);
	}
	return false;
}

static enum store_answer ask(struct asking *asking, struct charge *charges,
			     uint64_t *charged_ms_r)
{
	size_t count = asking->count;
	int64_t *integers = alloc_array(1 + count * INTEGERS_PER_CHARGE,
					sizeof(*integers));
	enum store_answer answer = STORE_UNAVAILABLE;

	if (run_in_time(asking, integers)) {
		answer = charges_fill_in(charges, count, integers);
		*charged_ms_r = time_of(integers);
	}
	free(integers);
	return answer;
}

/* pieces of a large question */

/* False when there was no room until the end. */
static bool piece_begin(const struct asking *large)
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
	const struct asking *large = context;
	struct asking asking = *large;
	enum store_answer answer = STORE_UNAVAILABLE;

	asking.question = question;
	asking.charges = charges;
	asking.count = count;
	asking.keeps_late = false; /* no piece without the others */
	if (!piece_begin(large))
		return STORE_UNAVAILABLE;
	if (redis_link_is_open(large->redis->link))
		answer = ask(&asking, charges, charged_ms_r);
	piece_end(large->redis);
	return answer;
}

static void give_back_piece(void *context, const struct charge *charges,
			    size_t count, uint64_t charged_ms)
{
	const struct asking *large = context;

	give_back(large->redis, large->run, charges, count, charged_ms);
}

static enum store_answer redis_ask_within(struct store *store,
					  enum store_question question,
					  struct charge *charges, size_t count,
					  uint64_t now_ms,
					  struct store_patience *patience)
{
	struct store_redis *redis = redis_of(store);
	struct asking asking = { .redis = redis,
				 .question = question,
				 .charges = charges,
				 .count = count,
				 .now_ms = now_ms,
				 .keeps_late = patience->keeps_late };
	const struct charge_asker asker = { ask_piece, give_back_piece, &asking,
					    redis->piece_max };
	uint64_t charged_ms;

	if (!redis_link_is_open(redis->link))
		return STORE_UNAVAILABLE;
	if (patience->end_ms == 0)
		patience->end_ms = redis_link_end(redis->link);
	asking.end_ms = patience->end_ms;
	asking.run = redis_link_runs(redis->link);
	if (count > redis->piece_max)
		return charge_in_pieces(&asker, question, charges, count);
	return ask(&asking, charges, &charged_ms);
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
	return redis_link_is_open(redis_of(store)->link);
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
	char *simulation_key = alloc_format("%s:" PROBE_KEY, options->prefix);
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

/* Answers come in the order of questions: the second one is behind what the
 * answers before the first one had to take back. */
bool store_redis_settle(struct store *store, unsigned int wait_ms)
{
	struct charge charge = { .key = PROBE_KEY,
				 .key_length = strlen(PROBE_KEY),
				 .shape = window_shape_of(1000) };
	struct asking asking = { .redis = redis_of(store),
				 .question = STORE_PEEK,
				 .charges = &charge,
				 .count = 1,
				 .end_ms = clock_steady_ms() + wait_ms };
	uint64_t asked_ms;

	for (int i = 0; i < 2; i++)
		if (ask(&asking, &charge, &asked_ms) == STORE_UNAVAILABLE)
			return false;
	return true;
}

void store_redis_set_password(struct store *store, const char *password)
{
	redis_link_set_password(redis_of(store)->link, password);
}

bool store_redis_is_up(const struct store *store)
{
	return redis_link_is_up(redis_of(store)->link);
}

unsigned int store_redis_connections(const struct store *store)
{
	return redis_link_connections(redis_of(store)->link);
}

void store_redis_count(const struct store *store,
		       struct redis_link_counts *counts_r)
{
	redis_link_count(redis_of(store)->link, counts_r);
}
