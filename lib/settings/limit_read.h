/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LIMIT_READ_H
#define WEIR_LIMIT_READ_H

/*
 * Without this a limit that contradicts itself would be found by the mail
 * that it refuses.
 *
 * Reads the rules: one group a limit, each with a name of its own.
 */
#include <stdbool.h>
#include <stddef.h>

#include <libconfig.h>

struct limit;
struct reader;

/* Most limits that a file may have: each message is held against all. */
#define LIMITS_MAX 256

/*
 * Reads a group or a list of groups into *limits_r, which then holds
 * *count_r limits, also those that had errors; the caller
 * frees them with limit_clear() and the array with free().
 */
void limit_read_all(struct reader *reader, const config_setting_t *setting,
		    struct limit **limits_r, size_t *count_r);

#endif
