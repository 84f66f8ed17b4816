/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_STORE_CASES_H
#define WEIR_TEST_STORE_CASES_H

/*
 * Without this the stores would be tested for what each of them does, not for
 * doing the same.
 *
 * A table of conversations with a store: questions at a given time, and the
 * answer that every store must give, in every field.
 */
#include <stddef.h>

struct store;

/* For tcase_add_loop_test: cases 0 to store_cases_count() - 1. */
int store_cases_count(void);

/* Runs one case on a store that uses the caller's clock and has not seen
 * this case before; fails the running test where the answer differs. */
void store_case_run(struct store *store, int number);

#endif
