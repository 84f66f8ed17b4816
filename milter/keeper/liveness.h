/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LIVENESS_H
#define WEIR_LIVENESS_H

/*
 * Says that Redis is away, while no incident can be heard of, and that a milter
 * is not heard of any more, which stops nothing then. Each keeper says so of
 * Redis; of a milter one of them does, by the hash PREFIX:{milters}:silent from
 * "HOST LISTEN" to the uid of the alert. One thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/alert/alert.h"

struct liveness;
struct redis_client;

/* Called with act, level, uid and text of an alert. */
typedef void liveness_give(void *context, const struct alert *alert);

struct liveness *liveness_new(const char *prefix, liveness_give *give,
			      void *context);

/* After each round: did Redis answer, and if not, why? now_ms is steady. */
void liveness_redis(struct liveness *liveness, bool has_answered,
		    const char *reason, uint64_t now_ms);

/* False: Redis did not answer. */
bool liveness_look(struct liveness *liveness, struct redis_client *redis);

#endif
