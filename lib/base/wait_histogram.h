/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WAIT_HISTOGRAM_H
#define WEIR_WAIT_HISTOGRAM_H

/*
 * How long something took, each time, in buckets from half a millisecond to a
 * second: a mean would hide the few messages that waited. Noting costs two
 * additions to memory that threads seldom share. Thread-safe; all zero is the
 * start.
 */
#include <stdatomic.h>
#include <stdint.h>

#define WAIT_BOUNDS 11
#define WAIT_SHARDS 8 /* threads in turn; each adds to one of them */

/* Upper bounds of the buckets, in nanoseconds; the last bucket has none. */
extern const uint64_t wait_bounds_ns[WAIT_BOUNDS];

struct wait_histogram {
	struct wait_shard {
		atomic_ullong buckets[WAIT_BOUNDS + 1];
		atomic_ullong sum_ns;
		char apart[24]; /* whole cache lines a shard */
	} shards[WAIT_SHARDS];
};

void wait_histogram_note(struct wait_histogram *histogram, uint64_t took_ns);

/* What was noted so far: each bucket has its own waits, not those below. */
struct wait_counts {
	uint64_t buckets[WAIT_BOUNDS + 1];
	uint64_t sum_ns;
};

void wait_histogram_read(const struct wait_histogram *histogram,
			 struct wait_counts *counts_r);

#endif
