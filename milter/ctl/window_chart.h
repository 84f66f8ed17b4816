/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WINDOW_CHART_H
#define WEIR_WINDOW_CHART_H

/*
 * What a window holds, on a terminal. Pure but for the locale (see
 * terminal_chart()).
 */
#include <stdint.h>

#include "lib/store/window.h"
#include "milter/common/window_text.h"
#include "terminal.h"

/* Good below half, a warning above, bad where nothing more fits. */
enum terminal_colour window_chart_colour(uint64_t used, uint64_t max);

/* The buckets as a chart of at most width characters, oldest first. Freed
 * with free(). */
char *window_chart(const struct window *window,
		   const struct window_shape *shape, unsigned int width);

#endif
