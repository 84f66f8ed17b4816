/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_TRAFFIC_H
#define WEIR_TEST_TRAFFIC_H

/*
 * Without this the promise of the window would be tested once for the
 * arithmetic and never for the stores that make it.
 *
 * Random traffic from a seed, and the promise held against a log with the
 * time of each single charge.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/store/window.h"

/* xorshift64*: the same seed gives the same numbers everywhere. */
struct traffic_random {
	uint64_t state; /* the seed, not 0 */
};

uint64_t traffic_random_next(struct traffic_random *random);

/* 0 to bound - 1; bound at least 1. */
uint64_t traffic_random_below(struct traffic_random *random, uint64_t bound);

/* Milliseconds to the next message: none, within a bucket, some buckets, or
 * the better part of per, and sometimes far beyond it. */
uint64_t traffic_random_step(struct traffic_random *random, uint64_t per_ms);

/* What keeps the window: the arithmetic alone, or a store. */
struct traffic_meter {
	void (*start)(struct traffic_meter *meter); /* with an empty window */
	bool (*charge)(struct traffic_meter *meter,
		       const struct window_shape *shape, uint64_t cost,
		       uint64_t max, uint64_t now_ms, uint64_t *wait_ms_r);
};

struct traffic_plan {
	uint64_t seed;
	uint64_t per_ms, max, most_cost;
	unsigned int messages;
};

/*
 * Sends a plan's traffic to a meter and fails the running test when
 * - more than max was charged in some interval of length per,
 * - a message was refused though it fitted, room being noticed at most one
 *   bucket's width late (see window.h),
 * - the wait told was 0 for a refused message, or longer than it may be.
 */
void traffic_check(struct traffic_meter *meter,
		   const struct traffic_plan *plan);

/* The plans that every meter is put to, whose windows are at least
 * least_per_ms long (Redis forgets by its own clock, whatever the caller's). */
void traffic_check_all(struct traffic_meter *meter, uint64_t least_per_ms);

#endif
