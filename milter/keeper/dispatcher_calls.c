/* SPDX-License-Identifier: ISC */

/*
 * From an alert that is due to acts that are done with. What Redis cannot be
 * asked for now is put back and is due a little later.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/fleet/alert_test.h"
#include "lib/redis/redis_client.h"
#include "lib/settings/settings.h"
#include "dispatcher_parts.h"
#include "told.h"

#define LATER_MAX  256
#define UNKNOWN_MS 30000 /* Redis may be getting it back from a milter */

/* giving */

struct alert dispatcher_begin_alert(struct dispatcher *dispatcher,
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
	json_t *members = document_make(
		"channel:s act:s result:s uid:s tries:n took_ms:n detail:s",
		outcome->channel, alert_act_name(outcome->act),
		channel_result_name(outcome->result), outcome->uid,
		(uint64_t)outcome->tries, outcome->took_ms, outcome->detail);

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
	struct alert alert = dispatcher_begin_alert(dispatcher, ALERT_TEST,
						    call->uid);
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
void dispatcher_give_incident(struct dispatcher *dispatcher, struct call *call,
			      struct briefing *briefing)
{
	const struct incident *incident = &briefing->detail.incident;
	struct alert alert = dispatcher_begin_alert(dispatcher, call->act,
						    incident->uid);
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

/* False: Redis did not answer, and call is still the caller's. */
static bool put_in_digest(struct dispatcher *dispatcher, struct call *call)
{
	if (!told_later(dispatcher->redis, dispatcher->prefix, call->number,
			&told_together, dispatcher_redis_now_ms(dispatcher)) ||
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
		dispatcher_give_incident(dispatcher, call, briefing);
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

void dispatcher_do_calls(struct dispatcher *dispatcher)
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

void dispatcher_take_outcomes(struct dispatcher *dispatcher)
{
	struct outcome outcome;

	while (flights_take_outcome(dispatcher->flights, &outcome)) {
		take_outcome(dispatcher, &outcome);
		outcome_clear(&outcome);
	}
}
