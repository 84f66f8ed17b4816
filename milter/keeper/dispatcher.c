/* SPDX-License-Identifier: ISC */

/*
 * Each round: what came of earlier alerts, then what is new, then what is due.
 */
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/pulse.h"
#include "lib/fleet/keepers.h"
#include "lib/redis/redis_client.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/settings/settings.h"
#include "milter/common/current_settings.h"
#include "milter/common/redis_settings.h"
#include "milter/common/program_journal.h"
#include "dispatcher_parts.h"

#define ROUND_MS	  250
#define ROUNDS_PER_SECOND 4
#define REDIS_TIMEOUT_MS  2000 /* no mail waits for it */
#define COMPLAIN_MS	  60000

/* Of weir itself: nothing is to be done when it is told. */
static void give_plain(void *context, const struct alert *about)
{
	struct dispatcher *dispatcher = context;
	struct alert alert = dispatcher_begin_alert(dispatcher, about->act,
						    about->uid);

	alert.level = about->level;
	alert.text = about->text;
	channels_give(dispatcher->channels, NULL, &alert,
		      flights_begin(dispatcher->flights));
}

struct dispatcher *dispatcher_new(const struct dispatcher_options *options)
{
	struct dispatcher *dispatcher = alloc_zero(sizeof(*dispatcher));
	struct settings *settings = current_settings_get(options->settings);
	const struct settings_redis *redis = &settings->redis;

	dispatcher->options = *options;
	dispatcher->host = alloc_text(options->host);
	dispatcher->name = alloc_format("%s:%ld", options->host,
					(long)getpid());
	dispatcher->prefix = alloc_text(redis->prefix);
	dispatcher->flights = flights_new();
	worker_init(&dispatcher->worker);
	dispatcher->redis = redis_settings_client(redis, REDIS_TIMEOUT_MS);
	dispatcher->outbox = outbox_new(redis->prefix, options->keeper);
	dispatcher->plan = plan_new();
	dispatcher->started_ms = clock_wall_ms();
	dispatcher->liveness = liveness_new(redis->prefix, give_plain,
					    dispatcher);
	settings_release(&settings);
	return dispatcher;
}

uint64_t dispatcher_redis_now_ms(const struct dispatcher *dispatcher)
{
	return (uint64_t)((int64_t)clock_steady_ms() + dispatcher->shift_ms);
}

/* the round */

static bool look_at_clock(struct dispatcher *dispatcher)
{
	uint64_t now_ms;

	if (!redis_client_time(dispatcher->redis, &now_ms))
		return false;
	dispatcher->shift_ms = (int64_t)now_ms - (int64_t)clock_steady_ms();
	return true;
}

static bool take_acts(struct dispatcher *dispatcher)
{
	uint64_t now_ms = clock_steady_ms();
	struct outbox_acts acts;
	bool is_good = outbox_take(dispatcher->outbox, dispatcher->redis,
				   now_ms, &acts);

	for (size_t i = 0; i < acts.count; i++)
		if (!plan_add(dispatcher->plan, &acts.list[i], now_ms))
			outbox_done(dispatcher->outbox, acts.list[i].id);
	outbox_acts_clear(&acts);
	return is_good;
}

static bool look_at_milters(struct dispatcher *dispatcher)
{
	return liveness_look(dispatcher->liveness, dispatcher->redis);
}

static bool announce(struct dispatcher *dispatcher)
{
	char version[] = WEIR_VERSION;
	struct keeper_sign sign = {
		.name = dispatcher->name,
		.host = dispatcher->host,
		.version = version,
		.pid = (uint64_t)getpid(),
		.started_ms = dispatcher->started_ms,
	};
	struct channels_state state;

	channels_read(dispatcher->channels, &state);
	sign.channels = state.count;
	for (size_t i = 0; i < state.count; i++)
		sign.failing += state.list[i].is_failing;
	channels_state_clear(&state);
	return keepers_announce(dispatcher->redis, dispatcher->prefix, &sign);
}

