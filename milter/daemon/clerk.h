/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CLERK_H
#define WEIR_CLERK_H

/*
 * Without this a callback of the milter would wait for Redis to hear what
 * operators want and to tell them what it did.
 *
 * The housekeeping of a milter, in one thread with a connection of its own,
 * off the path of mail. Four times a second: are there new orders, is there
 * mail that was held, does somebody watch the verdicts? Once a second: who is
 * near a limit, how many verdicts there were, and that this milter is alive.
 * While Redis is away all of it waits, and the orders known so far hold; when
 * it is back, what was charged meanwhile is brought home first of all.
 */
#include <stdint.h>

#include "lib/fleet/held.h"
#include "lib/policy/policy.h"
#include "lib/settings/settings.h"
#include "lib/ledger/standby.h"
#include "lib/store/store.h"

struct clerk;
struct endings;
struct feed;

struct clerk_options {
	const struct settings *settings; /* where Redis is; copied */
	struct policy *policy;
	const struct store *redis; /* of store_redis.h: is it up? */
	struct standby *standby;   /* whose debts are brought home */
	struct endings *endings;   /* of messages, for status */
};

/* Does not start the thread yet. Never NULL. policy and redis must outlive
 * the clerk. */
struct clerk *clerk_new(const struct clerk_options *options);

/* False when there is no thread to be had. */
bool clerk_start(struct clerk *clerk);

/* Writes what is left, says good-bye and ends the thread, in half a second at
 * most. What the thread holds is left to the end of the process. */
void clerk_stop(struct clerk *clerk);

/* These are for the callbacks: thread-safe, and they never wait. */

/* A message, or one of its recipients, had this verdict. */
void clerk_count(struct clerk *clerk, enum verdict_kind kind);

/* An MTA opened a session. */
void clerk_count_session(struct clerk *clerk);

/* A message was held; takes over what held owns and leaves {0}. When too many
 * wait, the oldest is dropped, and that is logged. */
void clerk_hold(struct clerk *clerk, struct held *held);

/* Where verdicts go that somebody watches. */
struct feed *clerk_feed(struct clerk *clerk);

/* The settings were read again; the password of Redis may be a new one, for
 * the next connection. */
void clerk_take_settings(struct clerk *clerk, const struct settings *settings);

#endif
