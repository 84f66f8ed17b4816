/* SPDX-License-Identifier: ISC */

/* How often a milter says that no weir-keeper runs. */
#include <check.h>

#include "lib/base/log.h"
#include "lib/fleet/keepers.h"
#include "milter/daemon/keeper_watch.h"

#define HOUR_MS UINT64_C(3600000)

static unsigned int warnings, notices;

static void count_line(void *context, enum log_gravity gravity,
		       const char *line)
{
	(void)context;
	(void)line;
	if (gravity == LOG_GRAVITY_WARNING)
		warnings++;
	else
		notices++;
}

START_TEST(test_once_an_hour_after_a_minute)
{
	struct keeper_watch watch = { 0 };

	log_open_sink(count_line, NULL);
	keeper_watch_take(&watch, false, 1000);
	keeper_watch_take(&watch, false, 1000 + KEEPERS_SILENCE_MS - 1);
	ck_assert_uint_eq(warnings, 0);
	keeper_watch_take(&watch, false, 1000 + KEEPERS_SILENCE_MS);
	keeper_watch_take(&watch, false, 2000 + KEEPERS_SILENCE_MS);
	ck_assert_uint_eq(warnings, 1);
	keeper_watch_take(&watch, false, 1000 + KEEPERS_SILENCE_MS + HOUR_MS);
	ck_assert_uint_eq(warnings, 2);
	keeper_watch_take(&watch, true, 2 * HOUR_MS);
	keeper_watch_take(&watch, true, 2 * HOUR_MS);
	ck_assert_uint_eq(notices, 1);
	keeper_watch_take(&watch, false, 2 * HOUR_MS + 1);
	ck_assert_uint_eq(warnings, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keeper watch");
	TCase *cases = tcase_create("keeper watch");

	tcase_add_test(cases, test_once_an_hour_after_a_minute);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
