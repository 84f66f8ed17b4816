/* SPDX-License-Identifier: ISC */

/*
 * Each round: what came of earlier alerts, then what is new, then what is due.
 * What Redis cannot be asked for now is put back and is due a little later.
 */
#include "dispatcher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/pulse.h"
#include "lib/fleet/alert_test.h"
#include "lib/fleet/keepers.h"
#include "lib/redis/redis_client.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/settings/settings.h"
#include "milter/common/current_settings.h"
#include "milter/common/redis_settings.h"
#include "milter/common/program_journal.h"
#include "briefing.h"
#include "flights.h"
#include "liveness.h"
#include "outbox.h"
#include "plan.h"
#include "thresholds.h"
#include "told.h"
#include "worker.h"

#define ROUND_MS	  250
#define ROUNDS_PER_SECOND 4
#define LATER_MAX	  256
#define UNKNOWN_MS	  30000 /* Redis may be getting it back from a milter */
#define REDIS_TIMEOUT_MS  2000	/* no mail waits for it */
#define COMPLAIN_MS	  60000

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

static void give_plain(void *context, const struct alert *alert);

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

/* giving */

static struct alert begin_alert(struct dispatcher *dispatcher,
				enum alert_act act, const char *uid)
{
	return (struct alert){
		.act = act,
		.uid = uid,
		.when_ms = clock_wall_ms(),
		.prefix = dispatcher->prefix,
		.host = dispatcher->host,
		.settings = dispatcher->now,
		.path = dispatcher->options.path,
	};
}

static void add_to_journal(struct dispatcher *dispatcher, uint64_t number,
			   const struct outcome *outcome)
{
	json_t *members = json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:o}",
				    "channel", outcome->channel, "act",
				    alert_act_name(outcome->act), "result",
				    channel_result_name(outcome->result), "uid",
				    document_string(outcome->uid), "tries",
				    (json_int_t)outcome->tries, "took_ms",
				    (json_int_t)outcome->took_ms, "detail",
				    document_string(outcome->detail));

	if (number != 0)
		json_object_set_new(members, "incident",
				    document_number(number));
	journal_add(dispatcher->options.journal, JOURNAL_ALERT, JOURNAL_ACT,
		    members);
}

/* Done with its acts; it is freed. */
static void finish_call(struct dispatcher *dispatcher, struct call *call)
{
	for (size_t i = 0; i < call->id_count; i++)
		outbox_done(dispatcher->outbox, call->ids[i]);
	call_clear(call);
}

/* Of weir itself: nothing is to be done when it is told. */
static void give_plain(void *context, const struct alert *about)
{
	struct dispatcher *dispatcher = context;
	struct alert alert = begin_alert(dispatcher, about->act, about->uid);

	alert.level = about->level;
	alert.text = about->text;
	channels_give(dispatcher->channels, NULL, &alert,
		      flights_begin(dispatcher->flights));
}

/* tests */

static void note_test_outcome(struct dispatcher *dispatcher, const char *id,
			      const struct outcome *outcome)
{
	char *name = alloc_text(channel_result_name(outcome->result));
	const struct alert_test_result result = { .channel = outcome->channel,
						  .result = name,
						  .detail = outcome->detail,
						  .took_ms = outcome->took_ms,
						  .tries = outcome->tries };

	(void)alert_test_note_result(dispatcher->redis, dispatcher->prefix, id,
				     &result);
	free(name);
}

static void give_test(struct dispatcher *dispatcher, struct call *call)
{
	struct alert alert = begin_alert(dispatcher, ALERT_TEST, call->uid);
	struct flight flight = { .token = flights_begin(dispatcher->flights) };
	size_t given;

	alert.level = INCIDENT_CRITICAL;
	given = channels_give(dispatcher->channels,
			      call->text[0] == '\0' ? NULL : call->text, &alert,
			      flight.token);
	(void)alert_test_note_channels(dispatcher->redis, dispatcher->prefix,
				       call->ids[0], given);
	if (given == 0) {
		finish_call(dispatcher, call);
		return;
	}
	flight.call = *call;
	flights_add(dispatcher->flights, &flight);
}

/* incidents */

