/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MEMORY_WATCH_H
#define WEIR_MEMORY_WATCH_H

/*
 * Logs that Redis evicts counters and orders to make room, or would.
 */
#include <stdbool.h>
#include <stdint.h>

struct redis_client;

/* Begins as {0}. */
struct memory_watch {
	bool is_logged, has_looked;
	uint64_t evicted; /* keys, when last looked */
};

/* Logs a warning once when Redis is set up so, and each time when it has
 * happened since the last call. Does nothing for an account without INFO. */
void memory_watch_look(struct memory_watch *watch, struct redis_client *redis);

#endif
