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
#include <unistd.h>

#define _mark_point(file, line) ((void)0)
#define CHECK_SECONDS_MAX 300

static inline int check_run_as(Suite *suite, enum fork_status fork_status)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_fork_status(runner, fork_status);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What main() ends with: runs the suite, returns its exit code. Each test has a
 * process of its own: for those that start a server, end, or change what the
 * process has. */
static inline int check_run_apart(Suite *suite)
{
	return check_run_as(suite, CK_FORK_GETENV);
}

/* The same for tests that leave nothing behind: in this process, unless CK_FORK
 * says otherwise, which saves half of the processor's time. One that crashes
 * or hangs ends all. */
static inline int check_run(Suite *suite)
{
	if (getenv("CK_FORK") != NULL)
		return check_run_apart(suite);
	alarm(CHECK_SECONDS_MAX);
	return check_run_as(suite, CK_NOFORK);
}

#endif
