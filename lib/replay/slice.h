/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SLICE_H
#define WEIR_SLICE_H

/*
 * A piece of a line: bytes that belong to the line, with a length and no NUL
 * behind them. Any byte may be in it, NUL too. data NULL: there is no such
 * piece. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *data;
	size_t length;
};

struct slice slice_of(const char *string);

bool slice_is(const struct slice *slice, const char *string);

/* Removes length bytes, which it has, from the front. */
void slice_drop(struct slice *slice, size_t length);

/* Removes string from the front, if it is there. */
bool slice_skip(struct slice *slice, const char *string);

/* Removes mark, and what is before it, from the front. False, with nothing
 * removed, when mark is not there. */
bool slice_take(struct slice *slice, const char *mark, struct slice *before_r);

/* What follows the first mark; data NULL when it is not there. */
struct slice slice_behind(const struct slice *slice, const char *mark);

/* Removes the digits at the front; false when there are none, or more than
 * fit in 2^53. */
bool slice_number(struct slice *slice, uint64_t *number_r);

/* Removes ".123456" from the front, and gives it in milliseconds; 0 where there
 * is none. More than milliseconds are dropped. */
uint64_t slice_fraction_ms(struct slice *slice);

/*
 * Removes an address in angle brackets from the front, and gives what is
 * between them. A bracket within double quotes does not end it. False, with
 * nothing removed, when it does not begin with one or has no end.
 */
bool slice_address(struct slice *slice, struct slice *address_r);

#endif
