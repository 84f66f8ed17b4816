/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TOP_H
#define WEIR_TOP_H

/*
 * The windows nearest to a limit, without a walk through a million keys: those
 * at half of their limit or above, as all milters have seen them. An index in
 * Redis, PREFIX:{busy}:index, of at most TOP_MAX windows, and a hash for each
 * of them with since when, how much, and how many messages it refused. Milters
 * write it once a second, and only when there is something to write; it is off
 * the path of mail. An entry lasts as long as its window and a day; after a
 * whole window without an update its next one starts from zero (since,
 * refused).
 *
 * When the index is full, what is over goes first, then what refuses least and
 * longest ago (top.lua has the formula); those still at half or above are
 * counted (top.more), up to TOP_MORE_MAX.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/near_limit.h"
#include "lib/store/window.h"

struct redis_client;

#define TOP_MAX	     2000
#define TOP_MORE_MAX 10000

/* Notes count windows in one round trip, or two where others must be removed.
 * False when Redis did not accept it. */
bool top_note(struct redis_client *redis, const char *prefix,
	      const struct near_limit_window *windows, size_t count);

/* One window, as it is now. */
struct top_row {
	char *subject, *limit;
	uint64_t per_ms, max;
	uint64_t refused;
	uint64_t since_ms, last_ms; /* at half or above, since the epoch */
	struct window_shape shape;
	struct window window; /* moved to now_ms */
};

struct top {
	struct top_row *rows; /* in no order */
	size_t count;
	/* Windows at half or above, as far as is known, that had no room here;
	 * at TOP_MORE_MAX: or more than that. */
	uint64_t more;
	uint64_t now_ms; /* Redis's clock */
};

/* Everything on the board, in two round trips; entries whose time is over
 * are taken off it. False when Redis did not answer. */
bool top_read(struct redis_client *redis, const char *prefix,
	      struct top *top_r);

/* What is known of one window; false when Redis did not answer. A window that
 * is not on the board has refused 0, since 0. */
bool top_find(struct redis_client *redis, const char *prefix,
	      const char *subject, const char *limit, uint64_t per_ms,
	      uint64_t *refused_r, uint64_t *since_ms_r, uint64_t *last_ms_r);

/* Takes one window off. */
bool top_forget(struct redis_client *redis, const char *prefix,
		const char *subject, const char *limit, uint64_t per_ms);

void top_clear(struct top *top);

#endif