/* Takes what call holds. */
static void give_incident(struct dispatcher *dispatcher, struct call *call,
			  struct briefing *briefing)
{
	const struct incident *incident = &briefing->detail.incident;
	struct alert alert = begin_alert(dispatcher, call->act, incident->uid);
	struct flight flight = { .token = flights_begin(dispatcher->flights) };
	char *report = NULL;

	briefing_read(dispatcher->redis, dispatcher->prefix, briefing);
	briefing_fill(briefing, &alert);
	alert.level = incident->level > call->level ? incident->level
						    : call->level;
	alert.text = call->text;
	if (alert_act_is_end(call->act) &&
	    dispatcher->now->keeper.reports[0] != '\0')
		report = alloc_format("%s/incident-%" PRIu64 ".html",
				      dispatcher->now->keeper.reports,
				      incident->number);
	alert.report = report;
	told_write(dispatcher->redis, dispatcher->prefix, call,
		   dispatcher->now->keeper.remind_ms);
	if (channels_give(dispatcher->channels, NULL, &alert, flight.token) ==
	    0) {
		finish_call(dispatcher, call);
	} else {
		flight.call = *call;
		*call = (struct call){ 0 };
		flights_add(dispatcher->flights, &flight);
	}
	free(report);
}

static uint64_t redis_now_ms(const struct dispatcher *dispatcher)
{
	return (uint64_t)((int64_t)clock_steady_ms() + dispatcher->shift_ms);
}

/* False: Redis did not answer, and call is still the caller's. */
static bool put_in_digest(struct dispatcher *dispatcher, struct call *call)
{
	if (!told_later(dispatcher->redis, dispatcher->prefix, call->number,
			&told_together, redis_now_ms(dispatcher)) ||
	    (call->is_together &&
	     !told_set_together(dispatcher->redis, dispatcher->prefix,
				call->uid, dispatcher->now->keeper.remind_ms)))
		return false;
	finish_call(dispatcher, call);
	return true;
}

static void want_report(struct dispatcher *dispatcher, const struct call *call)
{
	if (call->act == ALERT_QUIET || call->act == ALERT_OVER ||
	    call->act == ALERT_AGAIN)
		dispatcher->options.report(dispatcher->options.context,
					   call->number);
}

/* False as above. */
static bool decide(struct dispatcher *dispatcher, struct call *call,
		   struct briefing *briefing)
{
	struct told told;

	if (!told_read(dispatcher->redis, dispatcher->prefix, call->uid, &told))
		return false;
	call->number = briefing->detail.incident.number;
	want_report(dispatcher, call);
	switch (plan_judge(call, &told, &briefing->detail.incident)) {
	case PLAN_TELL:
		give_incident(dispatcher, call, briefing);
		return true;
	case PLAN_TOGETHER:
		return put_in_digest(dispatcher, call);
	case PLAN_SILENT:
		break;
	}
	finish_call(dispatcher, call);
	return true;
}

/* Redis was emptied, or from a backup: a milter brings it back, perhaps under
 * another number. False as above. */
static bool find_moved(struct dispatcher *dispatcher, struct call *call)
{
	char *mark = alloc_format("mark:uid %s", call->uid);
	struct redis_value *value = redis_client_command(
		dispatcher->redis, "GET %s:{incidents}:%s", dispatcher->prefix,
		mark);

	free(mark);
	if (redis_value_number(value) != 0)
		call->number = redis_value_number(value);
	redis_value_free(&value);
	if (clock_steady_ms() - call->due_ms < UNKNOWN_MS)
		return false;
	log_warning("incident %" PRIu64 ": Redis does not know it any more, so "
		    "there is no alert \"%s\" of it",
		    call->number, alert_act_name(call->act));
	finish_call(dispatcher, call);
	return true;
}

static bool do_call(struct dispatcher *dispatcher, struct call *call)
{
	struct briefing briefing;
	bool is_handled;

	if (call->act == ALERT_TEST) {
		give_test(dispatcher, call);
		return true;
	}
	if (!briefing_begin(dispatcher->redis, dispatcher->prefix, call->number,
			    call->uid, &briefing))
		return false;
	if (briefing.detail.incident.number == 0)
		is_handled = find_moved(dispatcher, call);
	else
		is_handled = decide(dispatcher, call, &briefing);
	briefing_clear(&briefing);
	return is_handled;
}

