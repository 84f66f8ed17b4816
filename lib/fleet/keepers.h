/* SPDX-License-Identifier: ISC */
#ifndef WEIR_KEEPERS_H
#define WEIR_KEEPERS_H

/*
 * The weir-keepers on one Redis: without a sign of one nobody gets an alert,
 * and milters and weirctl say so. Each announces itself once a second in the
 * hash PREFIX:{keepers}:info (HOST:PID -> JSON with "host", "pid", "version",
 * "started", "seen", "channels", "failing"), and sets PREFIX:{keepers}:seen,
 * which ends after KEEPERS_SILENCE_MS. All return false when Redis did not
 * answer or refused. Times are milliseconds since the epoch, on Redis's clock
 * but for started_ms.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_client;

/* No keeper heard of for so long: alerts go nowhere. */
#define KEEPERS_SILENCE_MS 60000

struct keeper_sign {
	char *name; /* HOST:PID */
	char *host, *version;
	uint64_t pid, started_ms, seen_ms;
	uint64_t channels, failing; /* of alerts; those that fail */
};

struct keeper_signs {
	struct keeper_sign *list; /* of the last KEEPERS_SILENCE_MS, by name */
	size_t count;
	uint64_t now_ms;
};

/* seen_ms is set here. Forgets those that were silent for long. */
bool keepers_announce(struct redis_client *redis, const char *prefix,
		      const struct keeper_sign *sign);
bool keepers_leave(struct redis_client *redis, const char *prefix,
		   const char *name);

bool keepers_read(struct redis_client *redis, const char *prefix,
		  struct keeper_signs *signs_r);
void keepers_clear(struct keeper_signs *signs);

/* Was one heard of within KEEPERS_SILENCE_MS? One small question. */
bool keepers_are_there(struct redis_client *redis, const char *prefix,
		       bool *are_there_r);

#endif
