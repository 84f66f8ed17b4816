/* SPDX-License-Identifier: ISC */
#ifndef WEIR_DEFERRED_ATTEMPTS_H
#define WEIR_DEFERRED_ATTEMPTS_H

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

struct deferred_attempts;

struct deferred_attempts *deferred_attempts_new(size_t max_windows);
void deferred_attempts_free(struct deferred_attempts **deferred);

/* Nothing owed at all? Costs nothing. */
bool deferred_attempts_is_empty(const struct deferred_attempts *deferred);

/* Windows that are owed something. */
size_t deferred_attempts_count(const struct deferred_attempts *deferred);

/* Adds charge->cost to what its window is owed. False when there is no
 * room for one more window, and it was left out. */
bool deferred_attempts_add(struct deferred_attempts *deferred,
			   const struct charge *charge);

/* What this window is owed, 0 if nothing; it is forgotten here. */
uint64_t deferred_attempts_take(struct deferred_attempts *deferred,
				const char *key, size_t key_length);

/*
 * Takes up to most windows, oldest first. Keys are the caller's to free with
 * free(); max is WINDOW_COUNT_MAX. Returns how many.
 */
size_t deferred_attempts_take_some(struct deferred_attempts *deferred,
				   struct charge *charges_r, size_t most);

#endif
