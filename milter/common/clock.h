/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

/*
 * The clocks of the programs. The library reads none: time is an argument.
 */
#include <stdint.h>

/* Milliseconds of a clock that is never set; thread-safe. */
uint64_t clock_steady_ms(void);
uint64_t clock_steady_ns(void); /* nanoseconds of the same clock */

/* Milliseconds since the epoch, the time of day; thread-safe. */
uint64_t clock_wall_ms(void);

#endif
