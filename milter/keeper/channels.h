/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHANNELS_H
#define WEIR_CHANNELS_H

/*
 * Without this one dead web server would keep the alert from the telephone.
 *
 * The channels of weir.conf: each has a thread of its own, which tries an alert
 * until it is told, with longer and longer pauses. The newest alert of an
 * incident replaces an older one that was not told yet. A channel that fails
 * for a while is told on the others; if no channel could tell an alert for five
 * minutes, that is logged as critical. Thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/alert/alert.h"
#include "lib/settings/settings.h"

enum channel_result {
	CHANNEL_TOLD,
	CHANNEL_FAILED,	  /* this time: it is tried again */
	CHANNEL_GAVE_UP,  /* it is not tried again */
	CHANNEL_REPLACED, /* by a newer alert of the same incident, untold */
	CHANNEL_DROPPED	  /* too many were waiting, or a reload has taken the
			     channel   out or made it another kind */
};

/* "told", "failed", "gave up", "replaced", "dropped" */
const char *channel_result_name(enum channel_result result);

/* What came of one alert on one channel. */
struct channel_outcome {
	const char *channel; /* its name */
	enum channel_result result;
	uint64_t token; /* as it was given */
	enum alert_act act;
	const char *uid;    /* of the alert */
	unsigned int tries; /* so far */
	uint64_t took_ms;   /* the last try */
	uint64_t again_ms;  /* of CHANNEL_FAILED: the pause until the next */
	const char *detail; /* "250 2.0.0 Ok", "500 from hooks.example.net" */
	/* It was the last outcome of this token: all channels are done. */
	bool is_last;
};

/* Called by the threads of the channels, one at a time; must not call this
 * module. The outcome is borrowed. */
typedef void channels_outcome(void *context,
			      const struct channel_outcome *outcome);

struct channel_times;

struct channels_options {
	struct settings *settings; /* keeper.alerts; a reference is taken */
	const char *host;	   /* of this keeper, in what they say */
	const char *path; /* of the configuration, where weirctl needs -c */
	const struct channel_times *times; /* NULL: channel_times_usual */
	channels_outcome *outcome;
	void *context;
};

/* Never NULL; starts the threads. */
struct channels *channels_new(const struct channels_options *options);

/* After a reload. What waits on a channel that is still there, by name, goes
 * on waiting there; else it is dropped. */
void channels_set_settings(struct channels *channels,
			   struct settings *settings);

/* Returns within a second: a try under way is broken off. Of what waits there
 * is no outcome. */
void channels_free(struct channels **channels);

/*
 * Gives an alert to the channel of that name; of NULL, to each whose `from` is
 * at most its level, and of a test, to each. Writes what they need of it at
 * once, so it is borrowed for the call only. Returns how many took it: for each
 * of these outcome is called until a result is no CHANNEL_FAILED, the last time
 * with is_last.
 */
size_t channels_give(struct channels *channels, const char *name,
		     const struct alert *alert, uint64_t token);

struct channel_state {
	char *name;
	const char *kind;		/* "command", "webhook", "mail" */
	uint64_t told_ms, failed_ms;	/* last, since the epoch; 0: never */
	uint64_t failing_since_ms;	/* since its last success; 0: not */
	bool is_failing;		/* for five minutes, or it gave up */
	uint64_t told, failed, dropped; /* alerts; failed: tries */
	size_t waiting;
	char *fault; /* of the last try that failed; "": none */
};

struct channels_state {
	struct channel_state *list; /* in the order of weir.conf */
	size_t count;
	bool all_failing; /* no channel could tell an alert for 5 minutes */
};

void channels_read(struct channels *channels, struct channels_state *state_r);
void channels_state_clear(struct channels_state *state);

#endif
