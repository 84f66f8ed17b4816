/* SPDX-License-Identifier: ISC */
#ifndef WEIR_DISPATCHER_PARTS_H
#define WEIR_DISPATCHER_PARTS_H

/*
 * What the files of the dispatcher share: the rounds (dispatcher.c), alerts
 * that are due until their acts are done with (dispatcher_calls.c), digests and
 * reminders (dispatcher_digests.c). All but has_outcome is its thread's. What
 * returns bool is false when Redis did not answer or refused.
 */
#include "briefing.h"
#include "dispatcher.h"
#include "flights.h"
#include "liveness.h"
#include "outbox.h"
#include "plan.h"
#include "worker.h"

struct dispatcher {
	struct dispatcher_options options;
	char *host, *name, *prefix; /* name: HOST:PID */
	struct channels *channels;
	struct flights *flights;
	struct worker worker;
	bool has_outcome; /* under its lock: a channel is done */

	/* the thread's own */
	struct redis_client *redis;
	struct outbox *outbox;
	struct plan *plan;
	struct liveness *liveness;
	struct settings *now; /* of this round */
	uint64_t reminded_ms, complained_ms;
	int64_t shift_ms; /* of Redis's clock to the steady one */
	uint64_t started_ms;
	bool is_finished; /* the channels have ended */
};

/* An alert of now, to be filled in; uid is borrowed. */
struct alert dispatcher_begin_alert(struct dispatcher *dispatcher,
				    enum alert_act act, const char *uid);

/* Gives an alert of what the briefing knows to the channels, and takes what
 * call holds. */
void dispatcher_give_incident(struct dispatcher *dispatcher, struct call *call,
			      struct briefing *briefing);

/* Gives what is due; what Redis cannot be asked for now is put back. */
void dispatcher_do_calls(struct dispatcher *dispatcher);

/* What came of earlier alerts. */
void dispatcher_take_outcomes(struct dispatcher *dispatcher);

/* Redis's clock, from the steady one. */
uint64_t dispatcher_redis_now_ms(const struct dispatcher *dispatcher);

bool dispatcher_do_digests(struct dispatcher *dispatcher);
bool dispatcher_do_reminders(struct dispatcher *dispatcher);

#endif
