/* SPDX-License-Identifier: ISC */
#ifndef WEIR_STORE_MEMORY_H
#define WEIR_STORE_MEMORY_H

/*
 * Without this a replay of old logs would need a Redis to count in, and the
 * tests would have nothing to compare Redis with.
 *
 * The windows in this process, and in no other. (While Redis is away the
 * milter counts in ledger.h, which remembers what it owes Redis.) Bounded:
 * when max_windows are held, the one longest unused goes first.
 */
#include <stddef.h>
#include <stdint.h>

#include "store.h"

/* max_windows at least 1. One window takes about 700 bytes. Never NULL. */
struct store *store_memory_new(size_t max_windows);

/* Windows held now, and windows dropped so far to make room. Thread-safe. */
size_t store_memory_windows(struct store *store);
uint64_t store_memory_evictions(struct store *store);

#endif
