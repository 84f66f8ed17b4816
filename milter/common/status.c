/* SPDX-License-Identifier: ISC */

/* Five questions to Redis, and what follows from the answers. */
#include "status.h"

#include "lib/base/json.h"

static const char *const span_names[TOTALS_SPANS] = { "minute", "hour", "day" };

bool status_read(struct redis_client *redis, const char *prefix,
		 struct status *status_r)
{
	*status_r = (struct status){ 0 };
	if (milters_read(redis, prefix, &status_r->milters) &&
	    keepers_read(redis, prefix, &status_r->keepers) &&
	    redis_health_read(redis, &status_r->redis) &&
	    totals_read(redis, prefix, status_r->milters.now_ms,
			&status_r->totals) &&
	    order_book_read(redis, prefix, &status_r->orders)) {
		status_r->now_ms = status_r->milters.now_ms;
		return true;
	}
	status_clear(status_r);
	return false;
}

void status_clear(struct status *status)
{
	milters_clear(&status->milters);
	keepers_clear(&status->keepers);
	order_list_clear(&status->orders);
}

bool status_is_silent(const struct status *status, const struct milter *milter)
{
	return milter->seen_ms + MILTERS_SILENCE_MS < status->milters.now_ms;
}

bool status_is_behind(const struct status *status, const struct milter *milter)
{
	return milter->orders < status->orders.version;
}

bool status_has_milter(const struct status *status)
{
	for (size_t i = 0; i < status->milters.count; i++)
		if (!status_is_silent(status, &status->milters.list[i]))
			return true;
	return false;
}

uint64_t status_age_ms(const struct status *status, uint64_t moment_ms)
{
	return moment_ms < status->milters.now_ms
		       ? status->milters.now_ms - moment_ms
		       : 0;
}

uint64_t status_refused(const struct milter *milter)
{
	return milter->verdicts[VERDICT_TEMPFAIL] +
	       milter->verdicts[VERDICT_DISCARD] +
	       milter->verdicts[VERDICT_REJECT];
}

uint64_t status_all(const struct milter *milter)
{
	uint64_t all = 0;

	for (int i = 0; i < VERDICT_KINDS; i++)
		all += milter->verdicts[i];
	return all;
}

size_t status_orders(const struct status *status, enum order_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < status->orders.count; i++)
		count += status->orders.orders[i].kind == kind &&
			 order_is_in_force(&status->orders.orders[i],
					   status->orders.now_ms);
	return count;
}

/* As milters keep it in Redis, with times to read and what follows from them.
 */
static json_t *milter_status_json(const struct status *status,
				  const struct milter *milter)
{
	bool is_silent = status_is_silent(status, milter);
	uint64_t leaves_ms = is_silent ? milter->seen_ms + MILTERS_KEPT_MS : 0;
	json_t *object = milter_json(milter);

	json_object_del(object, "path");
	json_object_del(object, "started_ms");
	json_object_del(object, "orders");
	document_put(object,
		     "name:s file:s started:m seen:m leaves:m alive:b "
		     "orders_known:b",
		     milter->name, milter->path, milter->started_ms,
		     milter->seen_ms, leaves_ms, !is_silent,
		     !status_is_behind(status, milter));
	return object;
}

static json_t *milters_status_json(const struct status *status)
{
	json_t *array = json_array();

	for (size_t i = 0; i < status->milters.count; i++)
		json_array_append_new(
			array,
			milter_status_json(status, &status->milters.list[i]));
	return array;
}

static json_t *keepers_json(const struct status *status)
{
	json_t *array = json_array();

	for (size_t i = 0; i < status->keepers.count; i++) {
		const struct keeper_sign *sign = &status->keepers.list[i];

		json_array_append_new(
			array,
			document_make("name:s host:s pid:n version:s started:m "
				      "seen:m channels:n channels_failing:n",
				      sign->name, sign->host, sign->pid,
				      sign->version, sign->started_ms,
				      sign->seen_ms, sign->channels,
				      sign->failing));
	}
	return array;
}

static json_t *redis_json(const struct redis_health *redis)
{
	return document_make(
		"server:s version:s role:s used_memory_bytes:n "
		"maxmemory_bytes:n maxmemory_policy:s evicted_keys:n "
		"can_evict_counters:b",
		redis_health_name(redis), redis->version, redis->role,
		redis->used_bytes, redis->max_bytes, redis->policy,
		redis->evicted, redis_health_can_evict(redis));
}

static json_t *spans_json(const struct status *status)
{
	json_t *object = json_object();

	for (int span = 0; span < TOTALS_SPANS; span++) {
		uint64_t numbers[VERDICT_KINDS];

		for (int i = 0; i < VERDICT_KINDS; i++)
			numbers[i] = status->totals.windows[i][span].used;
		json_object_set_new(object, span_names[span],
				    totals_json(numbers));
	}
	return object;
}

static json_t *orders_json(const struct status *status)
{
	static const enum order_kind kinds[] = { ORDER_BLOCK, ORDER_PERMIT,
						 ORDER_OVERRIDE };
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		json_object_set_new(
			object, order_kind_name(kinds[i]),
			document_number(status_orders(status, kinds[i])));
	return object;
}

json_t *status_json(const struct status *status)
{
	return document_make("time:m milters:o keepers:o redis:o "
			     "orders_in_force:o verdicts:o",
			     status->now_ms, milters_status_json(status),
			     keepers_json(status), redis_json(&status->redis),
			     orders_json(status), spans_json(status));
}
