/* SPDX-License-Identifier: ISC */
#ifndef WEIR_RECONCILER_H
#define WEIR_RECONCILER_H

/*
 * Delivers the ledger to Redis: what was charged during an outage; and when
 * Redis was restarted from an old dump, or empty, what it has lost of this
 * process's traffic. One thread, with a connection of its own and short
 * deadlines, since callers may be waiting.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/redis/redis_client.h"
#include "ledger.h"

struct reconciler;

/* name: of this process and no other one, ever; copied, as are the options.
 * ledger stays the caller's. Never NULL. */
struct reconciler *reconciler_new(const struct redis_client_options *redis,
				  const char *prefix, const char *name,
				  struct ledger *ledger);

/*
 * While Redis is up: checks whether it lost data, and delivers. False when
 * Redis refused or did not answer; the reason is the error of
 * reconciler_redis(). now_ms is the clock of the ledger.
 */
bool reconciler_run(struct reconciler *reconciler, uint64_t now_ms);

/* In each round: the same, and writes the checkpoint. */
bool reconciler_checkpoint(struct reconciler *reconciler, uint64_t now_ms);

/* The next connection logs in with it; copied, NULL: no login. */
void reconciler_set_password(struct reconciler *reconciler,
			     const char *password);

/* Its connection, to ask what went wrong; the reconciler keeps it. */
const struct redis_client *
reconciler_redis(const struct reconciler *reconciler);

/* The next command makes a new connection. */
void reconciler_renew(struct reconciler *reconciler);

#endif
