/* SPDX-License-Identifier: ISC */
#ifndef WEIR_BUSY_H
#define WEIR_BUSY_H

/*
 * Without this the question who is nearest to a limit would be a walk through
 * every key in Redis.
 *
 * The windows that were seen at half of their limit or above since somebody
 * last asked, and how many messages each of them has refused. Bounded by twice
 * max_windows; what does not fit is not noted (it will be seen again). While
 * nobody is above half, nothing is noted and no lock is taken. Thread-safe, but
 * that one thread takes at a time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct busy;

struct busy_window {
	char *subject, *limit; /* never NULL */
	uint64_t per_ms, used, max;
	uint64_t refused; /* messages, since it was last taken */
};

struct busy *busy_new(size_t max_windows);
void busy_free(struct busy **busy);

/* Is it at half of its max or above? */
bool busy_is_worth(uint64_t used, uint64_t max);

/* Notes what a window was seen to hold; copies. refused is added. */
void busy_note(struct busy *busy, const struct busy_window *window);

/* Takes up to most windows, those that refused most first, then the fullest,
 * then the oldest; the texts are the caller's to free (busy_window_clear). The
 * others wait for the next time: a crowd that comes in faster than it is taken
 * holds up no flood. Returns how many. */
size_t busy_take(struct busy *busy, struct busy_window *windows_r, size_t most);

void busy_window_clear(struct busy_window *window);

#endif
