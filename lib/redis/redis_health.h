/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_HEALTH_H
#define WEIR_REDIS_HEALTH_H

/*
 * What matters of a Redis that keeps counters: INFO(redis), read into fields.
 */
#include <stdbool.h>
#include <stdint.h>

struct redis_client;

#define REDIS_HEALTH_WORD   40
#define REDIS_HEALTH_OLDEST 5 /* scripts that read the clock, streams */

struct redis_health {
	/* printable ASCII; "" where it did not say */
	char version[REDIS_HEALTH_WORD], role[REDIS_HEALTH_WORD],
		policy[REDIS_HEALTH_WORD];
	uint64_t used_bytes, max_bytes; /* max 0: no bound */
	uint64_t evicted;		/* keys, since it started */
	char server[REDIS_HEALTH_WORD]; /* server_name; Redis has none */
};

/* False when Redis did not answer. */
bool redis_health_read(struct redis_client *redis,
		       struct redis_health *health_r);

/* Reads the text of INFO; pure. */
void redis_health_parse(const char *info, struct redis_health *health_r);

/* What it is: "Valkey" or "Redis". */
const char *redis_health_name(const struct redis_health *health);

/* Older than 5.0, with which weir cannot count? A version that it did not say
 * is not. */
bool redis_health_is_too_old(const struct redis_health *health);

/* Is there a bound on its memory, and a policy that makes room by dropping
 * keys? Every counter has a time to live, so volatile-* is no protection. */
bool redis_health_can_evict(const struct redis_health *health);

#endif
