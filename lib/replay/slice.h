/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SLICE_H
#define WEIR_SLICE_H

/*
 * Without this each parser of a log would copy its words, and one of them
 * would trust that a line ends in NUL.
 *
 * A piece of a line: bytes of somebody else, with a length and nothing behind
 * it. Any byte may be in it, NUL too. data NULL: there is no such piece. Pure.
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

/* Takes string off the front, if it is there. */
bool slice_skip(struct slice *slice, const char *string);

/* Takes what is before mark, and mark, off the front. False, with nothing
 * taken, when mark is not there. */
bool slice_take(struct slice *slice, const char *mark, struct slice *before_r);

/* What follows the first mark; data NULL when it is not there. */
struct slice slice_behind(const struct slice *slice, const char *mark);

/* The digits at the front, taken off; false when there are none, or more than
 * fit in 2^53. */
bool slice_number(struct slice *slice, uint64_t *number_r);

/*
 * Takes an address in angle brackets off the front, and gives what stands
 * between them. A bracket within double quotes does not end it. False, with
 * nothing taken, when it does not begin with one or has no end.
 */
bool slice_address(struct slice *slice, struct slice *address_r);

#endif
