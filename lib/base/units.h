/* SPDX-License-Identifier: ISC */
#ifndef WEIR_UNITS_H
#define WEIR_UNITS_H

/*
 * Spans and sizes as an administrator writes them.
 *
 * Spans: "500ms 10s 1m 1h 1d 1w", and in words ("10 minutes", "1 hour",
 * "90 sec"), any case, a space between number and unit allowed, whole numbers
 * only, no sign, unit required. Sizes: plain bytes ("1048576", "100 B") or
 * KB, MB, GB, TB, each 1024 times the one before (K, M, G, KiB... too).
 * Pure functions, thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False when text is no span, or is beyond 2^53 ms; *span_ms_r untouched. */
bool units_parse_span(const char *text, uint64_t *span_ms_r);

/* False when text is no size, or is beyond 2^53 bytes; *bytes_r untouched. */
bool units_parse_size(const char *text, uint64_t *bytes_r);

/* Enough for any result of the two below. */
#define UNITS_TEXT_SIZE 32

/*
 * The shortest exact form with one unit: 60000 -> "1m", 90000 -> "90s",
 * 1500 -> "1500ms", 0 -> "0s". Returns buffer.
 */
const char *units_format_span(uint64_t span_ms, char buffer[UNITS_TEXT_SIZE]);

/* 52428800 -> "50 MB", 1000 -> "1000 bytes"; exact. Returns buffer. */
const char *units_format_size(uint64_t bytes, char buffer[UNITS_TEXT_SIZE]);

#endif
