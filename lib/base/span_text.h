/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SPAN_TEXT_H
#define WEIR_SPAN_TEXT_H

/*
 * A time span as people say it, in its two greatest units: "45s", "2m 05s",
 * "1h 59m", "3d 04h". Rounded to what is written; for what must be exact see
 * units.h. Pure.
 */
#include <stdint.h>

#define SPAN_TEXT_SIZE 48

/* Returns buffer. */
const char *span_text(uint64_t span_ms, char buffer[SPAN_TEXT_SIZE]);

#endif
