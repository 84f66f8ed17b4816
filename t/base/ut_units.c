/* SPDX-License-Identifier: ISC */

/* What an operator may write, what not, and how it is written back. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/units.h"

#define UNTOUCHED UINT64_C(123456789)
#define LARGEST	  (UINT64_C(1) << 53)

struct row {
	const char *text;
	uint64_t value;
};

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct row spans[] = {
	{ "0s", 0 },
	{ "500ms", 500 },
	{ "10s", 10000 },
	{ "1m", 60000 },
	{ "1h", 3600000 },
	{ "1d", 86400000 },
	{ "1w", 604800000 },
	{ "10 minutes", 600000 },
	{ "1 hour", 3600000 },
	{ "90 sec", 90000 },
	{ "1 MINUTE", 60000 },
	{ "2 Days", 172800000 },
	{ "3weeks", 1814400000 },
	{ "7 milliseconds", 7 },
	{ "1M", 60000 },
	{ "007s", 7000 },
	{ "9007199254740992ms", LARGEST },
	{ "9007199254740s", UINT64_C(9007199254740000) },
};

static const char *const not_spans[] = {
	"",
	"10",
	"10 ",
	"s",
	"-1s",
	"+1s",
	"1.5h",
	" 1s",
	"1s ",
	"1  s",
	"1 fort",
	"1 KB",
	"1h30m",
	"0x10s",
	"1\ts",
	"9007199254740993ms",
	"1e3s",
	"1,000s",
	"1ms\n",
	"9007199254741s",
	"99999999999999999999s",
	"18446744073709551617ms",
	"14892856w",
};

static const struct row sizes[] = {
	{ "0", 0 },
	{ "1048576", 1048576 },
	{ "100 B", 100 },
	{ "100b", 100 },
	{ "1 byte", 1 },
	{ "20 bytes", 20 },
	{ "1KB", 1024 },
	{ "1 kib", 1024 },
	{ "1k", 1024 },
	{ "50 MB", 52428800 },
	{ "2M", 2097152 },
	{ "1 GiB", 1073741824 },
	{ "1 TB", UINT64_C(1099511627776) },
	{ "9007199254740992", LARGEST },
	{ "8192 TB", LARGEST },
};

static const char *const not_sizes[] = {
	"",
	" 1",
	"1 ",
	"MB",
	"-1",
	"1.5 MB",
	"1 min",
	"8193T",
	"1EB",
	"1 M B",
	"1 MBs",
	"9007199254740993",
	"99999999999999999999",
};

START_TEST(span)
{
	uint64_t span_ms = UNTOUCHED;

	ck_assert_msg(units_parse_span(spans[_i].text, &span_ms), "'%s'",
		      spans[_i].text);
	ck_assert_msg(span_ms == spans[_i].value, "'%s' is %" PRIu64,
		      spans[_i].text, span_ms);
}
END_TEST

START_TEST(no_span)
{
	uint64_t span_ms = UNTOUCHED;

	ck_assert_msg(!units_parse_span(not_spans[_i], &span_ms), "'%s'",
		      not_spans[_i]);
	ck_assert_uint_eq(span_ms, UNTOUCHED);
}
END_TEST

START_TEST(size)
{
	uint64_t bytes = UNTOUCHED;

	ck_assert_msg(units_parse_size(sizes[_i].text, &bytes), "'%s'",
		      sizes[_i].text);
	ck_assert_msg(bytes == sizes[_i].value, "'%s' is %" PRIu64,
		      sizes[_i].text, bytes);
}
END_TEST

START_TEST(no_size)
{
	uint64_t bytes = UNTOUCHED;

	ck_assert_msg(!units_parse_size(not_sizes[_i], &bytes), "'%s'",
		      not_sizes[_i]);
	ck_assert_uint_eq(bytes, UNTOUCHED);
}
END_TEST

static const struct row written_spans[] = {
	{ "0s", 0 },
	{ "1ms", 1 },
	{ "1500ms", 1500 },
	{ "1s", 1000 },
	{ "90s", 90000 },
	{ "1m", 60000 },
	{ "10m", 600000 },
	{ "1h", 3600000 },
	{ "36h", 129600000 },
	{ "1d", 86400000 },
	{ "1w", 604800000 },
	{ "2w", 1209600000 },
	{ "18446744073709551615ms", UINT64_MAX },
};

static const struct row written_sizes[] = {
	{ "0 bytes", 0 },
	{ "1 byte", 1 },
	{ "1000 bytes", 1000 },
	{ "1 KB", 1024 },
	{ "1025 bytes", 1025 },
	{ "50 MB", 52428800 },
	{ "3 GB", UINT64_C(3221225472) },
	{ "8192 TB", LARGEST },
	{ "18446744073709551615 bytes", UINT64_MAX },
};

START_TEST(write_span)
{
	char buffer[UNITS_TEXT_SIZE];
	uint64_t span_ms;

	ck_assert_ptr_eq(units_format_span(written_spans[_i].value, buffer),
			 buffer);
	ck_assert_str_eq(buffer, written_spans[_i].text);
	if (written_spans[_i].value <= LARGEST) {
		ck_assert(units_parse_span(buffer, &span_ms));
		ck_assert_uint_eq(span_ms, written_spans[_i].value);
	}
}
END_TEST

START_TEST(write_size)
{
	char buffer[UNITS_TEXT_SIZE];
	uint64_t bytes;

	ck_assert_ptr_eq(units_format_size(written_sizes[_i].value, buffer),
			 buffer);
	ck_assert_str_eq(buffer, written_sizes[_i].text);
	if (written_sizes[_i].value <= LARGEST) {
		ck_assert(units_parse_size(buffer, &bytes));
		ck_assert_uint_eq(bytes, written_sizes[_i].value);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("units");
	TCase *tcase = tcase_create("units");

	tcase_add_loop_test(tcase, span, 0, COUNT(spans));
	tcase_add_loop_test(tcase, no_span, 0, COUNT(not_spans));
	tcase_add_loop_test(tcase, size, 0, COUNT(sizes));
	tcase_add_loop_test(tcase, no_size, 0, COUNT(not_sizes));
	tcase_add_loop_test(tcase, write_span, 0, COUNT(written_spans));
	tcase_add_loop_test(tcase, write_size, 0, COUNT(written_sizes));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
