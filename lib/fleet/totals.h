/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TOTALS_H
#define WEIR_TOTALS_H

/*
 * How many messages had which verdict in the last minute, hour and day, of all
 * milters together: windows under PREFIX:{totals}:VERDICT:PER.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/store/window.h"
#include "lib/policy/verdict.h"

struct json_t;
struct redis_client;

enum totals_span {
	TOTALS_MINUTE,
	TOTALS_HOUR,
	TOTALS_DAY,
	TOTALS_SPANS
};

struct totals {
	struct window_shape shapes[TOTALS_SPANS];
	struct window windows[VERDICT_KINDS][TOTALS_SPANS];
};

/* Adds messages to all spans, in one round trip. False when Redis did not
 * accept them. */
bool totals_add(struct redis_client *redis, const char *prefix,
		const uint64_t verdicts[VERDICT_KINDS]);

bool totals_read(struct redis_client *redis, const char *prefix,
		 uint64_t now_ms, struct totals *totals_r);

/* { "accept": NUMBER, ... }, the caller's. */
struct json_t *totals_json(const uint64_t verdicts[VERDICT_KINDS]);

#endif
