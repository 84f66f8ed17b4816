/* SPDX-License-Identifier: ISC */

/* One closed rectangle a bar, in whole units. */
#include "page_chart.h"

#include "lib/base/alloc.h"
#include "lib/base/text.h"

#define BAR_SIZE  48 /* bytes of one bar as text */
#define BAR_WIDTH (PAGE_CHART_STEP - 2)
#define LEAST	  4 /* units, of what is not 0 */

uint64_t page_chart_max(const uint64_t *values, size_t count)
{
	uint64_t max = 0;

	for (size_t i = 0; i < count; i++)
		if (values[i] > max)
			max = values[i];
	return max;
}

static unsigned int height_of(uint64_t value, uint64_t max)
{
	double share = max == 0 ? 0 : (double)value / (double)max;
	unsigned int height = (unsigned int)(share * PAGE_CHART_HEIGHT + 0.5);

	if (value != 0 && height < LEAST)
		return LEAST;
	return height < PAGE_CHART_HEIGHT ? height : PAGE_CHART_HEIGHT;
}

char *page_chart_path(const uint64_t *values, const uint64_t *below,
		      size_t count, uint64_t max)
{
	char *buffer = alloc_zero(count * BAR_SIZE + 1);
	struct text text;

	text_init(&text, buffer, count * BAR_SIZE + 1);
	for (size_t i = 0; i < count; i++) {
		unsigned int height = height_of(values[i], max);
		unsigned int base = below == NULL ? 0
						  : height_of(below[i], max);

		if (base + height > PAGE_CHART_HEIGHT)
			base = PAGE_CHART_HEIGHT - height;
		if (height != 0)
			text_add_format(&text, "M%zu %uv-%uh%dv%uz",
					i * PAGE_CHART_STEP,
					PAGE_CHART_HEIGHT - base, height,
					BAR_WIDTH, height);
	}
	return buffer;
}
