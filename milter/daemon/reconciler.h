/* SPDX-License-Identifier: ISC */
#ifndef WEIR_RECONCILER_H
#define WEIR_RECONCILER_H

/*
 * Without this the books of a process (ledger.h) would be kept for nobody.
 *
 * Brings home to Redis what was charged while it was away; and when Redis was
 * started again from an old dump, or from nothing, what it has lost of this
 * process's traffic. One thread, with a connection of its own, whose patience
 * is short: callers may be waiting.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/redis/redis_client.h"
#include "lib/ledger/ledger.h"

struct reconciler;

/* name: of this process and no other one, ever; copied, as are the options.
 * ledger stays the caller's. Never NULL. */
struct reconciler *reconciler_new(const struct redis_client_options *redis,
				  const char *prefix, const char *name,
				  struct ledger *ledger);

/*
 * While Redis is there: looks whether it has lost something, and settles. False
 * when Redis did not do what it was asked; the reason is
 * told by reconciler_redis(). now_ms is the clock of the books.
 */
bool reconciler_run(struct reconciler *reconciler, uint64_t now_ms);

/* In each round: the same, and leaves word that all was known by now. */
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
