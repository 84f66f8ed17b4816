/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHECKPOINT_H
#define WEIR_CHECKPOINT_H

/*
 * Without this a Redis that came back with the dump of an hour ago would look
 * like one that knows everything.
 *
 * Each milter writes its time into Redis four times a second, under
 * PREFIX:{beat}:NAME. What it reads there after Redis was started again says
 * how old the data are.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/redis/redis_run_id.h"

struct redis_client;

struct checkpoint {
	struct redis_run_id run; /* that of this Redis */
	uint64_t written_ms;	 /* what was written last; 0: nothing */
};

/* name: of this process and no other one, ever. False when Redis did not
 * answer. */
bool checkpoint_write(struct redis_client *redis, const char *prefix,
		      const char *name, uint64_t now_ms);
bool checkpoint_read(struct redis_client *redis, const char *prefix,
		     const char *name, struct checkpoint *checkpoint_r);

#endif
