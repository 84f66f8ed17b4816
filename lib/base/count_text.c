/* SPDX-License-Identifier: ISC */

/* Whole numbers only: nothing depends on a locale. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "count_text.h"

const char *count_text(uint64_t count, char buffer[COUNT_TEXT_SIZE])
{
	char digits[COUNT_TEXT_SIZE];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *at = buffer;

	for (int i = 0; i < length; i++) {
		if (i != 0 && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return buffer;
}

const char *count_text_size(uint64_t bytes, char buffer[COUNT_TEXT_SIZE])
{
	static const char *const units[] = { "KB", "MB", "GB", "TB" };
	const char *const *unit = units;
	uint64_t size = 1024, tenths;

	if (bytes < 1024) {
		snprintf(buffer, COUNT_TEXT_SIZE, "%" PRIu64 " byte%s", bytes,
			 bytes == 1 ? "" : "s");
		return buffer;
	}
	/* 1023.5 KB and more are 1 MB: no "1024 KB" */
	while (unit < &units[3] && bytes / size >= 1023) {
		size *= 1024;
		unit++;
	}
	tenths = bytes / size * 10 + (bytes % size * 10 + size - 1) / size;
	if (tenths < 100)
		snprintf(buffer, COUNT_TEXT_SIZE, "%" PRIu64 ".%" PRIu64 " %s",
			 tenths / 10, tenths % 10, *unit);
	else
		snprintf(buffer, COUNT_TEXT_SIZE, "%" PRIu64 " %s",
			 (tenths + 9) / 10, *unit);
	return buffer;
}
