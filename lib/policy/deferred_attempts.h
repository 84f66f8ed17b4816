/* SPDX-License-Identifier: ISC */
#ifndef WEIR_DEFERRED_ATTEMPTS_H
#define WEIR_DEFERRED_ATTEMPTS_H

/*
 * Without this a flood that is refused without asking Redis would not count as
 * attempts, and its limits would open while it goes on.
 *
 * What refused messages are to be charged in the windows of "attempts" limits,
 * summed by window until it goes to the store: with the next question about the
 * same window, or with the tick each second. Bounded by max_windows; what does
 * not fit is not counted (the limits are then too mild, never too strict).
 * Thread-safe; waits for nothing but its own lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct deferred_attempts;

struct deferred_attempts *deferred_attempts_new(size_t max_windows);
void deferred_attempts_free(struct deferred_attempts **deferred);

/* Is nothing deferred at all? Costs nothing. */
bool deferred_attempts_is_empty(const struct deferred_attempts *deferred);

/* How many windows have deferred attempts. */
size_t deferred_attempts_count(const struct deferred_attempts *deferred);

/* Adds charge->cost to its window. False when there is no room for one more
 * window, and it was left out. */
bool deferred_attempts_add(struct deferred_attempts *deferred,
			   const struct charge *charge);

/* What is deferred of this window, 0 if nothing; it is removed. */
uint64_t deferred_attempts_take(struct deferred_attempts *deferred,
				const char *key, size_t key_length);

/* Removes up to max windows, the oldest first. Their keys are in the arena,
 * their max is WINDOW_COUNT_MAX. Returns how many. */
size_t deferred_attempts_take_some(struct deferred_attempts *deferred,
				   struct arena *arena,
				   struct charge *charges_r, size_t max);

#endif
