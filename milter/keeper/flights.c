/* SPDX-License-Identifier: ISC */

#include "flights.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

struct flights {
	uint64_t last_token;
	struct flight **list;
	size_t count;

	pthread_mutex_t lock;
	struct outcome *outcomes; /* under lock */
	size_t outcome_count;	  /* under lock */
};

struct flights *flights_new(void)
{
	struct flights *flights = alloc_zero(sizeof(*flights));

	pthread_mutex_init(&flights->lock, NULL);
	return flights;
}

static void flight_free(struct flight *flight)
{
	call_clear(&flight->call);
	free(flight->numbers.numbers);
	free(flight);
}

uint64_t flights_begin(struct flights *flights)
{
	return ++flights->last_token;
}

void flights_add(struct flights *flights, struct flight *flight)
{
	struct flight *copy = alloc_zero(sizeof(*copy));

	*copy = *flight;
	memset(flight, 0, sizeof(*flight));
	flights->list = alloc_resize(flights->list, flights->count + 1,
				     sizeof(*flights->list));
	flights->list[flights->count++] = copy;
}

struct flight *flights_find(struct flights *flights, uint64_t token)
{
	for (size_t i = 0; i < flights->count; i++)
		if (flights->list[i]->token == token)
			return flights->list[i];
	return NULL;
}

void flights_remove(struct flights *flights, struct flight *flight)
{
	for (size_t i = 0; i < flights->count; i++)
		if (flights->list[i] == flight) {
			flights->list[i] = flights->list[--flights->count];
			flight_free(flight);
			return;
		}
}

/* outcomes */

void flights_outcome(struct flights *flights,
		     const struct channel_outcome *outcome)
{
	const struct outcome copy = {
		.channel = alloc_text(outcome->channel),
		.uid = alloc_text(outcome->uid),
		.detail = alloc_text(outcome->detail == NULL ? ""
							     : outcome->detail),
		.result = outcome->result,
		.act = outcome->act,
		.tries = outcome->tries,
		.token = outcome->token,
		.took_ms = outcome->took_ms,
		.is_last = outcome->is_last,
	};

	pthread_mutex_lock(&flights->lock);
	flights->outcomes = alloc_resize(flights->outcomes,
					 flights->outcome_count + 1,
					 sizeof(*flights->outcomes));
	flights->outcomes[flights->outcome_count++] = copy;
	pthread_mutex_unlock(&flights->lock);
}

bool flights_take_outcome(struct flights *flights, struct outcome *outcome_r)
{
	bool is_there;

	pthread_mutex_lock(&flights->lock);
	is_there = flights->outcome_count != 0;
	if (is_there) {
		*outcome_r = flights->outcomes[0];
		memmove(flights->outcomes, flights->outcomes + 1,
			--flights->outcome_count * sizeof(*flights->outcomes));
	}
	pthread_mutex_unlock(&flights->lock);
	return is_there;
}

void outcome_clear(struct outcome *outcome)
{
	free(outcome->channel);
	free(outcome->uid);
	free(outcome->detail);
	memset(outcome, 0, sizeof(*outcome));
}
