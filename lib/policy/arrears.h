/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ARREARS_H
#define WEIR_ARREARS_H

/*
 * Without this a flood that is refused without asking Redis would not count
 * as attempts, and its limits would open while it goes on.
 *
 * What refused messages owe to the windows of "attempts" limits, summed by
 * window until somebody takes it to the store: the next question about the
 * same window, or the tick each second. Bounded by max_windows; what does not
 * fit is not counted (the limits are then too mild, never too strict).
 * Thread-safe, and never blocks on anything but its own lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/store/store.h"

struct arrears;

struct arrears *arrears_new(size_t max_windows);
void arrears_free(struct arrears **arrears);

/* Nothing owed at all? Costs nothing. */
bool arrears_is_empty(const struct arrears *arrears);

/* Windows that are owed something. */
size_t arrears_count(const struct arrears *arrears);

/* Adds charge->cost to what its window is owed. False when there is no
 * room for one more window, and it was left out. */
bool arrears_add(struct arrears *arrears, const struct charge *charge);

/* What this window is owed, 0 if nothing; it is forgotten here. */
uint64_t arrears_take(struct arrears *arrears, const char *key,
		      size_t key_length);

/*
 * Takes up to most windows, oldest first. Keys are the caller's to free with
 * free(); max is WINDOW_COUNT_MAX. Returns how many.
 */
size_t arrears_take_some(struct arrears *arrears, struct charge *charges_r,
			 size_t most);

#endif
