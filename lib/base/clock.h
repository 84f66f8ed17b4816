/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

/*
 * The clocks. What decides reads none, time is its argument; what waits for a
 * disk, a network or a thread does.
 */
#include <stdint.h>

/* Milliseconds of a clock that is never set; thread-safe. */
uint64_t clock_steady_ms(void);
uint64_t clock_steady_ns(void); /* nanoseconds of the same clock */

/* Milliseconds since the epoch, the time of day; thread-safe. */
uint64_t clock_wall_ms(void);

#endif
