/* SPDX-License-Identifier: ISC */
#ifndef WEIR_DISPATCHER_H
#define WEIR_DISPATCHER_H

/*
 * From what happened to incidents to alerts on their way: reads the outbox,
 * lets the plan decide, gives alerts to the channels, and is done with an act
 * when every channel has told, replaced or given up its alert. A thread of its
 * own, four rounds a second; it also sends reminders and digests, and says
 * when Redis or a milter is away.
 *
 * A test, `weirctl alert --test`, is an entry of the outbox with act "test",
 * level "critical", uid "test-MS" and the name of a channel, or "", as text;
 * for its answer see lib/fleet/alert_test.h, for the results
 * channel_result_name().
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "lib/watch/journal.h"
#include "channels.h"

struct current_settings;
struct dispatcher;

/* What this thread knows of Redis, for the mirror of the journal. */
struct dispatcher_link {
	atomic_bool is_up;
	atomic_uint connections; /* how often Redis came back */
};

struct dispatcher_options {
	struct current_settings *settings;
	const char *host, *keeper; /* of this process; keeper: HOST:PID:START */
	const char *path; /* of the configuration, where weirctl needs -c */
	struct journal *journal; /* NULL: none */
	struct dispatcher_link *link;
	/* An incident ended, or began again: its report is to be written. */
	void (*report)(void *context, uint64_t number);
	void *context;
};

/* Never NULL. Does not start yet. What the options point to outlives it. */
struct dispatcher *dispatcher_new(const struct dispatcher_options *options);

/* What channels_new() takes. */
void dispatcher_outcome(void *dispatcher,
			const struct channel_outcome *outcome);

/* False: no thread. channels must outlive it. */
bool dispatcher_start(struct dispatcher *dispatcher, struct channels *channels);

/* Ends the thread. Call it before the channels end, and _finish after it: what
 * these have told by then is done with, the rest stays in Redis for the next
 * keeper. */
void dispatcher_stop(struct dispatcher *dispatcher);
void dispatcher_finish(struct dispatcher *dispatcher);

#endif
