/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_CLOCK_H
#define WEIR_REDIS_CLOCK_H

/*
 * Without this a question could not say on Redis's clock when it ends.
 *
 * What is known of the clock of Redis: how far it is before a steady one here.
 * All times in milliseconds; those of Redis since the epoch. {0}: nothing is
 * known yet. Thread-safe, pure.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct redis_clock {
	atomic_llong before_ms; /* Redis's time less ours; 0: not known */
};

/* Redis told its time, between asking and having the answer: that of the
 * middle, more or less. What no clock shows is not believed. */
void redis_clock_learn(struct redis_clock *clock, uint64_t asked_ms,
		       uint64_t answered_ms, uint64_t redis_ms);

/* It has just told another time than the one that is expected, by more than
 * slack_ms: it was set. Then the new one holds; false when it was not. Whoever
 * had asked before somebody else noticed finds that redis_clock_before() is
 * another one than when he asked. */
bool redis_clock_correct(struct redis_clock *clock, uint64_t now_ms,
			 int64_t redis_ms, uint64_t slack_ms);

/* How far it is before ours, for comparing. */
long long redis_clock_before(const struct redis_clock *clock);

/* What it shows at a moment here; 0 while that is not known. */
uint64_t redis_clock_at(const struct redis_clock *clock, uint64_t moment_ms);

#endif
