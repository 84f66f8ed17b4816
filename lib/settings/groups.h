/* SPDX-License-Identifier: ISC */
#ifndef WEIR_GROUPS_H
#define WEIR_GROUPS_H

/*
 * The settings of weir.conf, and its groups that have a table in a file of
 * their own: redis and keeper (who gets alerts, and what weir-keeper serves).
 */
#include "field.h"

#define KEEPER_ALERTS_MAX 32

struct settings;
struct settings_keeper;

extern const struct field settings_fields[], redis_fields[], keeper_fields[];

/* redis = { }, which also remembers its line. */
extern const struct field_kind field_redis;

/* With the defaults, and one reference: the caller's. */
struct settings *settings_new(const char *path);

/* Frees what the members hold. */
void keeper_clear(struct settings_keeper *keeper);

#endif
