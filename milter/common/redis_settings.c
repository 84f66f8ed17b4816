/* SPDX-License-Identifier: ISC */

#include "redis_settings.h"

#include "lib/redis/redis_client.h"
#include "lib/settings/settings.h"
#include "current_settings.h"

struct redis_client *redis_settings_client(const struct settings_redis *redis,
					   unsigned int timeout_ms)
{
	return redis_client_new(&(struct redis_client_options){
		.server = redis->server,
		.database = redis->database,
		.user = redis->user,
		.password = redis->password,
		.timeout_ms = redis->timeout_ms > timeout_ms ? redis->timeout_ms
							     : timeout_ms,
	});
}

void redis_settings_follow(struct current_settings *current,
			   struct settings **used, struct redis_client **redis,
			   unsigned int timeout_ms)
{
	if (!current_settings_follow(current, used))
		return;
	redis_client_free(redis);
	*redis = redis_settings_client(&(*used)->redis, timeout_ms);
}
