/* SPDX-License-Identifier: ISC */

/* Times are in the document as ISO 8601: only their letters go. */
#include "report_value.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/count_text.h"
#include "lib/base/json.h"
#include "lib/base/span_text.h"

#define SECOND_MS UINT64_C(1000)
#define KILOBYTE  1024

static char *bytes_text(uint64_t bytes)
{
	char size[COUNT_TEXT_SIZE], count[COUNT_TEXT_SIZE];

	if (bytes < KILOBYTE)
		return alloc_text(count_text_size(bytes, size));
	return alloc_format("%s (%s bytes)", count_text_size(bytes, size),
			    count_text(bytes, count));
}

static char *span_of(uint64_t span_ms)
{
	char span[SPAN_TEXT_SIZE];

	if (span_ms < SECOND_MS)
		return alloc_format("%.2f s", (double)span_ms / SECOND_MS);
	if (span_ms < 60 * SECOND_MS)
		return alloc_format("%.1f s", (double)span_ms / SECOND_MS);
	return alloc_text(span_text(span_ms, span));
}

/* "2026-05-01T16:00:03.250Z" */
static char *time_text(const char *moment)
{
	if (strlen(moment) < strlen("2026-05-01T16:00:03"))
		return alloc_text(moment);
	return alloc_format("%.10s %.8s", moment, moment + 11);
}

static char *record_text(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	if (text == NULL)
		alloc_fail();
	return text;
}

char *report_value_text(const json_t *value, enum report_unit unit)
{
	char count[COUNT_TEXT_SIZE];
	uint64_t number = json_is_integer(value) &&
					  json_integer_value(value) > 0
				  ? (uint64_t)json_integer_value(value)
				  : 0;

	if (json_is_string(value))
		return unit == REPORT_TIME
			       ? time_text(json_string_value(value))
			       : alloc_text(json_string_value(value));
	if (json_is_object(value))
		return record_text(value);
	if (!json_is_integer(value))
		return alloc_text("");
	switch (unit) {
	case REPORT_BYTES:
		return bytes_text(number);
	case REPORT_SPAN:
		return span_of(number);
	case REPORT_SHARE:
		return alloc_format("%" PRIu64 "%%", number);
	default:
		return alloc_text(count_text(number, count));
	}
}

bool report_unit_is_number(enum report_unit unit)
{
	return unit == REPORT_COUNT || unit == REPORT_BYTES ||
	       unit == REPORT_SPAN || unit == REPORT_SHARE;
}

enum report_unit report_value_unit(const json_t *described)
{
	return report_unit_find(document_get_text(described, "unit"));
}

char *report_value_empty(const json_t *document, const char *field)
{
	return alloc_format("to be filled in: weirctl incident %" PRIu64
			    " --note \"%s: ...\"",
			    document_get_number(document, "incident"), field);
}
