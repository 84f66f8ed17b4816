/* SPDX-License-Identifier: ISC */
#ifndef WEIR_NEAR_LIMIT_H
#define WEIR_NEAR_LIMIT_H

/*
 * Without this "which windows are nearest to a limit?" would be a walk through
 * every key in Redis.
 *
 * The windows that were seen at half of their limit or above since the last
 * near_limit_take(), and how many messages each of them has refused. Bounded by
 * twice max_windows; what does not fit is not noted (it will be seen again).
 * While no window is above half, nothing is noted and no lock is taken.
 * Thread-safe, but one thread takes at a time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A window counts as near its limit for so long after it was seen there. */
#define NEAR_LIMIT_MS 60000

struct near_limit;

struct near_limit_window {
	char *subject, *limit; /* never NULL */
	uint64_t per_ms, used, max;
	uint64_t refused; /* messages, since it was last taken */
	uint64_t seen_ms; /* when it was noted */
};

struct near_limit *near_limit_new(size_t max_windows);
void near_limit_free(struct near_limit **near);

/* Is it at half of its max or above? */
bool near_limit_is_worth(uint64_t used, uint64_t max);

/* Notes what was used of a window when it was seen; copies. refused is added.
 */
void near_limit_note(struct near_limit *near,
		     const struct near_limit_window *window);

/* Removes up to max windows: first those that refused most, then the fullest,
 * then the oldest. Their texts are the caller's to free
 * (near_limit_window_clear). The others wait for the next call. Returns how
 * many. */
size_t near_limit_take(struct near_limit *near,
		       struct near_limit_window *windows_r, size_t max);

/* How many windows, at most max_windows, were seen at half or above in the last
 * NEAR_LIMIT_MS, taken or not. */
size_t near_limit_count(struct near_limit *near, uint64_t now_ms);

void near_limit_window_clear(struct near_limit_window *window);

#endif
