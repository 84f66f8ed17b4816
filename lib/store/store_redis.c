/* SPDX-License-Identifier: ISC */

/*
 * Turns charges into the words of one EVALSHA and its integers back into
 * answers. All numbers and keys of a question stand in one block of memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "charge_lua.h"
#include "redis_link.h"
#include "store_redis.h"

#define WORDS_BEFORE_KEYS   1  /* the number of keys */
#define WORDS_AFTER_KEYS    2  /* question, time */
#define WORDS_PER_CHARGE    5  /* cost, max, width, slots, flags */
#define INTEGERS_PER_CHARGE 3  /* used, wait, shut */
#define NUMBER_SIZE	    21 /* UINT64_MAX and a NUL */

struct store_redis {
	struct store store; /* first: a struct store * is one of these */
	struct redis_link *link;
	char *prefix; /* with its ':' */
	size_t prefix_length;
	bool uses_callers_clock;
};

/* The words of a command while they are being collected. */
struct words {
	const char **texts;
	size_t *lengths;
	size_t count;
	char *memory; /* where the next number or key goes */
};

static struct store_redis *redis_of(struct store *store)
{
	return (struct store_redis *)(void *)store;
}

static const char *question_word(enum store_question question)
{
	static const char *const words[] = {
		[STORE_CHARGE] = "charge",
		[STORE_PEEK] = "peek",
		[STORE_ADD] = "add",
	};

	return words[question];
}

static const char *flags_word(const struct charge *charge)
{
	if (charge->stops)
		return charge->attempts ? "sa" : "s";
	return charge->attempts ? "a" : "-";
}

static void words_add(struct words *words, const char *text, size_t length)
{
	words->texts[words->count] = text;
	words->lengths[words->count] = length;
	words->count++;
}

static void words_add_number(struct words *words, uint64_t number)
{
	char digits[NUMBER_SIZE];
	char *at = digits + sizeof(digits);
	size_t length;

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	length = (size_t)(digits + sizeof(digits) - at);
	memcpy(words->memory, at, length);
	words_add(words, words->memory, length);
	words->memory += length;
}

static void words_add_key(struct words *words, const struct store_redis *redis,
			  const struct charge *charge)
{
	char *key = words->memory;

	memcpy(key, redis->prefix, redis->prefix_length);
	memcpy(key + redis->prefix_length, charge->key, charge->key_length);
	words->memory += redis->prefix_length + charge->key_length;
	words_add(words, key, redis->prefix_length + charge->key_length);
}

static void words_fill(struct words *words, const struct store_redis *redis,
		       enum store_question question,
		       const struct charge *charges, size_t count,
		       uint64_t now_ms)
{
	const char *word = question_word(question);

	words_add_number(words, count);
	for (size_t i = 0; i < count; i++)
		words_add_key(words, redis, &charges[i]);
	words_add(words, word, strlen(word));
	words_add_number(words, redis->uses_callers_clock ? now_ms : 0);
	for (size_t i = 0; i < count; i++) {
		word = flags_word(&charges[i]);
		words_add_number(words, charges[i].cost);
		words_add_number(words, charges[i].max);
		words_add_number(words, charges[i].shape.width_ms);
		words_add_number(words, charges[i].shape.slots);
		words_add(words, word, strlen(word));
	}
}

/* One block: the pointers, the lengths, then keys and numbers. */
static void *words_new(const struct store_redis *redis,
		       const struct charge *charges, size_t count,
		       struct words *words_r)
{
	size_t most = WORDS_BEFORE_KEYS + WORDS_AFTER_KEYS +
		      count * (1 + WORDS_PER_CHARGE);
	size_t bytes = most * NUMBER_SIZE;
	char *block;

	for (size_t i = 0; i < count; i++)
		bytes += redis->prefix_length + charges[i].key_length;
	block = alloc_resize(
		NULL, most * (sizeof(char *) + sizeof(size_t)) + bytes, 1);
	words_r->texts = (const char **)(void *)block;
	words_r->lengths = (size_t *)(void *)(block + most * sizeof(char *));
	words_r->memory = block + most * (sizeof(char *) + sizeof(size_t));
	words_r->count = 0;
	return block;
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

static enum store_answer redis_ask(struct store *store,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms)
{
	struct store_redis *redis = redis_of(store);
	enum store_answer answer = STORE_UNAVAILABLE;
	size_t integer_count = 1 + count * INTEGERS_PER_CHARGE;
	int64_t *integers;
	struct words words;
	void *block;

	if (!redis_link_is_open(redis->link))
		return STORE_UNAVAILABLE;
	integers = alloc_array(integer_count, sizeof(*integers));
	block = words_new(redis, charges, count, &words);
	words_fill(&words, redis, question, charges, count, now_ms);
	if (redis_link_run(redis->link, words.count, words.texts, words.lengths,
			   integer_count, integers))
		answer = charges_fill_in(charges, count, integers);
	free(block);
	free(integers);
	return answer;
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
		.free = redis_free,
	};
	struct store_redis *redis = alloc_zero(sizeof(*redis));
	char *trial_key = alloc_format("%s:{probe}:link:1s", options->prefix);
	const char *trial[] = { "1", trial_key, "add", "0", "1",
				"1", "17",	"60",  "-" };
	const struct redis_link_options link_options = {
		.server = options->server,
		.database = options->database,
		.user = options->user,
		.password = options->password,
		.timeout_ms = options->timeout_ms,
		.script = (const char *)charge_lua,
		.script_length = sizeof(charge_lua),
		.trial = trial,
		.trial_count = sizeof(trial) / sizeof(trial[0]),
	};

	redis->store.methods = &methods;
	redis->prefix = alloc_format("%s:", options->prefix);
	redis->prefix_length = strlen(redis->prefix);
	redis->uses_callers_clock = options->uses_callers_clock;
	redis->link = redis_link_new(&link_options);
	free(trial_key);
	return &redis->store;
}

bool store_redis_wait(struct store *store, unsigned int wait_ms)
{
	return redis_link_wait(redis_of(store)->link, wait_ms);
}

bool store_redis_is_up(const struct store *store)
{
	const struct store_redis *redis =
		(const struct store_redis *)(const void *)store;

	return redis_link_is_up(redis->link);
}
