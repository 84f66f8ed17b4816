/* SPDX-License-Identifier: ISC */

/* Sort, pick one, multiply, round up. */
#include <stdlib.h>
#include <string.h>

#include "slice.h"
#include "suggest.h"

#define NUMBER_MAX (UINT64_C(1) << 53)
#define HUNDRED	   UINT64_C(100000)

bool suggest_parse(const char *text, uint64_t min, uint64_t max,
		   uint64_t *thousandths_r)
{
	struct slice rest = slice_of(text);
	uint64_t number;

	if (!slice_number(&rest, &number) || rest.length > strlen(".999"))
		return false;
	number = number * 1000 + slice_fraction_ms(&rest);
	if (rest.length != 0 || number < min || number > max)
		return false;
	*thousandths_r = number;
	return true;
}

uint64_t suggest_percentile(const uint64_t *sorted, size_t count,
			    uint64_t percentile)
{
	size_t rank = (size_t)((uint64_t)count * percentile / HUNDRED);

	return sorted[rank == 0 ? 0 : rank - 1];
}

static uint64_t round_up(uint64_t number)
{
	static const uint64_t steps[] = {
		10, 12, 15, 20, 25, 30, 40, 50, 60, 80
	};

	for (uint64_t ten = 1;; ten *= 10)
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			uint64_t whole = steps[i] * ten / 10;

			if (steps[i] * ten % 10 == 0 && whole >= number)
				return whole;
		}
}

uint64_t suggest_round(uint64_t number, enum limit_unit unit)
{
	uint64_t size = 1;

	if (number > NUMBER_MAX / 2)
		return NUMBER_MAX;
	if (unit == LIMIT_BYTES)
		while (number / size >= 1000 && size < NUMBER_MAX / 1024)
			size *= 1024;
	number = round_up((number + size - 1) / size) * size;
	return number < NUMBER_MAX ? number : NUMBER_MAX;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void suggest_max(const struct suggest_wish *wish, const struct limit *limit,
		 uint64_t *peaks, size_t count,
		 struct limit_suggestion *suggestion_r)
{
	uint64_t peak, scaled;

	memset(suggestion_r, 0, sizeof(*suggestion_r));
	suggestion_r->max = limit->max;
	if (count == 0)
		return;
	qsort(peaks, count, sizeof(*peaks), compare);
	peak = suggest_percentile(peaks, count, wish->percentile);
	scaled = peak > NUMBER_MAX / wish->margin
			 ? NUMBER_MAX
			 : (peak * wish->margin + 999) / 1000;
	suggestion_r->subjects = count;
	suggestion_r->peak = peak;
	suggestion_r->top = peaks[count - 1];
	suggestion_r->max = suggest_round(scaled == 0 ? 1 : scaled,
					  limit->unit);
}
