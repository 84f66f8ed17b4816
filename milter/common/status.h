/* SPDX-License-Identifier: ISC */
#ifndef WEIR_STATUS_H
#define WEIR_STATUS_H

/*
 * Is all well? The milters, Redis, the verdicts lately and the orders of the
 * site, read at once.
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/fleet/keepers.h"
#include "lib/fleet/milters.h"
#include "lib/fleet/order_book.h"
#include "lib/fleet/totals.h"
#include "lib/redis/redis_health.h"

struct status {
	uint64_t now_ms; /* of Redis, when it was asked */
	struct milters milters;
	struct keeper_signs keepers;
	struct redis_health redis;
	struct totals totals;
	struct order_list orders;
};

/* False when Redis did not answer; cleared also then. */
bool status_read(struct redis_client *redis, const char *prefix,
		 struct status *status_r);
void status_clear(struct status *status);

/* Has it not been heard of for so long that it must be gone? */
bool status_is_silent(const struct status *status, const struct milter *milter);

/* Does it know all orders? */
bool status_is_behind(const struct status *status, const struct milter *milter);

bool status_has_milter(const struct status *status); /* that is alive */

/* 0 where the moment is to come. */
uint64_t status_age_ms(const struct status *status, uint64_t moment_ms);

uint64_t status_all(const struct milter *milter);     /* its verdicts */
uint64_t status_refused(const struct milter *milter); /* of them */

/* Orders in force. */
size_t status_orders(const struct status *status, enum order_kind kind);

/* What `weirctl --json status` prints; the caller's. */
json_t *status_json(const struct status *status);

#endif
