/* SPDX-License-Identifier: ISC */

/* The one clock of the milter. */
#include <time.h>

#include "clock.h"

uint64_t clock_steady_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
