/* SPDX-License-Identifier: ISC */

/* Neighbours are added up until they fit. */
#include "window_chart.h"

#include "lib/store/window_value.h"

enum terminal_colour window_chart_colour(uint64_t used, uint64_t max)
{
	if (used >= max)
		return TERMINAL_BAD;
	return used >= max - used ? TERMINAL_WARN : TERMINAL_GOOD;
}

char *window_chart(const struct window *window,
		   const struct window_shape *shape, unsigned int width)
{
	uint64_t counts[WINDOW_SLOTS_MAX];
	unsigned int count = window_value_chart(window, shape, counts);
	/* neighbours are added up, from the newest backwards */
	unsigned int each = (count + width - 1) / width;
	unsigned int columns = (count + each - 1) / each;
	uint64_t sums[WINDOW_SLOTS_MAX] = { 0 };

	for (unsigned int i = 0; i < count; i++)
		sums[columns - 1 - (count - 1 - i) / each] += counts[i];
	return terminal_chart(sums, columns, 0);
}
