/* SPDX-License-Identifier: ISC */
#ifndef WEIR_STATUS_PRINT_H
#define WEIR_STATUS_PRINT_H

/*
 * The milters, Redis, and the verdicts lately, on standard output: for people,
 * or as one JSON value.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/fleet/order_book.h"
#include "lib/fleet/milters.h"
#include "lib/fleet/totals.h"
#include "lib/redis/redis_health.h"

struct status {
	uint64_t now_ms; /* of Redis, when it was asked */
	struct milters milters;
	struct redis_health redis;
	struct totals totals;
	struct order_list orders;
};

/* Has it not been heard of for so long that it must be gone? */
bool status_is_silent(const struct status *status, const struct milter *milter);

void status_print(const struct status *status);
void status_print_json(const struct status *status);

#endif
