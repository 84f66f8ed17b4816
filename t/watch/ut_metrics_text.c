/* SPDX-License-Identifier: ISC */

/* The text to the byte, in both formats, and who gets which. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/watch/metrics_text.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *accept;
	enum metrics_format format;
} wishes[] = {
	{ NULL, METRICS_TEXT },
	{ "", METRICS_TEXT },
	{ "*/*", METRICS_TEXT },
	{ "text/html,application/xhtml+xml,*/*;q=0.8", METRICS_TEXT },
	{ "application/openmetrics-text", METRICS_OPEN },
	{ "Application/OpenMetrics-Text; version=1.0.0", METRICS_OPEN },
	/* Prometheus 2.42 and 3.5 */
	{ "application/openmetrics-text;version=1.0.0,application/"
	  "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5"
	  ",*/*;q=0.1",
	  METRICS_OPEN },
	{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
	  "q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;"
	  "version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;"
	  "q=0.2,*/*;q=0.1",
	  METRICS_OPEN },
	{ "text/plain, application/openmetrics-text;q=0.5", METRICS_TEXT },
	{ "text/plain;q=0.4 , application/openmetrics-text ;q=0.5",
	  METRICS_OPEN },
	{ "application/openmetrics-text;q=0", METRICS_TEXT },
	{ "application/openmetrics-text-not", METRICS_TEXT },
	{ "application/openmetrics-text;q=nan", METRICS_TEXT },
	{ ",,, ,application/openmetrics-text,", METRICS_OPEN },
};

START_TEST(the_format_that_is_accepted)
{
	ck_assert_int_eq(metrics_format_wanted(wishes[_i].accept),
			 wishes[_i].format);
}
END_TEST

static char *write_all(enum metrics_format format)
{
	struct metrics_text *text = metrics_text_new(format);
	struct wait_counts waits = { .sum_ns = 1500000000 };
	const struct metrics_label labels[] = { { "limit", "a\"b\\c\nd" },
						{ "verdict", "reject" },
						{ 0 } };
	const struct metrics_label stage[] = { { "stage", "end" }, { 0 } };
	size_t length;
	char *all;

	waits.buckets[0] = 2;
	waits.buckets[4] = 3;
	waits.buckets[WAIT_BOUNDS] = 1;
	metrics_gauge(text, "weir_redis_up", "Is Redis there?", 1);
	metrics_family(text, METRICS_COUNTER, "weir_things_total", "Things.");
	metrics_number(text, labels, UINT64_MAX);
	metrics_family(text, METRICS_GAUGE, "weir_age_seconds", "Age.");
	metrics_seconds(text, NULL, 0.25);
	metrics_family(text, METRICS_HISTOGRAM, "weir_wait_seconds", "Waits.");
	metrics_waits(text, stage, &waits);
	all = metrics_text_end(&text, &length);
	ck_assert_ptr_null(text);
	ck_assert_uint_eq(length, strlen(all));
	return all;
}

#define GAUGE                                    \
	"# HELP weir_redis_up Is Redis there?\n" \
	"# TYPE weir_redis_up gauge\n"           \
	"weir_redis_up 1\n"
#define REST                                                        \
	"weir_things_total{limit=\"a\\\"b\\\\c\\nd\","              \
	"verdict=\"reject\"} 18446744073709551615\n"                \
	"# HELP weir_age_seconds Age.\n"                            \
	"# TYPE weir_age_seconds gauge\n"                           \
	"weir_age_seconds 0.250\n"                                  \
	"# HELP weir_wait_seconds Waits.\n"                         \
	"# TYPE weir_wait_seconds histogram\n"                      \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.0005\"} 2\n" \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.001\"} 2\n"  \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.0025\"} 2\n" \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.005\"} 2\n"  \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.01\"} 5\n"   \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.025\"} 5\n"  \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.05\"} 5\n"   \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.1\"} 5\n"    \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.2\"} 5\n"    \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"0.5\"} 5\n"    \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"1.0\"} 5\n"    \
	"weir_wait_seconds_bucket{stage=\"end\",le=\"+Inf\"} 6\n"   \
	"weir_wait_seconds_sum{stage=\"end\"} 1.500000000\n"        \
	"weir_wait_seconds_count{stage=\"end\"} 6\n"

START_TEST(the_text_format)
{
	char *all = write_all(METRICS_TEXT);

	ck_assert_str_eq(all, GAUGE "# HELP weir_things_total Things.\n"
				    "# TYPE weir_things_total counter\n" REST);
	ck_assert_str_eq(metrics_format_type(METRICS_TEXT),
			 "text/plain; version=0.0.4; charset=utf-8");
	free(all);
}
END_TEST

START_TEST(openmetrics)
{
	char *all = write_all(METRICS_OPEN);

	ck_assert_str_eq(all,
			 GAUGE "# HELP weir_things Things.\n"
			       "# TYPE weir_things counter\n" REST "# EOF\n");
	ck_assert_str_eq(metrics_format_type(METRICS_OPEN),
			 "application/openmetrics-text; version=1.0.0; "
			 "charset=utf-8");
	free(all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics_text");
	TCase *tests = tcase_create("metrics_text");

	tcase_add_loop_test(tests, the_format_that_is_accepted, 0,
			    COUNT_OF(wishes));
	tcase_add_test(tests, the_text_format);
	tcase_add_test(tests, openmetrics);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
