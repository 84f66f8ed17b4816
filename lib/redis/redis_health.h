/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_HEALTH_H
#define WEIR_REDIS_HEALTH_H

/*
 * What matters of a Redis that keeps counters: INFO(redis), read into fields.
 */
#include <stdbool.h>
#include <stdint.h>

struct redis_client;

#define REDIS_HEALTH_WORD 40

struct redis_health {
	/* printable ASCII; "" where it did not say */
	char version[REDIS_HEALTH_WORD], role[REDIS_HEALTH_WORD],
		policy[REDIS_HEALTH_WORD];
	uint64_t used_bytes, max_bytes; /* max 0: no bound */
	uint64_t evicted;		/* keys, since it started */
};

/* False when Redis did not answer. */
bool redis_health_read(struct redis_client *redis,
		       struct redis_health *health_r);

/* Reads the text of INFO; pure. */
void redis_health_parse(const char *info, struct redis_health *health_r);

/* Is there a bound on its memory, and a policy that makes room by dropping
 * keys? Every counter has a time to live, so volatile-* is no protection. */
bool redis_health_can_evict(const struct redis_health *health);

#endif
