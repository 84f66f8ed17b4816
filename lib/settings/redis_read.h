/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_READ_H
#define WEIR_REDIS_READ_H

/*
 * Without this weir would not know where its counters are.
 */
#include <libconfig.h>

struct reader;
struct settings_redis;

/* Fills in the defaults, of zeroed memory. */
void redis_read_default(struct settings_redis *redis);

void redis_read(struct reader *reader, const config_setting_t *group,
		struct settings_redis *redis);

#endif
