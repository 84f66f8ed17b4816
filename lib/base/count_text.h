/* SPDX-License-Identifier: ISC */
#ifndef WEIR_COUNT_TEXT_H
#define WEIR_COUNT_TEXT_H

/*
 * Without this a question before a deletion would be about "1234567 messages
 * (5242881 bytes)".
 *
 * Counts and sizes as people read them; for what must be exact see units.h.
 * Pure.
 */
#include <stdint.h>

#define COUNT_TEXT_SIZE 32

/* "1,234,567". Returns buffer. */
const char *count_text(uint64_t count, char buffer[COUNT_TEXT_SIZE]);

/* "712 bytes", "5.2 KB", "48 MB": two digits, or all there are before the
 * point, rounded up; each unit is 1024 of the one before. Returns buffer. */
const char *count_text_size(uint64_t bytes, char buffer[COUNT_TEXT_SIZE]);

#endif
