/* SPDX-License-Identifier: ISC */
#ifndef WEIR_BOOKKEEPER_H
#define WEIR_BOOKKEEPER_H

/*
 * Without this the books of a process (standby.h) would be kept for nobody.
 *
 * Brings home to Redis what was charged while it was away; and when Redis was
 * started again from an old dump, or from nothing, what it has lost of this
 * process's traffic. One thread, with a connection of its own, whose patience
 * is short: callers may be waiting.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/redis/redis_client.h"
#include "lib/ledger/standby.h"

struct bookkeeper;

/* name: of this process and no other one, ever; copied, as are the options.
 * standby stays the caller's. Never NULL. */
struct bookkeeper *bookkeeper_new(const struct redis_client_options *redis,
				  const char *prefix, const char *name,
				  struct standby *standby);

/*
 * While Redis is there: looks whether it has lost something, and settles. False
 * when Redis did not do what it was asked; the reason is
 * told by bookkeeper_redis(). now_ms is the clock of the books.
 */
bool bookkeeper_settle(struct bookkeeper *bookkeeper, uint64_t now_ms);

/* In each round: the same, and leaves word that all was known by now. */
bool bookkeeper_beat(struct bookkeeper *bookkeeper, uint64_t now_ms);

/* The next connection logs in with it; copied, NULL: no login. */
void bookkeeper_set_password(struct bookkeeper *bookkeeper,
			     const char *password);

/* Its connection, to ask what went wrong; the bookkeeper keeps it. */
const struct redis_client *
bookkeeper_redis(const struct bookkeeper *bookkeeper);

/* The next command makes a new connection. */
void bookkeeper_renew(struct bookkeeper *bookkeeper);

#endif
