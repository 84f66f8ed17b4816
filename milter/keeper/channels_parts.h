/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHANNELS_PARTS_H
#define WEIR_CHANNELS_PARTS_H

/*
 * What channels.c and channel.c share: the set of channels and one of them.
 * All but must_stop is under the lock of the set; who wants both locks takes
 * that of the outcomes first.
 */
#include <pthread.h>

#include "channel_queue.h"
#include "channel_rounds.h"
#include "channels.h"

struct channel {
	struct channels *set;
	struct settings *settings; /* a reference */
	const struct settings_alert *rules;
	const struct channel_kind *kind;
	char *secret; /* NULL: none */
	struct channel_queue queue;
	/* Not tried any more, until their outcome was called; oldest first. */
	struct channel_item *ended;
	bool is_gone;		    /* a reload has taken it out */
	struct channel_state state; /* name and fault are its own */
	uint64_t failing_steady_ms; /* as failing_since_ms; 0: not */
};

struct channels {
	pthread_mutex_t outcome_lock; /* one outcome at a time */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct settings *settings;
	char *host, *path; /* path may be NULL */
	const struct channel_times *times;
	channels_outcome *outcome;
	void *context;
	atomic_bool must_stop;
	struct channel **list; /* in the order of weir.conf */
	size_t count;
	size_t threads; /* that run */
	struct channel_rounds rounds;
	bool all_failing;
};

/* Starts its thread, which frees it when it is_gone or must_stop. False when
 * there can be none. */
bool channel_start(struct channel *channel);

/* Writes the alert for it and lets it wait; under the lock. */
void channel_add(struct channel *channel, const struct alert *alert,
		 uint64_t token);

/* All that waits is dropped, and what is tried now, unless it is told; under
 * the lock. detail is static. */
void channel_drop_all(struct channel *channel, const char *detail);

void channel_free(struct channel **channel);

/* Tells the others of a channel that it fails or works again; under the lock.
 */
void channels_tell_others(const struct channel *channel, enum alert_act act);

/* Logs what no channel could tell; under the lock. */
void channels_look(struct channels *set);

#endif
