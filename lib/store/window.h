/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WINDOW_H
#define WEIR_WINDOW_H

/*
 * Without this a sender could let through twice the limit around the edge of
 * a fixed window, or make weir remember a timestamp for each of its messages.
 *
 * A window of length per is a ring of buckets of equal width: at most 60 of
 * them, no narrower than a millisecond, and one more for the bucket that the
 * window is about to leave. Its sum runs over every bucket that overlaps the
 * last per milliseconds, the oldest one counted whole. So in no interval of
 * length per is more than max charged, wherever it starts, and at most one
 * bucket's width passes before room is noticed (and what is missing where per
 * is no multiple of it: less than the width, and less than 60 ms).
 *
 * Pure arithmetic: no clock, no lock, no allocation. Times are milliseconds
 * since any epoch, counts are at most WINDOW_COUNT_MAX. charge.lua does the
 * same sums in Redis; ut_window and ct_store_same hold the two together.
 */
#include <stdbool.h>
#include <stdint.h>

#define WINDOW_BUCKETS	 60
#define WINDOW_SLOTS_MAX (WINDOW_BUCKETS + 1)

/* Lua's numbers are doubles: this is the last exact integer. Sums stay there */
#define WINDOW_COUNT_MAX (UINT64_C(1) << 53)

/* Room will never be there: the cost alone is above max. */
#define WINDOW_NEVER UINT64_MAX

struct window_shape {
	uint64_t width_ms;  /* of a bucket, at least 1 */
	unsigned int slots; /* buckets that count, 2 to WINDOW_SLOTS_MAX */
};

struct window {
	uint64_t head; /* number of the newest bucket: time / width */
	uint64_t used; /* sum of the buckets */
	uint64_t buckets[WINDOW_SLOTS_MAX]; /* bucket b stands at b % slots */
};

/* The ring for a window of per_ms, at least 1. */
struct window_shape window_shape_of(uint64_t per_ms);

/* An empty window, whose head is the bucket of now_ms. */
void window_init(struct window *window, const struct window_shape *shape,
		 uint64_t now_ms);

/*
 * Moves the window to now_ms: drops the buckets that no longer count and,
 * after a clock was set back, those dated in the future. Must come before
 * the functions below for the same now_ms.
 */
void window_move(struct window *window, const struct window_shape *shape,
		 uint64_t now_ms);

/* Adds to the newest bucket; sums stop at WINDOW_COUNT_MAX. */
void window_add(struct window *window, const struct window_shape *shape,
		uint64_t cost);

/* May cost be added without the sum going above max? */
bool window_has_room(const struct window *window, uint64_t cost, uint64_t max);

/*
 * Milliseconds from now_ms until cost has room, if nothing else is added:
 * 0 when it has room now, WINDOW_NEVER when cost is above max.
 */
uint64_t window_wait(const struct window *window,
		     const struct window_shape *shape, uint64_t now_ms,
		     uint64_t cost, uint64_t max);

#endif
