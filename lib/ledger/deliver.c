/* SPDX-License-Identifier: ISC */

/* A bucket is told by its age, since the clocks differ: by that of its newest
 * moment, so that nothing leaves a window early. */
#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "deliver.h"
#include "deliver_lua.h"
#include "lib/redis/redis_args.h"

#define RECEIPT_MS UINT64_C(86400000)

static uint64_t age_of(const struct ledger_unsynced *owed_window,
		       uint64_t bucket, uint64_t now_ms)
{
	uint64_t newest_ms = (bucket + 1) * owed_window->shape.width_ms - 1;

	return newest_ms < now_ms ? now_ms - newest_ms : 0;
}

static void add_unsynced(struct redis_args *args,
			 const struct ledger_unsynced *owed_window,
			 uint64_t now_ms)
{
	const struct window *window = owed_window->window;
	size_t count_at = args->count + 4, count = 0;

	redis_args_add_number(args, owed_window->shape.width_ms);
	redis_args_add_number(args, owed_window->shape.slots);
	redis_args_add_number(args, owed_window->floor.used);
	redis_args_add_number(
		args, age_of(owed_window, owed_window->floor.bucket, now_ms));
	redis_args_add(args, ""); /* how many, once that is known */
	/* bucket 0 may be among them: the clock may be that of a machine that
	 * was started a moment ago */
	for (unsigned int age = 0;
	     age < owed_window->shape.slots && age <= window->head; age++) {
		uint64_t bucket = window->head - age;
		uint64_t held =
			window->buckets[bucket % owed_window->shape.slots];

		if (held == 0)
			continue;
		redis_args_add_number(args,
				      age_of(owed_window, bucket, now_ms));
		redis_args_add_number(args, held);
		count++;
	}
	redis_args_set_number(args, count_at, count);
}

bool deliver_unsynced(const struct deliver *deliver,
		      const struct ledger_delivery *delivery, size_t *done_r)
{
	const struct ledger_unsynced *unsynced = delivery->unsynced;
	size_t count = delivery->count;
	struct redis_args args = { 0 };
	struct redis_value *value;
	int64_t done;

	redis_args_add_script(&args, deliver_lua, sizeof(deliver_lua),
			      count + 1);
	redis_args_take(&args,
			alloc_format("%s:{settled}:%s:%llu", deliver->prefix,
				     deliver->name,
				     (unsigned long long)delivery->number));
	for (size_t i = 0; i < count; i++)
		redis_args_take(&args, alloc_format("%s:%.*s", deliver->prefix,
						    (int)unsynced[i].key_length,
						    unsynced[i].key));
	redis_args_add_number(&args, RECEIPT_MS);
	for (size_t i = 0; i < count; i++)
		add_unsynced(&args, &unsynced[i], delivery->now_ms);
	value = redis_args_ask(&args, deliver->redis);
	if (value == NULL)
		return false;
	done = redis_value_integer(value);
	*done_r = done < 0 ? count : (size_t)done;
	redis_value_free(&value);
	return true;
}
