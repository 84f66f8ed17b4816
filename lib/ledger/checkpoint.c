/* SPDX-License-Identifier: ISC */

/* One key, and the run of the Redis that holds it. */
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "checkpoint.h"
#include "lib/redis/words.h"

#define CHECKPOINT_LIFE_MS UINT64_C(604800000) /* a week */

static char *checkpoint_key(const char *prefix, const char *name)
{
	return alloc_format("%s:{beat}:%s", prefix, name);
}

bool checkpoint_write(struct redis_client *redis, const char *prefix,
		      const char *name, uint64_t now_ms)
{
	struct words words = { 0 };
	struct redis_value *value;
	bool is_written;

	words_add(&words, "SET");
	words_take(&words, checkpoint_key(prefix, name));
	words_add_number(&words, now_ms);
	words_add(&words, "PX");
	words_add_number(&words, CHECKPOINT_LIFE_MS);
	value = words_ask(&words, redis);
	is_written = value != NULL;
	redis_value_free(&value);
	return is_written;
}

bool checkpoint_read(struct redis_client *redis, const char *prefix,
		     const char *name, struct checkpoint *checkpoint_r)
{
	struct words words = { 0 };
	struct redis_value *value;
	bool is_read;

	memset(checkpoint_r, 0, sizeof(*checkpoint_r));
	if (!redis_run_ask(redis, &checkpoint_r->run))
		return false;
	words_add(&words, "GET");
	words_take(&words, checkpoint_key(prefix, name));
	value = words_ask(&words, redis);
	is_read = value != NULL;
	if (is_read)
		checkpoint_r->written_ms = redis_value_number(value);
	redis_value_free(&value);
	return is_read;
}
