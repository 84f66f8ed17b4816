/* SPDX-License-Identifier: ISC */
/* Whatever is read is written so that it is read as the same again. */
#include "lib/base/moment.h"
#include "lib/base/units.h"
#include "t/lib/fuzz.h"

#define NOW_MS UINT64_C(1777651200250) /* 2026-05-01T16:00:00.250Z */

static void check_span(const char *text)
{
	char written[UNITS_TEXT_SIZE];
	uint64_t span_ms, again_ms;

	if (!units_parse_span(text, &span_ms))
		return;
	HOLDS(span_ms <= UINT64_C(1) << 53);
	HOLDS(units_parse_span(units_format_span(span_ms, written), &again_ms));
	HOLDS(again_ms == span_ms);
}

static void check_size(const char *text)
{
	char written[UNITS_TEXT_SIZE];
	uint64_t bytes, again;

	if (!units_parse_size(text, &bytes))
		return;
	HOLDS(bytes <= UINT64_C(1) << 53);
	HOLDS(units_parse_size(units_format_size(bytes, written), &again));
	HOLDS(again == bytes);
}

static void check_moment(const char *text)
{
	char written[MOMENT_TEXT_SIZE];
	uint64_t moment_ms, again_ms;

	if (!moment_parse(text, NOW_MS, &moment_ms))
		return;
	HOLDS(moment_parse(moment_format_utc(moment_ms, written), NOW_MS,
			   &again_ms));
	HOLDS(again_ms == moment_ms);
	moment_format_local(moment_ms, written);
	HOLDS(strlen(written) < sizeof(written));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy((const char *)data, size);

	check_span(text);
	check_size(text);
	check_moment(text);
	free(text);
	return 0;
}
