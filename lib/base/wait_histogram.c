/* SPDX-License-Identifier: ISC */

/* A thread gets its shard when it first notes something, and keeps it. */
#include <string.h>

#include "wait_histogram.h"

#define MS UINT64_C(1000000)

const uint64_t wait_bounds_ns[WAIT_BOUNDS] = {
	MS / 2,	 1 * MS,   5 * MS / 2, 5 * MS,	 10 * MS,   25 * MS,
	50 * MS, 100 * MS, 200 * MS,   500 * MS, 1000 * MS,
};

static unsigned int shard_of_thread(void)
{
	static atomic_uint threads;
	static _Thread_local unsigned int shard; /* from 1; 0: none yet */

	if (shard == 0)
		shard = 1 + atomic_fetch_add(&threads, 1) % WAIT_SHARDS;
	return shard - 1;
}

/* Most waits are short: the bounds are asked from the lowest on. */
static int bucket_of(uint64_t took_ns)
{
	int bucket = 0;

	while (bucket < WAIT_BOUNDS && took_ns > wait_bounds_ns[bucket])
		bucket++;
	return bucket;
}

void wait_histogram_note(struct wait_histogram *histogram, uint64_t took_ns)
{
	struct wait_shard *shard = &histogram->shards[shard_of_thread()];

	atomic_fetch_add_explicit(&shard->buckets[bucket_of(took_ns)], 1,
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&shard->sum_ns, took_ns,
				  memory_order_relaxed);
}

static uint64_t value_of(const atomic_ullong *number)
{
	return atomic_load_explicit(number, memory_order_relaxed);
}

void wait_histogram_read(const struct wait_histogram *histogram,
			 struct wait_counts *counts_r)
{
	memset(counts_r, 0, sizeof(*counts_r));
	for (int i = 0; i < WAIT_SHARDS; i++) {
		const struct wait_shard *shard = &histogram->shards[i];

		for (int bucket = 0; bucket <= WAIT_BOUNDS; bucket++)
			counts_r->buckets[bucket] += value_of(
				&shard->buckets[bucket]);
		counts_r->sum_ns += value_of(&shard->sum_ns);
	}
}
