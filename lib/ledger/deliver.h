/* SPDX-License-Identifier: ISC */
#ifndef WEIR_DELIVER_H
#define WEIR_DELIVER_H

/*
 * Without this Redis would never hear of what was let in while it was away.
 *
 * Brings the debts of ledger.h home. Each delivery leaves a receipt in Redis,
 * PREFIX:{settled}:NAME:NUMBER, for a day: the same delivery, sent again
 * because its answer did not come, then changes nothing.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger.h"

struct redis_client;

/*
 * name: of this process and no other one, ever. *done_r: windows that took
 * them; the others are no windows but somebody's data. False when it is not
 * known whether it arrived.
 */
struct deliver {
	struct redis_client *redis;
	const char *prefix, *name;
};

bool deliver_unsynced(const struct deliver *deliver,
		      const struct ledger_delivery *delivery, size_t *done_r);

#endif
