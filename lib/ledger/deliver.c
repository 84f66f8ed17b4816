/* SPDX-License-Identifier: ISC */

/* A bucket is told by its age, since the clocks differ: by that of its newest
 * moment, so that nothing leaves a window early. */
#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "deliver.h"
#include "deliver_lua.h"
#include "lib/redis/words.h"

#define RECEIPT_MS UINT64_C(86400000)

static uint64_t age_of(const struct ledger_unsynced *owed_window,
		       uint64_t bucket, uint64_t now_ms)
{
	uint64_t newest_ms = (bucket + 1) * owed_window->shape.width_ms - 1;

	return newest_ms < now_ms ? now_ms - newest_ms : 0;
}

static void add_unsynced(struct words *words,
			 const struct ledger_unsynced *owed_window,
			 uint64_t now_ms)
{
	const struct window *window = owed_window->window;
	size_t count_at = words->count + 4, count = 0;

	words_add_number(words, owed_window->shape.width_ms);
	words_add_number(words, owed_window->shape.slots);
	words_add_number(words, owed_window->floor.used);
	words_add_number(
		words, age_of(owed_window, owed_window->floor.bucket, now_ms));
	words_add(words, ""); /* how many, once that is known */
	/* bucket 0 may be among them: the clock may be that of a machine that
	 * was started a moment ago */
	for (unsigned int age = 0;
	     age < owed_window->shape.slots && age <= window->head; age++) {
		uint64_t bucket = window->head - age;
		uint64_t held =
			window->buckets[bucket % owed_window->shape.slots];

		if (held == 0)
			continue;
		words_add_number(words, age_of(owed_window, bucket, now_ms));
		words_add_number(words, held);
		count++;
	}
	words_set_number(words, count_at, count);
}

bool deliver_unsynced(const struct deliver *deliver,
		      const struct ledger_delivery *delivery, size_t *done_r)
{
	const struct ledger_unsynced *unsynced = delivery->unsynced;
	size_t count = delivery->count;
	struct words words = { 0 };
	struct redis_value *value;
	int64_t done;

	words_add(&words, "EVAL");
	words_add_bytes(&words, (const char *)deliver_lua, sizeof(deliver_lua));
	words_add_number(&words, count + 1);
	words_take(&words, alloc_format("%s:{settled}:%s:%llu", deliver->prefix,
					deliver->name,
					(unsigned long long)delivery->number));
	for (size_t i = 0; i < count; i++)
		words_take(&words, alloc_format("%s:%.*s", deliver->prefix,
						(int)unsynced[i].key_length,
						unsynced[i].key));
	words_add_number(&words, RECEIPT_MS);
	for (size_t i = 0; i < count; i++)
		add_unsynced(&words, &unsynced[i], delivery->now_ms);
	value = words_ask(&words, deliver->redis);
	if (value == NULL)
		return false;
	done = redis_value_integer(value);
	*done_r = done < 0 ? count : (size_t)done;
	redis_value_free(&value);
	return true;
}