static void do_calls(struct dispatcher *dispatcher)
{
	uint64_t now_ms = clock_steady_ms();
	struct call call, later[LATER_MAX];
	size_t later_count = 0;

	while (later_count < LATER_MAX &&
	       plan_take(dispatcher->plan, now_ms, &call)) {
		if (do_call(dispatcher, &call))
			continue;
		later[later_count++] = call;
		if (!redis_client_is_open(dispatcher->redis))
			break;
	}
	for (size_t i = 0; i < later_count; i++)
		plan_put_back(dispatcher->plan, &later[i]);
}

/* outcomes */

static void finish_flight(struct dispatcher *dispatcher, struct flight *flight)
{
	if (!flight->is_dropped) {
		finish_call(dispatcher, &flight->call);
		if (flight->digest != NULL)
			told_forget(dispatcher->redis, dispatcher->prefix,
				    flight->digest, &flight->numbers);
	}
	flights_remove(dispatcher->flights, flight);
}

/* What a channel drops because weir-keeper ends is for the next one. */
static void take_outcome(struct dispatcher *dispatcher,
			 const struct outcome *outcome)
{
	struct flight *flight = flights_find(dispatcher->flights,
					     outcome->token);

	if (outcome->result == CHANNEL_DROPPED && dispatcher->is_finished) {
		if (flight != NULL)
			flight->is_dropped = true;
	} else {
		add_to_journal(dispatcher,
			       flight == NULL ? 0 : flight->call.number,
			       outcome);
	}
	if (flight == NULL)
		return;
	if (outcome->result == CHANNEL_TOLD && flight->call.uid != NULL &&
	    !flight->is_told) {
		flight->is_told = true;
		told_count(dispatcher->redis, dispatcher->prefix,
			   &flight->call);
	}
	if (outcome->act == ALERT_TEST && !flight->is_dropped &&
	    flight->call.id_count != 0)
		note_test_outcome(dispatcher, flight->call.ids[0], outcome);
	if (outcome->is_last)
		finish_flight(dispatcher, flight);
}

static void take_outcomes(struct dispatcher *dispatcher)
{
	struct outcome outcome;

	while (flights_take_outcome(dispatcher->flights, &outcome)) {
		take_outcome(dispatcher, &outcome);
		outcome_clear(&outcome);
	}
}

/* digests and reminders */

static void digest_clear(struct incident_detail *details, size_t count,
			 struct incident *floods)
{
	for (size_t i = 0; i < count; i++)
		incident_detail_clear(&details[i]);
	free(details);
	free(floods);
}

static void give_digest(struct dispatcher *dispatcher,
			const struct told_digest *digest,
			struct told_claimed *claimed)
{
	const struct incident_numbers *numbers = &claimed->numbers;
	struct incident_detail *details = alloc_array(numbers->count,
						      sizeof(*details));
	struct incident *floods = alloc_array(numbers->count, sizeof(*floods));
	char *uid = alloc_format("%s-%" PRIu64, digest->name,
				 claimed->since_ms);
	struct alert alert = begin_alert(dispatcher, ALERT_DIGEST, uid);
	struct flight flight = { .token = flights_begin(dispatcher->flights),
				 .digest = digest,
				 .numbers = *numbers };
	char *text;

	for (size_t i = 0; i < numbers->count; i++) {
		incident_read(dispatcher->redis, dispatcher->prefix,
			      numbers->numbers[i], &details[i]);
		if (details[i].incident.number == 0)
			continue;
		if (details[i].incident.level > alert.level)
			alert.level = details[i].incident.level;
		floods[alert.flood_count++] = details[i].incident;
	}
	text = alloc_format("%zu %sflood%s%s", alert.flood_count, digest->which,
			    alert.flood_count == 1 ? "" : "s", digest->how);
	alert.floods = floods;
	alert.text = text;
	if (alert.flood_count == 0 ||
	    channels_give(dispatcher->channels, NULL, &alert, flight.token) ==
		    0) {
		told_forget(dispatcher->redis, dispatcher->prefix, digest,
			    numbers);
		free(numbers->numbers);
	} else {
		flights_add(dispatcher->flights, &flight);
	}
	free(text);
	free(uid);
	digest_clear(details, numbers->count, floods);
}

