/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_RUN_ID_H
#define WEIR_REDIS_RUN_ID_H

/*
 * Without this nobody could tell whether the Redis that answers is still the
 * one that was asked before.
 */
#include <stdbool.h>

#define REDIS_RUN_ID_SIZE 64

struct redis_client;

/* Another one each time a Redis is started; "": not known, which is the case
 * when this account may not ask for INFO. */
struct redis_run_id {
	char id[REDIS_RUN_ID_SIZE];
};

/* From what "INFO server" has answered. */
struct redis_run_id redis_run_id_read(const char *info);

/* Asks for it. False when Redis did not answer; an account that may not ask has
 * an answer, and a run that is not known. */
bool redis_run_id_ask(struct redis_client *redis, struct redis_run_id *run_r);

/* Are both known, and not the same? */
bool redis_run_id_is_another(const struct redis_run_id *before,
			     const struct redis_run_id *now);

#endif
