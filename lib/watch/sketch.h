/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SKETCH_H
#define WEIR_SKETCH_H

/*
 * The heaviest values of a stream, in a memory that does not grow with it: who
 * sends most of a flood. Space-saving (Metwally, Agrawal, El Abbadi, "Efficient
 * Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005): a
 * value that has more than 1 of SKETCH_COUNTERS of all that was added is in it,
 * a count is never too low, and too high by no more than its error. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKETCH_COUNTERS 8

struct sketch_counter {
	char *value;
	uint64_t count;
	uint64_t error; /* what others had added before it took this place */
	uint64_t taken; /* of count, by sketch_take() */
};

/* {0} is empty. Heaviest first only as far as sketch_top() says. */
struct sketch {
	struct sketch_counter counters[SKETCH_COUNTERS];
	size_t used;
	uint64_t total; /* of all that was added */
};

/* Copies value. */
void sketch_add(struct sketch *sketch, const char *value, uint64_t count);

/* The heaviest one; NULL: it is empty. Of equals the one that came first. */
const struct sketch_counter *sketch_top(const struct sketch *sketch);

/* Is it one of the heaviest? */
bool sketch_has(const struct sketch *sketch, const char *value);

/* What was added since the last time, value by value; the texts in taken_r are
 * copies. What a value had that lost its place is left out. */
void sketch_take(struct sketch *sketch, struct sketch *taken_r);

/* All that is in it is to be taken once more. */
void sketch_untake(struct sketch *sketch);

void sketch_clear(struct sketch *sketch);

#endif
