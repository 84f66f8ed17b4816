/* SPDX-License-Identifier: ISC */

/* Relaxed atomics: a scrape need not see all counts of one moment. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/settings/settings.h"
#include "metrics.h"

/* The meter of limits that have no name here is 0. */
#define METERS (METRICS_LIMITS_MAX + 1)

_Static_assert(METERS <= LIMIT_METERS, "a bit for each meter");

struct limit_counter {
	char *name; /* set once, before others see it */
	atomic_ullong verdicts[VERDICT_KINDS];
};

struct metrics {
	atomic_ullong verdicts[EVENT_STAGES][VERDICT_KINDS];
	atomic_ullong exempt, blocked, cached;
	atomic_ullong accepted_bytes, quarantined_bytes;
	struct wait_histogram waits[EVENT_STAGES];
	struct limit_counter limits[METERS];
	atomic_size_t limit_count; /* with a name: those from 1 on */
};

struct metrics *metrics_new(void)
{
	return alloc_zero(sizeof(struct metrics));
}

void metrics_free(struct metrics **metrics_r)
{
	struct metrics *metrics = *metrics_r;

	if (metrics == NULL)
		return;
	for (size_t i = 1; i <= metrics->limit_count; i++)
		free(metrics->limits[i].name);
	free(metrics);
	*metrics_r = NULL;
}

static void add(atomic_ullong *counter, uint64_t more)
{
	atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static uint64_t value_of(const atomic_ullong *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* limits */

/* The meter of this name, a new one if there is room. */
static unsigned int meter_of(struct metrics *metrics, const char *name)
{
	size_t count = atomic_load(&metrics->limit_count);

	for (size_t i = 1; i <= count; i++)
		if (strcmp(metrics->limits[i].name, name) == 0)
			return (unsigned int)i;
	if (count == METRICS_LIMITS_MAX)
		return 0;
	metrics->limits[count + 1].name = alloc_text(name);
	atomic_store(&metrics->limit_count, count + 1);
	return (unsigned int)count + 1;
}

void metrics_add_limits(struct metrics *metrics, struct settings *settings)
{
	for (size_t i = 0; i < settings->limit_count; i++)
		settings->limits[i].meter = meter_of(metrics,
						     settings->limits[i].name);
}

static void count_limit(struct metrics *metrics, unsigned int meter,
			enum verdict_kind verdict)
{
	add(&metrics->limits[meter].verdicts[verdict], 1);
}

/* Of what was let in: all limits that counted it, but the one whose verdict it
 * is. */
static void count_accepted(struct metrics *metrics, const struct event *event)
{
	for (unsigned int i = 0; i < LIMIT_METERS / 64; i++)
		for (uint64_t left = event->counted[i]; left != 0;
		     left &= left - 1) {
			unsigned int meter =
				64 * i + (unsigned int)__builtin_ctzll(left);

			if (event->cause != VERDICT_BY_LIMIT ||
			    meter != event->meter)
				count_limit(metrics, meter, VERDICT_ACCEPT);
		}
}

/* events */

static void count_bytes(struct metrics *metrics, const struct event *event)
{
	if (event->bytes <= 1) /* not known; 1: charged at DATA without SIZE= */
		return;
	if (event->verdict == VERDICT_QUARANTINE)
		add(&metrics->quarantined_bytes, event->bytes);
	else if (event->verdict == VERDICT_ACCEPT ||
		 event->verdict == VERDICT_MONITOR)
		add(&metrics->accepted_bytes, event->bytes);
}

void metrics_add(void *context, const struct event *event)
{
	struct metrics *metrics = context;

	add(&metrics->verdicts[event->stage][event->verdict], 1);
	count_bytes(metrics, event);
	if (event->cause == VERDICT_BY_EXEMPTION)
		add(&metrics->exempt, 1);
	else if (event->cause == VERDICT_BY_BLOCK)
		add(&metrics->blocked, 1);
	else if (event->cause == VERDICT_BY_LIMIT)
		count_limit(metrics, event->meter, event->verdict);
	if (event->counted != NULL)
		count_accepted(metrics, event);
	if (event->is_cached)
		add(&metrics->cached, 1);
}

void metrics_note_wait(struct metrics *metrics, enum event_stage stage,
		       uint64_t took_ns)
{
	wait_histogram_note(&metrics->waits[stage], took_ns);
}

/* reading */

void metrics_verdicts(const struct metrics *metrics,
		      uint64_t verdicts_r[VERDICT_KINDS])
{
	for (int i = 0; i < VERDICT_KINDS; i++) {
		verdicts_r[i] = 0;
		for (int stage = 0; stage < EVENT_STAGES; stage++)
			verdicts_r[i] += value_of(&metrics->verdicts[stage][i]);
	}
}

static void read_limit(const struct limit_counter *counter,
		       struct metrics_limit *limit_r)
{
	limit_r->name = counter->name;
	for (int i = 0; i < VERDICT_KINDS; i++)
		limit_r->verdicts[i] = value_of(&counter->verdicts[i]);
}

static void read_stage(const struct metrics *metrics, int stage,
		       struct metrics_counts *counts)
{
	for (int i = 0; i < VERDICT_KINDS; i++)
		counts->verdicts[stage][i] = value_of(
			&metrics->verdicts[stage][i]);
	wait_histogram_read(&metrics->waits[stage], &counts->waits[stage]);
}

void metrics_count(const struct metrics *metrics,
		   struct metrics_counts *counts_r)
{
	size_t count = atomic_load(&metrics->limit_count);

	for (int stage = 0; stage < EVENT_STAGES; stage++)
		read_stage(metrics, stage, counts_r);
	counts_r->exempt = value_of(&metrics->exempt);
	counts_r->blocked = value_of(&metrics->blocked);
	counts_r->cached = value_of(&metrics->cached);
	counts_r->accepted_bytes = value_of(&metrics->accepted_bytes);
	counts_r->quarantined_bytes = value_of(&metrics->quarantined_bytes);
	for (size_t i = 0; i <= count; i++)
		read_limit(&metrics->limits[i], &counts_r->limits[i]);
	counts_r->limit_count = count + 1;
}
