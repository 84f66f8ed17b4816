/* SPDX-License-Identifier: ISC */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

/*
 * Without this a percentile would need every sample kept and sorted.
 *
 * Counts durations in buckets whose width grows with the value, so that each
 * percentile is right within 1/64 (1.6 %) from a nanosecond to 18 minutes;
 * what is longer counts as that long. The largest value is kept exactly.
 * (The idea of HdrHistogram.) Not thread-safe.
 */
#include <stdint.h>

enum {
	HISTOGRAM_PART_BITS = 6,
	HISTOGRAM_PARTS = 1 << HISTOGRAM_PART_BITS,
	HISTOGRAM_VALUE_BITS = 40,
	HISTOGRAM_BUCKETS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_PART_BITS + 1) *
			    HISTOGRAM_PARTS
};

/* Starts as zeroes. */
struct histogram {
	uint64_t buckets[HISTOGRAM_BUCKETS];
	uint64_t samples;
	uint64_t max_ns;
};

void histogram_add(struct histogram *histogram, uint64_t value_ns);

/*
 * The smallest value that at least this share (0 to 1) of the samples do not
 * exceed, rounded up to the end of its bucket; 0 without samples.
 */
uint64_t histogram_quantile_ns(const struct histogram *histogram, double share);

#endif
