/* SPDX-License-Identifier: ISC */
#ifndef WEIR_METRICS_H
#define WEIR_METRICS_H

/*
 * What one process has decided since it started: the one count behind /metrics,
 * `weirctl status` and the totals in Redis. A sink of events.
 *
 * Limits are counted by name, so that a reload does not begin anew, and at most
 * METRICS_LIMITS_MAX of them; the verdicts of all others are added up as one.
 * Nothing is counted by sender or recipient. Thread-safe, without a lock.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/wait_histogram.h"
#include "event.h"

#define METRICS_LIMITS_MAX 200

struct metrics;
struct settings;

/* Never NULL; lives as long as the process. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics **metrics);

/* Gives the limits their meters: those that had one before keep it. Before the
 * settings are shared, and by one thread at a time. */
void metrics_add_limits(struct metrics *metrics, struct settings *settings);

/* A sink (see event.h), whose context is the metrics. */
void metrics_add(void *metrics, const struct event *event);

/* How long the MTA has waited for an answer at a stage. */
void metrics_note_wait(struct metrics *metrics, enum event_stage stage,
		       uint64_t took_ns);

/* Messages by verdict, at whatever stage. */
void metrics_verdicts(const struct metrics *metrics,
		      uint64_t verdicts_r[VERDICT_KINDS]);

struct metrics_limit {
	const char *name; /* as long as the metrics live; NULL: all others */
	uint64_t verdicts[VERDICT_KINDS];
};

struct metrics_counts {
	uint64_t verdicts[EVENT_STAGES][VERDICT_KINDS];
	struct wait_counts waits[EVENT_STAGES];
	uint64_t exempt, blocked, cached; /* of these verdicts */
	/* As far as sizes are known. */
	uint64_t accepted_bytes, quarantined_bytes;
	/* All others first, then in the order in which they came. Of a limit,
	 * accept is what it counted and let in. */
	struct metrics_limit limits[METRICS_LIMITS_MAX + 1];
	size_t limit_count;
};

void metrics_count(const struct metrics *metrics,
		   struct metrics_counts *counts_r);

#endif
