/* SPDX-License-Identifier: ISC */

/* Until when all has been taken, at the steady rate: one number, which runs
 * ahead of the clock by as much as was taken at once. */
#include "header_share.h"

#define INTERVAL_MS (1000 / HEADER_SHARE_SECOND)

bool header_share_take(struct header_share *share, uint64_t now_ms)
{
	unsigned long long taken_ms = atomic_load(&share->taken_ms), from_ms;

	do {
		from_ms = taken_ms > now_ms ? taken_ms : now_ms;
		if (from_ms - now_ms >= HEADER_SHARE_FIRST * INTERVAL_MS)
			return atomic_fetch_add(&share->others, 1) %
				       HEADER_SHARE_EVERY ==
			       HEADER_SHARE_EVERY - 1;
	} while (!atomic_compare_exchange_weak(&share->taken_ms, &taken_ms,
					       from_ms + INTERVAL_MS));
	return true;
}
