/* SPDX-License-Identifier: ISC */
#ifndef WEIR_GROUPS_H
#define WEIR_GROUPS_H

/*
 * The settings of weir.conf, and its groups that have a table in a file of
 * their own: redis and keeper (who gets alerts, and what weir-keeper serves).
 */
#include "field.h"

#define KEEPER_ALERTS_MAX 32

struct limit;
struct settings;
struct settings_keeper;

extern const struct field settings_fields[], redis_fields[], keeper_fields[];

/* redis = { }, which also remembers its line. */
extern const struct field_kind field_redis;

/* With the defaults, and one reference: the caller's. */
struct settings *settings_new(const char *path);

/* Most limits that a file may have: each message is held against all. */
#define LIMITS_MAX 256

/*
 * Reads a group or a list of groups into *limits_r, each with a name of its
 * own, which then holds *count_r limits, also those that had errors; the caller
 * frees them with limit_clear() and the array with free().
 */
void limit_read_all(struct reader *reader, const config_setting_t *setting,
		    struct limit **limits_r, size_t *count_r);

#endif
