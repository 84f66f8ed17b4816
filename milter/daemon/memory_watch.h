/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MEMORY_WATCH_H
#define WEIR_MEMORY_WATCH_H

/*
 * Without this Redis could throw counters and orders away to make room, and
 * nobody would be told.
 */
#include <stdbool.h>
#include <stdint.h>

struct redis_client;

/* Begins as {0}. */
struct memory_watch {
	bool is_told, has_looked;
	uint64_t evicted; /* keys, when last looked */
};

/* Logs a warning when Redis is set up so, once, and each time when it has
 * happened since the last look. An account that may not ask is left be. */
void memory_watch_look(struct memory_watch *watch, struct redis_client *redis);

#endif
