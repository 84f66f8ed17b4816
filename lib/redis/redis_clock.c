/* SPDX-License-Identifier: ISC */

/* One difference, believed as far as its arithmetic cannot overflow. */
#include <stdlib.h>

#include "redis_clock.h"

#define MOST_MS (INT64_MAX / 2)

void redis_clock_learn(struct redis_clock *clock, uint64_t asked_ms,
		       uint64_t answered_ms, uint64_t redis_ms)
{
	uint64_t middle_ms = asked_ms + (answered_ms - asked_ms) / 2;

	if (redis_ms <= MOST_MS)
		atomic_store(&clock->before_ms,
			     (long long)redis_ms - (long long)middle_ms);
}

bool redis_clock_correct(struct redis_clock *clock, uint64_t now_ms,
			 int64_t redis_ms, uint64_t slack_ms)
{
	long long known_ms = atomic_load(&clock->before_ms);
	long long before_ms;

	if (redis_ms < 0 || redis_ms > MOST_MS)
		return false;
	before_ms = (long long)redis_ms - (long long)now_ms;
	if ((uint64_t)llabs(before_ms - known_ms) <= slack_ms)
		return false;
	atomic_store(&clock->before_ms, before_ms);
	return true;
}

long long redis_clock_before(const struct redis_clock *clock)
{
	return atomic_load(&clock->before_ms);
}

uint64_t redis_clock_at(const struct redis_clock *clock, uint64_t moment_ms)
{
	long long before_ms = atomic_load(&clock->before_ms);

	return before_ms == 0 ? 0
			      : (uint64_t)((long long)moment_ms + before_ms);
}
