/* SPDX-License-Identifier: ISC */

/* One key, and the run of the Redis that holds it. */
#include <inttypes.h>
#include <string.h>

#include "lib/redis/redis_client.h"
#include "checkpoint.h"

#define CHECKPOINT_LIFE_MS UINT64_C(604800000) /* a week */

bool checkpoint_write(struct redis_client *redis, const char *prefix,
		      const char *name, uint64_t now_ms)
{
	return redis_value_drop(redis_client_command(
		redis, "SET %s:{beat}:%s %" PRIu64 " PX %" PRIu64, prefix, name,
		now_ms, CHECKPOINT_LIFE_MS));
}

bool checkpoint_read(struct redis_client *redis, const char *prefix,
		     const char *name, struct checkpoint *checkpoint_r)
{
	memset(checkpoint_r, 0, sizeof(*checkpoint_r));
	return redis_run_id_ask(redis, &checkpoint_r->run) &&
	       redis_value_take_number(redis_client_command(redis,
							    "GET %s:{beat}:%s",
							    prefix, name),
				       &checkpoint_r->written_ms);
}
