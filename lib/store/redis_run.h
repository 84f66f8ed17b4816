/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_RUN_H
#define WEIR_REDIS_RUN_H

/*
 * Without this nobody could tell whether the Redis that answers is still the
 * one that was asked before.
 */
#include <stdbool.h>

#define REDIS_RUN_SIZE 64

/* Another one each time a Redis is started; "": not known, which is the case
 * when this account may not ask for INFO. */
struct redis_run {
	char id[REDIS_RUN_SIZE];
};

/* From what "INFO server" has answered. */
struct redis_run redis_run_read(const char *info);

/* Are both known, and not the same? */
bool redis_run_is_another(const struct redis_run *before,
			  const struct redis_run *now);

#endif
