/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

/*
 * Without this every file of the milter would choose its own clock. The
 * library is told the time; this is where it is read.
 */
#include <stdint.h>

/* Milliseconds of a steady clock, which no one can set. */
uint64_t clock_steady_ms(void);

#endif
