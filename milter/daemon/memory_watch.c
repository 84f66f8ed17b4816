/* SPDX-License-Identifier: ISC */

/* What INFO(redis) says now, compared with the last time. */
#include "memory_watch.h"

#include "lib/base/log.h"
#include "lib/redis/redis_health.h"

void memory_watch_look(struct memory_watch *watch, struct redis_client *redis)
{
	struct redis_health health;
	bool can_evict;

	if (!redis_health_read(redis, &health))
		return;
	can_evict = redis_health_can_evict(&health);
	if (can_evict && !watch->is_logged)
		log_warning(
			"Redis will evict counters and orders when its memory "
			"is full (maxmemory-policy %s); set it to "
			"noeviction",
			health.policy);
	watch->is_logged = can_evict;
	if (watch->has_looked && health.evicted > watch->evicted)
		log_warning(
			"Redis ran out of memory and evicted %llu keys; "
			"counters among them start from zero",
			(unsigned long long)(health.evicted - watch->evicted));
	watch->evicted = health.evicted;
	watch->has_looked = true;
}
