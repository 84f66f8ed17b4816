/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HOUSEKEEPER_H
#define WEIR_HOUSEKEEPER_H

/*
 * The housekeeping of a milter, in one thread with a connection of its own, so
 * that no callback waits for Redis. Four times a second it reads new orders,
 * writes quarantine records and watched verdicts and reports to incidents; once
 * a second it writes which windows are near a limit, how many verdicts there
 * were, and that this milter is alive. While Redis is away incidents are this
 * milter's own, all else waits, and the orders known so far stay in force; when
 * Redis is back, the charges of the outage are delivered first.
 */
#include <stdint.h>

#include "lib/fleet/quarantine.h"
#include "lib/fleet/totals.h"
#include "lib/fleet/watch_channel.h"
#include "lib/policy/policy.h"
#include "lib/settings/settings.h"
#include "lib/ledger/ledger.h"
#include "lib/store/store.h"
#include "lib/watch/flood_tally.h"
#include "lib/watch/recent_mail.h"

struct housekeeper;
struct metrics;
struct journal;
struct evidence;
struct endings;

struct housekeeper_options {
	const char *host;	   /* copied */
	struct settings *settings; /* where Redis is; acquired */
	struct policy *policy;
	const struct store *redis; /* of store_redis.h: is it up? */
	struct ledger *ledger;	   /* whose unsynced charges are delivered */
	struct endings *endings;   /* of messages, for status */
	/* sinks of events, which are emptied into Redis */
	struct watch_channel *watch;
	struct quarantine *quarantine;
	struct metrics *metrics;
	struct flood_tally *tally;
	struct recent_mail *recent;
	struct evidence *evidence;
	struct journal *journal; /* where acts of operators go; NULL: none */
};

/* Does not start the thread yet. Never NULL. policy and redis must outlive
 * the housekeeper. */
struct housekeeper *housekeeper_new(const struct housekeeper_options *options);

/* False when there is no thread to be had. */
bool housekeeper_start(struct housekeeper *housekeeper);

/* Writes what is left, leaves the list of milters and ends the thread, in half
 * a second at most. What the thread owns is left to the end of the process. */
void housekeeper_stop(struct housekeeper *housekeeper);

/* These are for the callbacks: thread-safe, and they never wait. */

/* An MTA opened, or closed, a session. */
void housekeeper_session_opened(struct housekeeper *housekeeper);
void housekeeper_session_closed(struct housekeeper *housekeeper);

/* What it shows of this milter to others, for metrics. */
struct housekeeper_counts {
	uint64_t started_ms;   /* since the epoch */
	uint64_t generation;   /* of the configuration */
	uint64_t opened, open; /* sessions since the start, and now */
	uint64_t orders_version;
};

void housekeeper_count(const struct housekeeper *housekeeper,
		       struct housekeeper_counts *counts_r);

/* The settings were read again; the password of Redis may be a new one, for
 * the next connection. */
void housekeeper_take_settings(struct housekeeper *housekeeper,
			       struct settings *settings);

#endif
