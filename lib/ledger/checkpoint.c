/* SPDX-License-Identifier: ISC */

/* One key, and the run of the Redis that holds it. */
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "checkpoint.h"
#include "lib/redis/redis_args.h"

#define CHECKPOINT_LIFE_MS UINT64_C(604800000) /* a week */

static char *checkpoint_key(const char *prefix, const char *name)
{
	return alloc_format("%s:{beat}:%s", prefix, name);
}

bool checkpoint_write(struct redis_client *redis, const char *prefix,
		      const char *name, uint64_t now_ms)
{
	struct redis_args args = { 0 };

	redis_args_add(&args, "SET");
	redis_args_take(&args, checkpoint_key(prefix, name));
	redis_args_add_number(&args, now_ms);
	redis_args_add(&args, "PX");
	redis_args_add_number(&args, CHECKPOINT_LIFE_MS);
	return redis_args_do(&args, redis);
}

bool checkpoint_read(struct redis_client *redis, const char *prefix,
		     const char *name, struct checkpoint *checkpoint_r)
{
	struct redis_args args = { 0 };
	struct redis_value *value;
	bool is_read;

	memset(checkpoint_r, 0, sizeof(*checkpoint_r));
	if (!redis_run_id_ask(redis, &checkpoint_r->run))
		return false;
	redis_args_add(&args, "GET");
	redis_args_take(&args, checkpoint_key(prefix, name));
	value = redis_args_ask(&args, redis);
	is_read = value != NULL;
	if (is_read)
		checkpoint_r->written_ms = redis_value_number(value);
	redis_value_free(&value);
	return is_read;
}