static const struct {
	bool (*run)(struct dispatcher *dispatcher);
	unsigned int every; /* rounds */
} duties[] = {
	{ take_acts, 1 },
	{ look_at_clock, ROUNDS_PER_SECOND },
	{ announce, ROUNDS_PER_SECOND },
	{ dispatcher_do_digests, ROUNDS_PER_SECOND },
	{ dispatcher_do_reminders, ROUNDS_PER_SECOND },
	{ look_at_milters, ROUNDS_PER_SECOND },
};

/* Redis answers, but refuses a command. */
static void complain(struct dispatcher *dispatcher)
{
	uint64_t now_ms = clock_steady_ms();

	if (!redis_client_was_refused(dispatcher->redis) ||
	    (dispatcher->complained_ms != 0 &&
	     now_ms - dispatcher->complained_ms < COMPLAIN_MS))
		return;
	dispatcher->complained_ms = now_ms;
	log_warning("alerts: %s", redis_client_error(dispatcher->redis));
}

static void note_link(struct dispatcher *dispatcher, bool is_up)
{
	bool was_up = atomic_exchange(&dispatcher->options.link->is_up, is_up);

	if (is_up == was_up)
		return;
	if (is_up)
		atomic_fetch_add(&dispatcher->options.link->connections, 1);
	program_journal_add_redis(dispatcher->options.journal, is_up);
}

static void do_round(struct dispatcher *dispatcher, unsigned int round)
{
	bool is_good = true;

	dispatcher_take_outcomes(dispatcher);
	for (size_t i = 0; i < sizeof(duties) / sizeof(duties[0]) && is_good;
	     i++)
		if (round % duties[i].every == 0)
			is_good = duties[i].run(dispatcher);
	if (is_good)
		dispatcher_do_calls(dispatcher);
	else
		complain(dispatcher);
	note_link(dispatcher, is_good);
	liveness_redis(dispatcher->liveness, is_good,
		       redis_client_error(dispatcher->redis),
		       clock_steady_ms());
}

/* What a channel is done with is acknowledged at once. False when it is time to
 * stop. */
static bool rest(struct dispatcher *dispatcher)
{
	uint64_t until_ms = clock_steady_ms() + ROUND_MS;
	bool must_stop;

	pulse_beat();
	pthread_mutex_lock(&dispatcher->worker.lock);
	while (!dispatcher->worker.must_stop && !dispatcher->has_outcome &&
	       thread_wait(&dispatcher->worker.changed,
			   &dispatcher->worker.lock, until_ms))
		;
	must_stop = dispatcher->worker.must_stop;
	dispatcher->has_outcome = false;
	pthread_mutex_unlock(&dispatcher->worker.lock);
	return !must_stop;
}

static void *run(void *context)
{
	struct dispatcher *dispatcher = context;

	pulse_begin("the dispatcher");
	for (unsigned int round = 0; round == 0 || rest(dispatcher); round++) {
		dispatcher->now = current_settings_get(
			dispatcher->options.settings);
		redis_client_set_password(dispatcher->redis,
					  dispatcher->now->redis.password);
		do_round(dispatcher, round);
		settings_release(&dispatcher->now);
	}
	pulse_end();
	return NULL;
}

bool dispatcher_start(struct dispatcher *dispatcher, struct channels *channels)
{
	dispatcher->channels = channels;
	return worker_start(&dispatcher->worker, run, dispatcher);
}

void dispatcher_outcome(void *context, const struct channel_outcome *outcome)
{
	struct dispatcher *dispatcher = context;

	flights_outcome(dispatcher->flights, outcome);
	pthread_mutex_lock(&dispatcher->worker.lock);
	dispatcher->has_outcome = true;
	pthread_cond_signal(&dispatcher->worker.changed);
	pthread_mutex_unlock(&dispatcher->worker.lock);
}

void dispatcher_stop(struct dispatcher *dispatcher)
{
	worker_stop(&dispatcher->worker);
}

void dispatcher_finish(struct dispatcher *dispatcher)
{
	dispatcher->is_finished = true;
	dispatcher->now = current_settings_get(dispatcher->options.settings);
	dispatcher_take_outcomes(dispatcher);
	outbox_flush(dispatcher->outbox, dispatcher->redis);
	keepers_leave(dispatcher->redis, dispatcher->prefix, dispatcher->name);
	settings_release(&dispatcher->now);
}
