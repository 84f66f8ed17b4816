/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ROLL_H
#define WEIR_ROLL_H

/*
 * Without this an operator would have to log in to each gateway to see whether
 * its milter runs.
 *
 * The milters that are alive: each announces itself once a second under
 * PREFIX:{milters}:seen and :info. And the totals of all of them: how many
 * messages had which verdict in the last minute, hour and day, as windows
 * under PREFIX:{totals}:VERDICT:PER.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/verdict.h"
#include "lib/store/window.h"

struct json_t;
struct redis_client;

#define ROLL_VERDICTS (VERDICT_REJECT + 1)

/* How long after its last word a milter is taken for dead. */
#define ROLL_SILENCE_MS 5000

/* How long after it a milter that was killed, or is cut off from this Redis,
 * is still shown; at once no longer, when one starts in its place. */
#define ROLL_KEPT_MS UINT64_C(900000)

/* A listener of the MTA whose messages reach DATA and never end, so that no
 * limit counts them. */
struct roll_listener {
	char *name;
	uint64_t messages; /* since the milter started */
};

#define ROLL_LISTENERS 32 /* of one milter, at most */

struct roll_milter {
	char *name; /* HOST:PID */
	char *host, *version, *listen, *path;
	uint64_t pid, generation; /* of the configuration: 1, then reloads */
	uint64_t started_ms, seen_ms; /* since the epoch */
	uint64_t orders;	      /* version of those in force */
	/* the books that it keeps by itself, see ledger.h: windows held,
	 * windows that went to make room, and debts that did so unpaid */
	uint64_t windows, windows_forgotten, unsynced_lost;
	uint64_t sessions; /* that an MTA opened since it started */
	uint64_t verdicts[ROLL_VERDICTS]; /* since it started */
	struct roll_listener uncounted[ROLL_LISTENERS];
	size_t uncounted_count;
};

/* [ { "listener": NAME, "messages": NUMBER } ], the caller's. */
struct json_t *roll_listeners_json(const struct roll_milter *milter);
void roll_listeners_clear(struct roll_milter *milter);
void roll_milter_clear(struct roll_milter *milter);

/* seen_ms is Redis's doing. False when Redis did not take it. */
bool roll_announce(struct redis_client *redis, const char *prefix,
		   const struct roll_milter *milter);
bool roll_leave(struct redis_client *redis, const char *prefix,
		const char *name);

struct roll {
	struct roll_milter *milters; /* by name; without those that have left */
	size_t count;
	uint64_t now_ms; /* Redis's clock */
};

bool roll_read(struct redis_client *redis, const char *prefix,
	       struct roll *roll_r);
void roll_clear(struct roll *roll);

/* totals */

enum roll_span {
	ROLL_MINUTE,
	ROLL_HOUR,
	ROLL_DAY,
	ROLL_SPANS
};

extern const uint64_t roll_span_ms[ROLL_SPANS];

struct roll_totals {
	struct window_shape shapes[ROLL_SPANS];
	struct window windows[ROLL_VERDICTS][ROLL_SPANS];
};

/* Adds messages to all spans, in one round trip. */
bool roll_count(struct redis_client *redis, const char *prefix,
		const uint64_t verdicts[ROLL_VERDICTS]);

bool roll_totals_read(struct redis_client *redis, const char *prefix,
		      uint64_t now_ms, struct roll_totals *totals_r);

#endif
