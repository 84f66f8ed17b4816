/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

/*
 * Without this the clocks of the programs would be read in twenty places. The
 * library reads none: it is told the time.
 */
#include <stdint.h>

/* Milliseconds of a clock that nobody sets; thread-safe. */
uint64_t clock_steady_ms(void);

/* Milliseconds since the epoch, as people tell the time; thread-safe. */
uint64_t clock_wall_ms(void);

#endif
