/* SPDX-License-Identifier: ISC */

/* Second and count are one number, so that one exchange changes both. */
#include "header_share.h"

#define COUNT_BITS 32
#define COUNT_MASK ((1ull << COUNT_BITS) - 1)

bool header_share_take(struct header_share *share, uint64_t now_ms)
{
	unsigned long long second = now_ms / 1000 << COUNT_BITS, count;
	unsigned long long before = atomic_load(&share->taken);

	do {
		count = (before & ~COUNT_MASK) == second ? before & COUNT_MASK
							 : 0;
	} while (!atomic_compare_exchange_weak(&share->taken, &before,
					       second | (count + 1)));
	return count < HEADER_SHARE_SECOND ||
	       (count - HEADER_SHARE_SECOND) % HEADER_SHARE_EVERY ==
		       HEADER_SHARE_EVERY - 1;
}
