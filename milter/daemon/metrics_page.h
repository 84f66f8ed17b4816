/* SPDX-License-Identifier: ISC */
#ifndef WEIR_METRICS_PAGE_H
#define WEIR_METRICS_PAGE_H

/*
 * What this milter answers at /metrics: everything in it is known in the
 * process, so it is there while Redis is away. weir-metrics(7) explains each
 * name; t/e2e/mt_metrics.t compares.
 */
#include <stdatomic.h>
#include <stddef.h>

#include "lib/watch/metrics_text.h"

struct evidence;
struct housekeeper;
struct journal;
struct ledger;
struct metrics;
struct policy;
struct store;
struct verdict_log;
struct watch_channel;

/* How the last reload went; a start counts as one that went well. */
struct metrics_reload {
	atomic_bool has_failed;
	atomic_ullong succeeded_ms; /* the last one that did; since the epoch */
};

/* Where it all comes from; each is thread-safe. */
struct metrics_sources {
	const struct metrics *metrics;
	struct policy *policy;
	const struct store *redis; /* of store_redis.h */
	struct ledger *ledger;
	const struct housekeeper *housekeeper;
	struct journal *journal; /* NULL: there is none */
	const struct evidence *evidence;
	const struct verdict_log *verdict_log;
	const struct watch_channel *watch;
	const struct metrics_reload *reload;
	const atomic_uint *messages; /* in progress */
};

/* The page; freed with free(). Thread-safe. */
char *metrics_page(const struct metrics_sources *sources,
		   enum metrics_format format, size_t *length_r);

#endif
