/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MILTERS_H
#define WEIR_MILTERS_H

/*
 * The milters on one Redis, so that an operator need not log in to each gateway
 * to see whether its milter runs: each announces itself once a second under
 * PREFIX:{milters}:seen and :info.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/verdict.h"

struct json_t;
struct redis_client;

/* A milter that has been silent for so long is taken for dead. */
#define MILTERS_SILENCE_MS 5000

/* How long a milter that was killed, or is cut off from this Redis, is still
 * shown; no longer when one starts where it has listened. */
#define MILTERS_KEPT_MS UINT64_C(900000)

/* A listener of the MTA whose messages reach DATA and never end, so that no
 * limit counts them. */
struct milter_listener {
	char *name;
	uint64_t messages; /* since the milter started */
};

#define MILTER_LISTENERS_MAX 32

struct milter {
	char *name; /* HOST:PID */
	char *host, *version, *listen, *path;
	uint64_t pid, generation; /* of the configuration: 1, then reloads */
	uint64_t started_ms, seen_ms; /* since the epoch */
	uint64_t orders;	      /* version of those in force */
	/* its own accounts, see ledger.h: windows, windows that were dropped to
	 * make room, and those of them that had not reached Redis */
	uint64_t windows, windows_forgotten, unsynced_lost;
	uint64_t sessions; /* that an MTA opened since it started */
	/* of its journal: the age of the oldest record that is not written, how
	 * many wait, and how many were lost since it started */
	uint64_t journal_behind_ms, journal_waiting, journal_lost;
	uint64_t verdicts[VERDICT_KINDS]; /* since it started */
	struct milter_listener uncounted[MILTER_LISTENERS_MAX];
	size_t uncounted_count;
};

/* As it is kept in Redis, without name and seen_ms; the caller's. */
struct json_t *milter_json(const struct milter *milter);
void milter_listeners_clear(struct milter *milter);

/* Redis sets seen_ms. False when Redis did not accept it. */
bool milters_announce(struct redis_client *redis, const char *prefix,
		      const struct milter *milter);
bool milters_leave(struct redis_client *redis, const char *prefix,
		   const char *name);

struct milters {
	struct milter *list; /* by name; without those that have left */
	size_t count;
	uint64_t now_ms; /* Redis's clock */
};

bool milters_read(struct redis_client *redis, const char *prefix,
		  struct milters *milters_r);
void milters_clear(struct milters *milters);

#endif
