/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HANDOVER_H
#define WEIR_HANDOVER_H

/*
 * A queue from many threads, which must not wait, to one that may: for a disk
 * or for Redis. Bounded: what comes while it is full is dropped, and counted.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct handover;

/* Has room for max items. drop frees one. Never NULL; lives as long as the
 * process. */
struct handover *handover_new(size_t max, void (*drop)(void *item));

/* Thread-safe, never waits. The item is the handover's in any case; false when
 * it was dropped. */
bool handover_put(struct handover *handover, void *item);

/* For the one thread that empties it: the oldest item, NULL when there is none.
 * What is taken is the caller's; an item that was only peeked at is still the
 * oldest one until it is taken. */
void *handover_peek(struct handover *handover);
void *handover_take(struct handover *handover);

/* How many were dropped since the last call. */
uint64_t handover_dropped(struct handover *handover);

#endif
