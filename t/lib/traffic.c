/* SPDX-License-Identifier: ISC */

/*
 * The log is the exact window that weir does without: a time for each charge,
 * and a sum over all of them. Slow, and too simple to be wrong.
 *
 * Any interval of length per in which more than max was charged can be moved
 * to end at its last charge, so it is enough to look back from each charge.
 */
#include <inttypes.h>
#include <stdlib.h>

#include <check.h>

#include "traffic.h"

struct traffic_log {
	uint64_t *times_ms, *costs;
	unsigned int count;
};

static void log_new(struct traffic_log *log, unsigned int most)
{
	log->times_ms = calloc(most, sizeof(*log->times_ms));
	log->costs = calloc(most, sizeof(*log->costs));
	log->count = 0;
	ck_assert(log->times_ms != NULL && log->costs != NULL);
}

static void log_free(struct traffic_log *log)
{
	free(log->times_ms);
	free(log->costs);
}

static void log_add(struct traffic_log *log, uint64_t time_ms, uint64_t cost)
{
	log->times_ms[log->count] = time_ms;
	log->costs[log->count] = cost;
	log->count++;
}

/* The sum over the last span_ms, both ends included. */
static uint64_t log_sum(const struct traffic_log *log, uint64_t now_ms,
			uint64_t span_ms)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < log->count; i++)
		if (now_ms - log->times_ms[i] <= span_ms)
			sum += log->costs[i];
	return sum;
}

uint64_t traffic_random_next(struct traffic_random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * UINT64_C(2685821657736338717);
}

uint64_t traffic_random_below(struct traffic_random *random, uint64_t bound)
{
	return (traffic_random_next(random) >> 11) % bound;
}

uint64_t traffic_random_step(struct traffic_random *random, uint64_t per_ms)
{
	switch (traffic_random_below(random, 16)) {
	case 0:
		return traffic_random_below(random, per_ms * 3);
	case 1:
	case 2:
		return traffic_random_below(random, per_ms);
	case 3:
	case 4:
	case 5:
	case 6:
		return traffic_random_below(random, per_ms / 20 + 2);
	case 7:
	case 8:
	case 9:
		return traffic_random_below(random, per_ms / 60 + 2);
	default:
		return 0;
	}
}

/* How long after it was really there room may be noticed. */
static uint64_t late_ms(const struct traffic_plan *plan)
{
	uint64_t width_ms = (plan->per_ms + 59) / 60;
	uint64_t rest_ms = plan->per_ms % width_ms;

	return width_ms + (rest_ms == 0 ? 0 : width_ms - rest_ms);
}

static void check_admitted(const struct traffic_log *log,
			   const struct traffic_plan *plan, uint64_t now_ms)
{
	uint64_t sum = log_sum(log, now_ms, plan->per_ms);

	ck_assert_msg(sum <= plan->max,
		      "seed %" PRIu64 ", message %u: %" PRIu64
		      " charged in %" PRIu64 " ms, max is %" PRIu64,
		      plan->seed, log->count, sum, plan->per_ms, plan->max);
}

static void check_refused(const struct traffic_log *log,
			  const struct traffic_plan *plan, uint64_t now_ms,
			  uint64_t cost, uint64_t wait_ms)
{
	uint64_t span_ms = plan->per_ms + late_ms(plan) - 1;
	uint64_t sum = log_sum(log, now_ms, span_ms);

	ck_assert_msg(sum + cost > plan->max,
		      "seed %" PRIu64 ", message %u: refused with %" PRIu64
		      " charged in the last %" PRIu64 " ms, cost is %" PRIu64
		      ", max is %" PRIu64,
		      plan->seed, log->count, sum, span_ms, cost, plan->max);
	if (cost > plan->max)
		ck_assert_uint_eq(wait_ms, WINDOW_NEVER);
	else
		ck_assert_msg(wait_ms > 0 && wait_ms <= span_ms + 1,
			      "seed %" PRIu64 ", message %u: to wait %" PRIu64
			      " ms",
			      plan->seed, log->count, wait_ms);
}

void traffic_check(struct traffic_meter *meter, const struct traffic_plan *plan)
{
	struct traffic_random random = { .state = plan->seed };
	struct window_shape shape = window_shape_of(plan->per_ms);
	uint64_t now_ms = UINT64_C(1700000000000) + plan->seed;
	uint64_t cost, wait_ms;
	unsigned int refused = 0;
	struct traffic_log log;

	meter->start(meter);
	log_new(&log, plan->messages);
	for (unsigned int i = 0; i < plan->messages; i++) {
		now_ms += traffic_random_step(&random, plan->per_ms);
		cost = 1 + traffic_random_below(&random, plan->most_cost);
		if (meter->charge(meter, &shape, cost, plan->max, now_ms,
				  &wait_ms)) {
			log_add(&log, now_ms, cost);
			check_admitted(&log, plan, now_ms);
		} else {
			check_refused(&log, plan, now_ms, cost, wait_ms);
			refused++;
		}
	}
	ck_assert_msg(log.count > 0 && refused > 0,
		      "seed %" PRIu64 ": %u charged, %u refused: no test",
		      plan->seed, log.count, refused);
	log_free(&log);
}

void traffic_check_all(struct traffic_meter *meter, uint64_t least_per_ms)
{
	static const uint64_t pers_ms[] = {
		1,    2,    59,	   60,	  61,	  119,	   500,
		1000, 7777, 60000, 61001, 600000, 3600000, 604800000,
	};
	static const uint64_t maxes[] = { 1, 7, 100 };
	struct traffic_plan plan = { .seed = 1, .messages = 600 };

	for (size_t i = 0; i < sizeof(pers_ms) / sizeof(pers_ms[0]); i++) {
		if (pers_ms[i] < least_per_ms)
			continue;
		for (size_t m = 0; m < 3; m++) {
			plan.seed++;
			plan.per_ms = pers_ms[i];
			plan.max = maxes[m];
			plan.most_cost = maxes[m] / 5 + 2;
			traffic_check(meter, &plan);
		}
	}
}
