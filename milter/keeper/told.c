/* SPDX-License-Identifier: ISC */

#include "told.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "thresholds.h"

/* A digest that nobody sent after all, since its keeper was killed. */
#define CLAIM_MS 60000

const struct told_digest told_together = { "together", TOGETHER_EVERY_MS, "",
					   " at once" };
const struct told_digest told_reminded = { "reminded", TOGETHER_EVERY_MS, "",
					   " still open" };
const struct told_digest told_recurring = { "recurring", RECURRING_EVERY_MS,
					    "recurring ", "" };

bool told_read(struct redis_client *redis, const char *prefix, const char *uid,
	       struct told *told_r)
{
	struct redis_value *value = redis_client_command(
		redis, "HMGET %s:{incidents}:told:%s alerts going_on together",
		prefix, uid);

	*told_r = (struct told){
		.is_known = redis_value_text_at(value, 1)[0] != '\0',
		.alerts = (unsigned int)redis_value_number_at(value, 0),
		.is_going_on = redis_value_number_at(value, 1) != 0,
		.is_together = redis_value_number_at(value, 2) != 0,
	};
	return redis_value_drop(value);
}

/* And the next reminder is due so much later. */
static bool set_told(struct redis_client *redis, const char *prefix,
		     const char *uid, const char *field, bool value,
		     uint64_t remind_ms)
{
	return redis_value_drop(redis_client_command(
		       redis, "HSET %s:{incidents}:told:%s %s %d", prefix, uid,
		       field, value)) &&
	       redis_value_drop(redis_client_command(
		       redis, "PEXPIRE %s:{incidents}:told:%s %" PRIu64, prefix,
		       uid, TOLD_KEPT_MS)) &&
	       redis_value_drop(redis_client_command(
		       redis, "SET %s:{incidents}:remind:%s 1 PX %" PRIu64,
		       prefix, uid, remind_ms));
}

bool told_write(struct redis_client *redis, const char *prefix,
		const struct call *call, uint64_t remind_ms)
{
	return set_told(redis, prefix, call->uid, "going_on",
			!alert_act_is_end(call->act), remind_ms);
}

bool told_set_together(struct redis_client *redis, const char *prefix,
		       const char *uid, uint64_t remind_ms)
{
	return set_told(redis, prefix, uid, "together", true, remind_ms);
}

/* Once for each act, however often keepers were killed meanwhile. */
bool told_count(struct redis_client *redis, const char *prefix,
		const struct call *call)
{
	char *field;
	struct redis_value *value;
	bool is_first, is_good;

	if (!plan_counts(call->act) || call->id_count == 0)
		return true;
	field = alloc_format("act %s", call->ids[0]);
	value = redis_client_command(redis,
				     "HSETNX %s:{incidents}:told:%s %s 1",
				     prefix, call->uid, field);
	free(field);
	is_first = redis_value_number(value) == 1;
	is_good = redis_value_drop(value);
	if (!is_first)
		return is_good;
	return redis_value_drop(redis_client_command(
		redis, "HINCRBY %s:{incidents}:told:%s alerts 1", prefix,
		call->uid));
}

bool told_later(struct redis_client *redis, const char *prefix, uint64_t number,
		const struct told_digest *digest, uint64_t now_ms)
{
	return redis_value_drop(redis_client_command(
		redis, "ZADD %s:{incidents}:%s NX %" PRIu64 " %" PRIu64, prefix,
		digest->name, now_ms, number));
}

/* Is the answer to SET ... NX. */
static bool claimed(struct redis_value *value, bool *is_ours_r)
{
	*is_ours_r = redis_value_text(value, NULL)[0] != '\0';
	return redis_value_drop(value);
}

bool told_claim_reminder(struct redis_client *redis, const char *prefix,
			 const char *uid, uint64_t remind_ms, bool *is_ours_r)
{
	return claimed(redis_client_command(
			       redis,
			       "SET %s:{incidents}:remind:%s 1 NX PX %" PRIu64,
			       prefix, uid, remind_ms),
		       is_ours_r);
}

static bool read_numbers(struct redis_value *value,
			 struct incident_numbers *numbers_r)
{
	numbers_r->count = redis_value_count(value);
	numbers_r->numbers = alloc_array(numbers_r->count,
					 sizeof(*numbers_r->numbers));
	for (size_t i = 0; i < numbers_r->count; i++)
		numbers_r->numbers[i] = redis_value_number_at(value, i);
	return redis_value_drop(value);
}

/* Since when the first one is in the set; UINT64_MAX: there is none. */
static bool read_since(struct redis_client *redis, const char *prefix,
		       const struct told_digest *digest, uint64_t *since_ms_r)
{
	struct redis_value *value = redis_client_command(
		redis, "ZRANGE %s:{incidents}:%s 0 0 WITHSCORES", prefix,
		digest->name);

	*since_ms_r = redis_value_count(value) == 0
			      ? UINT64_MAX
			      : redis_value_number_at(value, 1);
	return redis_value_drop(value);
}

bool told_claim_digest(struct redis_client *redis, const char *prefix,
		       const struct told_digest *digest, uint64_t now_ms,
		       struct told_claimed *claimed_r)
{
	bool is_ours;

	memset(claimed_r, 0, sizeof(*claimed_r));
	if (!read_since(redis, prefix, digest, &claimed_r->since_ms))
		return false;
	if (claimed_r->since_ms > now_ms ||
	    now_ms - claimed_r->since_ms < digest->every_ms)
		return true;
	if (!claimed(redis_client_command(
			     redis, "SET %s:{incidents}:sending:%s 1 NX PX %d",
			     prefix, digest->name, CLAIM_MS),
		     &is_ours))
		return false;
	return !is_ours ||
	       read_numbers(redis_client_command(
				    redis, "ZRANGE %s:{incidents}:%s 0 -1",
				    prefix, digest->name),
			    &claimed_r->numbers);
}

bool told_forget(struct redis_client *redis, const char *prefix,
		 const struct told_digest *digest,
		 const struct incident_numbers *numbers)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (!redis_value_drop(redis_client_command(
			    redis, "ZREM %s:{incidents}:%s %" PRIu64, prefix,
			    digest->name, numbers->numbers[i])))
			return false;
	return redis_value_drop(redis_client_command(
		redis, "DEL %s:{incidents}:sending:%s", prefix, digest->name));
}
