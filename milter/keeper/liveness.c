/* SPDX-License-Identifier: ISC */

#include "liveness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/fleet/milters.h"
#include "lib/redis/redis_client.h"
#include "lib/base/clock.h"
#include "thresholds.h"

struct liveness {
	char *prefix;
	liveness_give *give;
	void *context;
	uint64_t failing_ms; /* since; 0: Redis answers */
	char *uid;	     /* of the alert that it is away; NULL: none */
};

struct liveness *liveness_new(const char *prefix, liveness_give *give,
			      void *context)
{
	struct liveness *liveness = alloc_zero(sizeof(*liveness));

	liveness->prefix = alloc_text(prefix);
	liveness->give = give;
	liveness->context = context;
	return liveness;
}

static void say(struct liveness *liveness, enum alert_act act, const char *uid,
		const char *text)
{
	const struct alert alert = {
		.act = act, .level = INCIDENT_SERIOUS, .uid = uid, .text = text
	};

	liveness->give(liveness->context, &alert);
}

/* Redis */

static void say_away(struct liveness *liveness, const char *reason)
{
	liveness->uid = alloc_format("redis-%" PRIu64, clock_wall_ms());
	log_warning("%s; no incident is heard of until it answers again",
		    reason);
	say(liveness, ALERT_REDIS_AWAY, liveness->uid, reason);
}

static void say_back(struct liveness *liveness)
{
	log_notice("redis answers again");
	say(liveness, ALERT_REDIS_BACK, liveness->uid, NULL);
	free(liveness->uid);
	liveness->uid = NULL;
}

void liveness_redis(struct liveness *liveness, bool has_answered,
		    const char *reason, uint64_t now_ms)
{
	if (has_answered) {
		liveness->failing_ms = 0;
		if (liveness->uid != NULL)
			say_back(liveness);
		return;
	}
	if (liveness->failing_ms == 0)
		liveness->failing_ms = now_ms;
	if (liveness->uid == NULL &&
	    now_ms - liveness->failing_ms >= REDIS_AWAY_MS)
		say_away(liveness, reason);
}

/* milters */

/* Of several keepers one sets, and one removes, the field. */
static bool look_at(struct liveness *liveness, struct redis_client *redis,
		    const struct milter *milter, uint64_t silent_ms)
{
	char *place = alloc_format("%s %s", milter->host, milter->listen);
	char *uid = alloc_format("milter-%" PRIu64, milter->seen_ms);
	struct redis_value *known = redis_client_command(
		redis, "HGET %s:{milters}:silent %s", liveness->prefix, place);
	bool is_known = redis_value_text(known, NULL)[0] != '\0';
	struct redis_value *changed = NULL;

	if (known != NULL && !is_known && silent_ms >= MILTER_SILENT_MS) {
		changed = redis_client_command(
			redis, "HSETNX %s:{milters}:silent %s %s",
			liveness->prefix, place, uid);
		if (redis_value_number(changed) == 1)
			say(liveness, ALERT_MILTER_SILENT, uid, place);
	} else if (is_known && silent_ms < MILTERS_SILENCE_MS) {
		changed = redis_client_command(redis,
					       "HDEL %s:{milters}:silent %s",
					       liveness->prefix, place);
		if (redis_value_number(changed) == 1)
			say(liveness, ALERT_MILTER_BACK,
			    redis_value_text(known, NULL), place);
	}
	redis_value_free(&changed);
	redis_value_free(&known);
	free(uid);
	free(place);
	return redis_client_is_open(redis);
}

/* A milter that began where one has fallen silent stands for both. */
static bool has_successor(const struct milters *milters, size_t index)
{
	const struct milter *one = &milters->list[index];

	for (size_t i = 0; i < milters->count; i++)
		if (milters->list[i].seen_ms > one->seen_ms &&
		    strcmp(milters->list[i].host, one->host) == 0 &&
		    strcmp(milters->list[i].listen, one->listen) == 0)
			return true;
	return false;
}

/* It may have announced itself after the clock was read. */
static uint64_t age_of(const struct milters *milters, size_t index)
{
	uint64_t seen_ms = milters->list[index].seen_ms;

	return seen_ms < milters->now_ms ? milters->now_ms - seen_ms : 0;
}

bool liveness_look(struct liveness *liveness, struct redis_client *redis)
{
	struct milters milters;
	bool is_good = milters_read(redis, liveness->prefix, &milters);

	for (size_t i = 0; is_good && i < milters.count; i++)
		if (!has_successor(&milters, i))
			is_good = look_at(liveness, redis, &milters.list[i],
					  age_of(&milters, i));
	if (is_good)
		milters_clear(&milters);
	return is_good;
}
