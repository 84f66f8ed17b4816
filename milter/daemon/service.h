/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SERVICE_H
#define WEIR_SERVICE_H

/*
 * What one process of the milter is made of: the settings in force, the stores,
 * the policy and the sinks of events. Made once by main, lives until the
 * process ends. Thread-safe except where it says otherwise.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "lib/policy/policy.h"
#include "lib/settings/settings.h"
#include "lib/watch/event.h"
#include "milter/common/current_settings.h"
#include "milter/common/program_journal.h"
#include "endings.h"
#include "header_share.h"

struct evidence;
struct flood_tally;
struct housekeeper;
struct ledger;
struct metrics;
struct quarantine;
struct recent_mail;
struct store;
struct verdict_log;
struct watch_channel;

/* What callbacks, the housekeeping and /metrics share. A part is made once, and
 * each is thread-safe; what changes is atomic. */
struct service {
	bool is_stream; /* the MTA comes over TCP: see service_new() */
	struct current_settings settings;
	struct store *redis; /* of store_redis.h */
	struct ledger *ledger;
	struct policy *policy;
	struct endings *endings;
	struct program_journal journal;
	struct housekeeper *housekeeper;
	struct header_share header_share;

	/* sinks of events, and the table of them */
	struct verdict_log *verdict_log;
	struct watch_channel *watch;
	struct quarantine *quarantine;
	struct flood_tally *tally;
	struct recent_mail *recent;
	struct metrics *metrics;
	struct evidence *evidence;
	struct event_sink sinks[8];

	char host[256];
	uint64_t started_ms; /* since the epoch */

	/* of MTAs: opened and closed since the start */
	atomic_ullong sessions_opened, sessions_closed;
	/* between MAIL and their end: a stop waits for them */
	atomic_uint messages;
	atomic_ullong orders_version; /* of the book, as it is in force */
	/* of the configuration: 1, and 1 more after each reload */
	atomic_ullong generation;
	atomic_bool has_failed_reload; /* the last one */
	atomic_ullong reloaded_ms; /* the last one that did not, or the start */
};

/* Takes a reference of settings; starts the thread of the Redis link.
 * is_stream: the MTA comes over TCP, where small writes wait for each other. */
struct service *service_new(struct settings *settings, bool is_stream);

/* Waits for the first answer of Redis, at most its deadline, reads the orders
 * and starts the housekeeping. False when no thread can be started. */
bool service_start(struct service *service, const struct settings *settings);

/* Would evidence use the headers of a message now? Costs next to nothing. */
bool service_wants_headers(const struct service *service,
			   const struct settings *settings);

/* Does the connection that begins now ask for headers? With "near" only a share
 * of many does, see header_share.h. Costs next to nothing, too. */
bool service_asks_for_headers(struct service *service,
			      const struct settings *settings);

/* Gives the event, with the host filled in, to whatever wants to know of it:
 * never waits. */
void service_report(struct service *service, struct event *event);

/* An answer to the MTA was asked for at this time of clock_steady_ns(), and is
 * given now. */
void service_note_wait(struct service *service, enum event_stage stage,
		       uint64_t begun_ns);

/*
 * Reads the file again. A file with errors changes nothing, and each error
 * is logged; settings that need a restart are named and keep working as they
 * were. Not thread-safe against itself. True when the new ones are in force.
 */
bool service_reload(struct service *service);

/* Once a second, by one thread. */
void service_tick(struct service *service);

/* Writes what the log and the housekeeping have not written yet. The service
 * itself is left to the end of the process: libmilter's threads may still be
 * using it.
 */
void service_flush(struct service *service);

#endif
