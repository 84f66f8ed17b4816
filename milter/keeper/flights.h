/* SPDX-License-Identifier: ISC */
#ifndef WEIR_FLIGHTS_H
#define WEIR_FLIGHTS_H

/*
 * Alerts that are with the channels, by the token they were given with, and
 * what came of them since the last look. flights_outcome() is thread-safe; the
 * rest is for one thread.
 */
#include "channels.h"
#include "plan.h"
#include "told.h"

struct flights;

/* What is to be done when every channel is done with an alert. */
struct flight {
	uint64_t token;
	struct call call;		  /* its acts; {0}: none */
	const struct told_digest *digest; /* NULL: it is none */
	struct incident_numbers numbers;  /* of the digest */
	bool is_told;			  /* by one channel at least */
	bool is_dropped; /* a channel that ends with weir-keeper had it */
};

/* An outcome that is kept. */
struct outcome {
	char *channel, *uid, *detail;
	enum channel_result result;
	enum alert_act act;
	unsigned int tries;
	uint64_t token, took_ms;
	bool is_last;
};

struct flights *flights_new(void);

/* A token for what is about to be given. */
uint64_t flights_begin(struct flights *flights);

/* Takes what flight holds: it was given under flight->token. */
void flights_add(struct flights *flights, struct flight *flight);

/* NULL: there is none of this token. */
struct flight *flights_find(struct flights *flights, uint64_t token);
void flights_remove(struct flights *flights, struct flight *flight);

void flights_outcome(struct flights *flights,
		     const struct channel_outcome *outcome);

/* The oldest outcome, the caller's to clear. False: there is none. */
bool flights_take_outcome(struct flights *flights, struct outcome *outcome_r);
void outcome_clear(struct outcome *outcome);

#endif
