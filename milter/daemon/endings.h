/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ENDINGS_H
#define WEIR_ENDINGS_H

/*
 * How the messages of each listener of the MTA end. Behind a before-queue
 * content filter (smtpd_proxy_filter of Postfix) messages reach DATA, are
 * delivered, and their end is never reported to a milter, so that a limit
 * counts nothing. A lost connection ends a message in the same way, so the
 * count is not enough: Postfix gives each message that it queues itself a queue
 * id, and one that it passes on to such a filter none. Messages with and
 * without an id are counted apart, and a kind is reported when ENDINGS_MIN of
 * it reached DATA and were given up, and not one has ever ended.
 *
 * To be sure whether a message reached DATA costs a round trip, so the stage is
 * asked for only while there is doubt: until a first message of each listener
 * has ended, and when some were given up and it is not known where.
 * Thread-safe, but for endings_tick().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet/milters.h"
#include "lib/settings/settings.h"

#define ENDINGS_MIN 20

enum ending {
	ENDING_WHOLE,	    /* its end was reported */
	ENDING_AT_DATA,	    /* given up after DATA was reached */
	ENDING_BEFORE_DATA, /* given up earlier: an address probe */
	ENDING_UNKNOWN	    /* given up, before DATA or after it */
};

struct endings;
struct endings_listener;

/* Never NULL; lives as long as the process. */
struct endings *endings_new(void);

/*
 * The listener of this name, "" for one without: found, or added. Those that
 * come when MILTER_LISTENERS_MAX - 1 are known share the last one, "*". Lives
 * as long as endings.
 */
struct endings_listener *endings_find(struct endings *endings,
				      const char *name);

/* A message with a recipient has ended so. */
void endings_note(struct endings *endings, struct endings_listener *listener,
		  enum ending ending, bool has_queue_id);

/* Is it worth a round trip to know which messages reach DATA? */
bool endings_are_doubtful(struct endings *endings);

/* Once a second, by one thread: logs each listener that has begun to be
 * reported. The charge_at_data of these settings names those that need none. */
void endings_tick(struct endings *endings, const struct settings *settings);

/* The listeners to report, at most MILTER_LISTENERS_MAX, whose names the caller
 * frees; returns how many. */
size_t endings_report(struct endings *endings,
		      struct milter_listener listeners_r[MILTER_LISTENERS_MAX]);

#endif
