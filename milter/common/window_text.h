/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WINDOW_TEXT_H
#define WEIR_WINDOW_TEXT_H

/*
 * What a window holds, for people. Pure.
 */
#include <stdint.h>

#include <jansson.h>

#include "lib/settings/limit.h"
#include "lib/store/window.h"

#define WINDOW_TEXT_SIZE 64

/* "812", or bytes as "12.3 MB". Returns buffer. */
const char *window_text_amount(enum limit_unit unit, uint64_t amount,
			       char buffer[WINDOW_TEXT_SIZE]);

/* "now", "in 12s", or "never" (the message alone is above max). Returns
 * buffer. */
const char *window_text_wait(uint64_t wait_ms, char buffer[WINDOW_TEXT_SIZE]);

/* Percent of max that is used, rounded down; at most 999,999. */
unsigned int window_text_percent(uint64_t used, uint64_t max);

/* The buckets as JSON numbers, oldest first. */
json_t *window_text_buckets(const struct window *window,
			    const struct window_shape *shape);

#endif
