/* SPDX-License-Identifier: ISC */

#include "told.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "thresholds.h"

#define NUMBER_SIZE 24

/* A digest that nobody sent after all, since its keeper was killed. */
#define CLAIM_MS "60000"

const struct told_digest told_together = { "together", TOGETHER_EVERY_MS, "",
					   " at once" };
const struct told_digest told_reminded = { "reminded", TOGETHER_EVERY_MS, "",
					   " still open" };
const struct told_digest told_recurring = { "recurring", RECURRING_EVERY_MS,
					    "recurring ", "" };

static char *key_of(const char *prefix, const char *what, const char *name)
{
	return alloc_format("%s:{incidents}:%s%s%s", prefix, what,
			    name[0] == '\0' ? "" : ":", name);
}

static const char *digits(uint64_t number, char text[NUMBER_SIZE])
{
	(void)snprintf(text, NUMBER_SIZE, "%" PRIu64, number);
	return text;
}

/* Is there an answer? It is freed. */
static bool answered(struct redis_value *value)
{
	bool is_answered = value != NULL;

	redis_value_free(&value);
	return is_answered;
}

bool told_read(struct redis_client *redis, const char *prefix, const char *uid,
	       struct told *told_r)
{
	char *key = key_of(prefix, "told", uid);
	struct redis_value *value = redis_client_say(
		redis, "HMGET", key, "alerts", "going_on", "together", NULL);

	memset(told_r, 0, sizeof(*told_r));
	told_r->is_known = redis_value_text(redis_value_at(value, 1),
					    NULL)[0] != '\0';
	told_r->alerts = (unsigned int)redis_value_number_at(value, 0);
	told_r->is_going_on = redis_value_number_at(value, 1) != 0;
	told_r->is_together = redis_value_number_at(value, 2) != 0;
	free(key);
	return answered(value);
}

static bool keep(struct redis_client *redis, const char *key)
{
	char span[NUMBER_SIZE];

	return answered(redis_client_say(redis, "PEXPIRE", key,
					 digits(TOLD_KEPT_MS, span), NULL));
}

/* And the next reminder is due so much later. */
static bool set_told(struct redis_client *redis, const char *prefix,
		     const char *uid, const char *field, const char *value,
		     uint64_t remind_ms)
{
	char *key = key_of(prefix, "told", uid);
	char *remind = key_of(prefix, "remind", uid);
	char span[NUMBER_SIZE];
	bool is_good;

	is_good = answered(redis_client_say(redis, "HSET", key, field, value,
					    NULL)) &&
		  keep(redis, key) &&
		  answered(redis_client_say(redis, "SET", remind, "1", "PX",
					    digits(remind_ms, span), NULL));
	free(remind);
	free(key);
	return is_good;
}

bool told_write(struct redis_client *redis, const char *prefix,
		const struct call *call, uint64_t remind_ms)
{
	return set_told(redis, prefix, call->uid, "going_on",
			alert_act_is_end(call->act) ? "0" : "1", remind_ms);
}

bool told_set_together(struct redis_client *redis, const char *prefix,
		       const char *uid, uint64_t remind_ms)
{
	return set_told(redis, prefix, uid, "together", "1", remind_ms);
}

/* Once for each act, however often keepers were killed meanwhile. */
bool told_count(struct redis_client *redis, const char *prefix,
		const struct call *call)
{
	char *key = key_of(prefix, "told", call->uid), *field;
	struct redis_value *value;
	bool is_good = true, is_first;

	if (plan_counts(call->act) && call->id_count != 0) {
		field = alloc_format("act %s", call->ids[0]);
		value = redis_client_say(redis, "HSETNX", key, field, "1",
					 NULL);
		is_first = redis_value_number(value) == 1;
		is_good = answered(value);
		if (is_first)
			is_good = answered(redis_client_say(
				redis, "HINCRBY", key, "alerts", "1", NULL));
		free(field);
	}
	free(key);
	return is_good;
}

bool told_later(struct redis_client *redis, const char *prefix, uint64_t number,
		const struct told_digest *digest, uint64_t now_ms)
{
	char *set = key_of(prefix, digest->name, "");
	char text[NUMBER_SIZE], now[NUMBER_SIZE];
	bool is_good = answered(redis_client_say(redis, "ZADD", set, "NX",
						 digits(now_ms, now),
						 digits(number, text), NULL));

	free(set);
	return is_good;
}

static bool claim(struct redis_client *redis, const char *key,
		  const char *span_ms, bool *is_ours_r)
{
	struct redis_value *value = redis_client_say(redis, "SET", key, "1",
						     "NX", "PX", span_ms, NULL);

	*is_ours_r = redis_value_text(value, NULL)[0] != '\0';
	return answered(value);
}

bool told_claim_reminder(struct redis_client *redis, const char *prefix,
			 const char *uid, uint64_t remind_ms, bool *is_ours_r)
{
	char *key = key_of(prefix, "remind", uid);
	char span[NUMBER_SIZE];
	bool is_good = claim(redis, key, digits(remind_ms, span), is_ours_r);

	free(key);
	return is_good;
}

static void read_numbers(const struct redis_value *value,
			 struct incident_numbers *numbers_r)
{
	numbers_r->count = redis_value_count(value);
	numbers_r->numbers = alloc_array(numbers_r->count,
					 sizeof(*numbers_r->numbers));
	for (size_t i = 0; i < numbers_r->count; i++)
		numbers_r->numbers[i] = redis_value_number_at(value, i);
}

/* Since when the first one is in the set; UINT64_MAX: there is none. */
static bool read_since(struct redis_client *redis, const char *set,
		       uint64_t *since_ms_r)
{
	struct redis_value *value = redis_client_say(redis, "ZRANGE", set, "0",
						     "0", "WITHSCORES", NULL);

	*since_ms_r = redis_value_count(value) == 0
			      ? UINT64_MAX
			      : redis_value_number_at(value, 1);
	return answered(value);
}

bool told_claim_digest(struct redis_client *redis, const char *prefix,
		       const struct told_digest *digest, uint64_t now_ms,
		       struct told_claimed *claimed_r)
{
	char *set = key_of(prefix, digest->name, "");
	char *sending = key_of(prefix, "sending", digest->name);
	struct redis_value *value = NULL;
	bool is_wanted, is_good;

	memset(claimed_r, 0, sizeof(*claimed_r));
	is_good = read_since(redis, set, &claimed_r->since_ms);
	is_wanted = claimed_r->since_ms <= now_ms &&
		    now_ms - claimed_r->since_ms >= digest->every_ms;
	if (is_good && is_wanted)
		is_good = claim(redis, sending, CLAIM_MS, &is_wanted);
	if (is_good && is_wanted) {
		value = redis_client_say(redis, "ZRANGE", set, "0", "-1", NULL);
		read_numbers(value, &claimed_r->numbers);
		is_good = answered(value);
	}
	free(sending);
	free(set);
	return is_good;
}

bool told_forget(struct redis_client *redis, const char *prefix,
		 const struct told_digest *digest,
		 const struct incident_numbers *numbers)
{
	char *set = key_of(prefix, digest->name, "");
	char *sending = key_of(prefix, "sending", digest->name);
	char number[NUMBER_SIZE];
	bool is_good = true;

	for (size_t i = 0; i < numbers->count && is_good; i++)
		is_good = answered(redis_client_say(
			redis, "ZREM", set, digits(numbers->numbers[i], number),
			NULL));
	is_good = is_good &&
		  answered(redis_client_say(redis, "DEL", sending, NULL));
	free(sending);
	free(set);
	return is_good;
}