static bool do_digest(struct dispatcher *dispatcher,
		      const struct told_digest *digest)
{
	struct told_claimed claimed;
	bool is_good = told_claim_digest(dispatcher->redis, dispatcher->prefix,
					 digest, redis_now_ms(dispatcher),
					 &claimed);

	if (claimed.numbers.count != 0)
		give_digest(dispatcher, digest, &claimed);
	else
		free(claimed.numbers.numbers);
	return is_good;
}

static bool do_digests(struct dispatcher *dispatcher)
{
	return do_digest(dispatcher, &told_together) &&
	       do_digest(dispatcher, &told_reminded) &&
	       do_digest(dispatcher, &told_recurring);
}

static void give_reminder(struct dispatcher *dispatcher, uint64_t number,
			  const char *uid)
{
	struct call call = { .uid = alloc_text(uid),
			     .number = number,
			     .act = ALERT_REMINDER,
			     .text = alloc_text("") };
	struct briefing briefing;

	if (briefing_begin(dispatcher->redis, dispatcher->prefix, number, uid,
			   &briefing) &&
	    briefing.detail.incident.number != 0)
		give_incident(dispatcher, &call, &briefing);
	briefing_clear(&briefing);
	call_clear(&call);
}

static bool remind_of(struct dispatcher *dispatcher,
		      const struct incident *incident)
{
	struct told told;
	bool is_ours;

	if (!told_read(dispatcher->redis, dispatcher->prefix, incident->uid,
		       &told))
		return false;
	if (!plan_reminds(&told, incident))
		return true;
	if (!told_claim_reminder(dispatcher->redis, dispatcher->prefix,
				 incident->uid,
				 dispatcher->now->keeper.remind_ms, &is_ours))
		return false;
	if (is_ours && told.is_together)
		return told_later(dispatcher->redis, dispatcher->prefix,
				  incident->number, &told_reminded,
				  redis_now_ms(dispatcher));
	if (is_ours)
		give_reminder(dispatcher, incident->number, incident->uid);
	return true;
}

static bool do_reminders(struct dispatcher *dispatcher)
{
	uint64_t now_ms = clock_steady_ms(),
		 every_ms = dispatcher->now->keeper.remind_ms / 2;
	struct incident_list list;
	bool is_good;

	if (every_ms > REMINDER_LOOK_MS)
		every_ms = REMINDER_LOOK_MS;
	if (now_ms - dispatcher->reminded_ms < every_ms)
		return true;
	dispatcher->reminded_ms = now_ms;
	is_good = incident_list_read(dispatcher->redis, dispatcher->prefix,
				     UINT64_MAX, &list);
	for (size_t i = 0; is_good && i < list.count; i++)
		if (list.incidents[i].state == INCIDENT_OPEN)
			is_good = remind_of(dispatcher, &list.incidents[i]);
	incident_list_clear(&list);
	return is_good;
}

/* the round */

static bool look_at_clock(struct dispatcher *dispatcher)
{
	struct redis_value *time = redis_client_say(dispatcher->redis, "TIME",
						    NULL);
	int64_t now_ms = (int64_t)redis_value_time_ms(time);

	if (!redis_value_drop(time))
		return false;
	dispatcher->shift_ms = now_ms - (int64_t)clock_steady_ms();
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
	{ do_digests, ROUNDS_PER_SECOND },
	{ do_reminders, ROUNDS_PER_SECOND },
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

	take_outcomes(dispatcher);
	for (size_t i = 0; i < sizeof(duties) / sizeof(duties[0]) && is_good;
	     i++)
		if (round % duties[i].every == 0)
			is_good = duties[i].run(dispatcher);
	if (is_good)
		do_calls(dispatcher);
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
	take_outcomes(dispatcher);
	outbox_flush(dispatcher->outbox, dispatcher->redis);
	keepers_leave(dispatcher->redis, dispatcher->prefix, dispatcher->name);
	settings_release(&dispatcher->now);
}
