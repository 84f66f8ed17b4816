/* SPDX-License-Identifier: ISC */

/* The pairs of units, greatest first; what is under a minute has only one. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "span_text.h"

const char *span_text(uint64_t span_ms, char buffer[SPAN_TEXT_SIZE])
{
	static const struct {
		uint64_t unit_s, rest_s;
		char unit, rest;
	} rows[] = {
		{ 86400, 3600, 'd', 'h' },
		{ 3600, 60, 'h', 'm' },
		{ 60, 1, 'm', 's' },
	};
	uint64_t seconds = span_ms / 1000;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t rest = seconds % rows[i].unit_s / rows[i].rest_s;

		if (seconds < rows[i].unit_s)
			continue;
		snprintf(buffer, SPAN_TEXT_SIZE,
			 "%" PRIu64 "%c %02" PRIu64 "%c",
			 seconds / rows[i].unit_s, rows[i].unit, rest,
			 rows[i].rest);
		return buffer;
	}
	snprintf(buffer, SPAN_TEXT_SIZE, "%" PRIu64 "s", seconds);
	return buffer;
}
