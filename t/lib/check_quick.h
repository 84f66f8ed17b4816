/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHECK_QUICK_H
#define WEIR_CHECK_QUICK_H

/*
 * An assertion of Check(3) that holds writes its line to a file: half of the
 * processor's time, where a test compares a million values. With this header,
 * which the Makefile includes before every unit and server test, it writes
 * nothing; a test that crashes is then reported with the line where it began.
 */
#include <check.h>
#include <stdlib.h>

#define _mark_point(file, line) ((void)0)


/* What main() ends with: runs the suite, returns its exit code. */
static inline int check_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
