/* SPDX-License-Identifier: ISC */
/*
 * Values below HISTOGRAM_PARTS have a bucket each. Above that, each power of
 * two is cut into HISTOGRAM_PARTS equal buckets: the bits behind the leading
 * one choose the part.
 */
#include "histogram.h"

static unsigned top_bit(uint64_t value)
{
	return 63U - (unsigned)__builtin_clzll(value);
}

static unsigned bucket_of(uint64_t value_ns)
{
	const uint64_t most = (UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;
	unsigned shift;

	if (value_ns < HISTOGRAM_PARTS)
		return (unsigned)value_ns;
	if (value_ns > most)
		value_ns = most;
	shift = top_bit(value_ns) - HISTOGRAM_PART_BITS;
	/* The leading one of the shifted value counts as one more row. */
	return shift * HISTOGRAM_PARTS + (unsigned)(value_ns >> shift);
}

static uint64_t bucket_end_ns(unsigned bucket)
{
	unsigned row = bucket / HISTOGRAM_PARTS;
	uint64_t part = bucket % HISTOGRAM_PARTS;

	if (row == 0)
		return part;
	return ((HISTOGRAM_PARTS + part + 1) << (row - 1)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value_ns)
{
	histogram->buckets[bucket_of(value_ns)]++;
	histogram->samples++;
	if (value_ns > histogram->max_ns)
		histogram->max_ns = value_ns;
}

uint64_t histogram_quantile_ns(const struct histogram *histogram, double share)
{
	double exactly = share * (double)histogram->samples;
	uint64_t seen = 0, end_ns;
	unsigned bucket;

	if (histogram->samples == 0)
		return 0;
	for (bucket = 0; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
		seen += histogram->buckets[bucket];
		if (seen > 0 && (double)seen >= exactly)
			break;
	}
	end_ns = bucket_end_ns(bucket);
	return end_ns < histogram->max_ns ? end_ns : histogram->max_ns;
}
