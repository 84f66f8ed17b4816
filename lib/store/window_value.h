/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WINDOW_VALUE_H
#define WEIR_WINDOW_VALUE_H

/*
 * Without this weirctl could say what a window holds only by charging it.
 *
 * A window as it stands in Redis (see charge.lua), taken from the answer to
 * HGETALL. Pure, thread-safe.
 */
#include <stdbool.h>
#include <stdint.h>

#include "window.h"

struct redis_value;

/*
 * The window as of now_ms on Redis's clock. What no longer counts, is dated in
 * the future or is no number is left out. False, with an empty window, when
 * there is none.
 */
bool window_value_read(const struct redis_value *value,
		       const struct window_shape *shape, uint64_t now_ms,
		       struct window *window_r);

/* The buckets from the oldest to the newest into counts_r; how many: slots. */
unsigned int window_value_chart(const struct window *window,
				const struct window_shape *shape,
				uint64_t counts_r[WINDOW_SLOTS_MAX]);

#endif
