/* SPDX-License-Identifier: ISC */

/* What the kernel says. */
#include <time.h>

#include "clock.h"

static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)now.tv_nsec;
}

uint64_t clock_steady_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_steady_ms(void)
{
	return read_ns(CLOCK_MONOTONIC) / 1000000;
}

uint64_t clock_wall_ms(void)
{
	return read_ns(CLOCK_REALTIME) / 1000000;
}
