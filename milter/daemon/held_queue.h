/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HELD_QUEUE_H
#define WEIR_HELD_QUEUE_H

/*
 * Without this a callback that holds a message would have to wait for Redis,
 * and while Redis is away nobody would learn why mail was held.
 *
 * The records of held mail (see held.h) on their way to Redis. Bounded: when
 * too many wait, the oldest is dropped, and that is logged.
 */
#include <stdbool.h>

#include "lib/fleet/held.h"

struct held_queue;
struct redis_client;

/* Never NULL. */
struct held_queue *held_queue_new(void);

/* Thread-safe, never waits. Takes over what held owns and leaves {0}. */
void held_queue_put(struct held_queue *queue, struct held *held);

/* For one thread: writes the oldest ones, not all at once. False when Redis did
 * not take one, which then waits on. */
bool held_queue_write(struct held_queue *queue, struct redis_client *redis,
		      const char *prefix);

#endif
