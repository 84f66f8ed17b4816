/* SPDX-License-Identifier: ISC */

/* Numbers are rounded for the eye here; --json has them exact. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/json.h"
#include "lib/base/span_text.h"
#include "lib/store/window_value.h"
#include "window_text.h"

#define PERCENT_MAX 999999

const char *window_text_amount(enum limit_unit unit, uint64_t amount,
			       char buffer[WINDOW_TEXT_SIZE])
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	double size = (double)amount;
	size_t i = 0;

	if (unit != LIMIT_BYTES) {
		snprintf(buffer, WINDOW_TEXT_SIZE, "%" PRIu64, amount);
		return buffer;
	}
	/* as it will be rounded: never "1024 KB" */
	for (; size >= 1023.5 && i < sizeof(units) / sizeof(units[0]) - 1; i++)
		size /= 1024;
	snprintf(buffer, WINDOW_TEXT_SIZE, "%.*f %s",
		 i == 0 || size >= 99.95 ? 0 : 1, size, units[i]);
	return buffer;
}

const char *window_text_wait(uint64_t wait_ms, char buffer[WINDOW_TEXT_SIZE])
{
	char span[SPAN_TEXT_SIZE];

	if (wait_ms == 0)
		snprintf(buffer, WINDOW_TEXT_SIZE, "now");
	else if (wait_ms == WINDOW_NEVER)
		snprintf(buffer, WINDOW_TEXT_SIZE, "never");
	else /* rounded up: a retry must not come a moment too early */
		snprintf(buffer, WINDOW_TEXT_SIZE, "in %s",
			 span_text(wait_ms + 999, span));
	return buffer;
}

unsigned int window_text_percent(uint64_t used, uint64_t max)
{
	uint64_t percent;

	if (used > WINDOW_COUNT_MAX)
		used = WINDOW_COUNT_MAX;
	percent = max == 0 ? 0 : used * 100 / max;
	return percent > PERCENT_MAX ? PERCENT_MAX : (unsigned int)percent;
}

json_t *window_text_buckets(const struct window *window,
			    const struct window_shape *shape)
{
	uint64_t counts[WINDOW_SLOTS_MAX];
	unsigned int count = window_value_chart(window, shape, counts);
	json_t *buckets = json_array();

	for (unsigned int i = 0; i < count; i++)
		json_array_append_new(buckets, document_number(counts[i]));
	return buckets;
}
