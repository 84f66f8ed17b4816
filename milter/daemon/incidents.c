/* SPDX-License-Identifier: ISC */

/*
 * One report at a time. Its windows are kept until Redis has answered, and sent
 * again under the same number when it has not: so each message counts once. A
 * report that is refused or not answered for a while is an outage like any
 * other: what goes on is an incident of this milter's own until Redis has it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/fleet/incident_about.h"
#include "lib/fleet/let_in.h"
#include "lib/redis/redis_client.h"
#include "lib/watch/evidence.h"
#include "lib/watch/flood_tally.h"
#include "lib/base/clock.h"
#include "incident_line.h"
#include "incidents.h"
#include "known_incidents.h"
#include "local_incidents.h"
#include "service.h"

#define REPORTS_AT_ONCE 4    /* in one round */
#define TICK_MS		1000 /* without news: what time brings */
#define PATIENCE_MS	500  /* with a Redis that is up and does not answer */
#define LOG_EVERY_MS	60000
#define LOOKS_AT_ONCE	4 /* at what new floods had let in, in one report */

struct incidents {
	char *prefix, *milter;
	char *place; /* "gw1:LISTEN", that of the next process, too */
	struct flood_tally *tally;
	struct evidence *evidence;
	struct journal *journal;
	struct local_incidents *locals;
	struct let_in *let_in;

	uint64_t sequence;
	struct flood_window windows[INCIDENT_REPORT_MAX]; /* to be answered */
	size_t window_count;
	struct incident_let_in totals[LET_IN_MAX]; /* with them */
	size_t total_count;
	bool is_waiting;      /* for an answer to them */
	bool is_restored;     /* what is known, into an emptied Redis */
	uint64_t reported_ms; /* last, with an answer */
	uint64_t failing_ms;  /* since; 0: not */
	bool is_alone;	      /* has been counting by itself */
	uint64_t left_out, left_out_ms;

	struct known_incidents known;
};

struct incidents *incidents_new(struct service *service,
				const struct settings *settings,
				const char *milter)
{
	struct incidents *incidents = alloc_zero(sizeof(*incidents));

	incidents->prefix = alloc_text(settings->redis.prefix);
	incidents->milter = alloc_text(milter);
	incidents->place = alloc_format("%s:%s", service->host,
					settings->listen);
	incidents->tally = service->tally;
	incidents->let_in = let_in_new(service->recent);
	incidents->journal = service->journal.journal;
	incidents->evidence = service->evidence;
	incidents->locals = local_incidents_new(service->host, milter,
						incidents->journal);
	return incidents;
}

static bool is_shared(const void *settings, const char *client)
{
	return incident_is_shared(settings, client);
}

static struct flood_look look_now(const struct settings *settings)
{
	return (struct flood_look){ .now_ms = clock_steady_ms(),
				    .is_shared = is_shared,
				    .context = settings };
}

/* What comes of it now begins anew. */
static void end_here(void *context, const struct incident *incident)
{
	struct incidents *incidents = context;

	flood_tally_renumber(incidents->tally, incident->uid, 0);
	evidence_end(incidents->evidence, incident->number);
}

static void age_known(struct incidents *incidents,
		      const struct settings_incident *rules)
{
	known_incidents_age(&incidents->known, rules, clock_wall_ms(), end_here,
			    incidents);
}

/* what was answered */

static void log_act(struct incidents *incidents, const struct incident_act *act)
{
	incident_line_write(
		incidents->journal,
		&(struct incident_line){ .act = act->act,
					 .text = act->text,
					 .level = act->level,
					 .incident = act->incident });
}

/* A window's incident. Where it was one of this milter's own, the log says
 * which one that is now. Was it logged before, under its name here? */
static bool place_window(struct incidents *incidents,
			 const struct flood_window *window,
			 const struct incident *incident)
{
	char *key = flood_window_key(window);
	bool was_local = window->local != 0;

	flood_tally_assign(incidents->tally, key, incident->number,
			   incident->uid);
	evidence_assign(incidents->evidence, key, incident->number,
			incident->uid);
	free(key);
	if (was_local)
		local_incidents_adopt(incidents->locals, window->local,
				      incident);
	return was_local;
}

static void log_acts(struct incidents *incidents,
		     const struct incident_answer *answer,
		     const uint64_t *opened_here, size_t opened_count)
{
	for (size_t i = 0; i < answer->act_count; i++) {
		const struct incident_act *act = &answer->acts[i];
		bool is_logged = false;

		for (size_t j = 0; j < opened_count; j++)
			is_logged |= opened_here[j] == act->incident->number &&
				     strcmp(act->act, "opened") == 0;
		if (!is_logged)
			log_act(incidents, act);
	}
}

/* Of a window of the report; NULL: it is in none. */
static const struct incident *incident_of(const struct incident_answer *answer,
					  size_t index)
{
	return index < answer->window_count
		       ? incident_answer_find(answer, answer->windows[index])
		       : NULL;
}

static void take_answer(struct incidents *incidents,
			struct incident_answer *answer)
{
	uint64_t opened_here[INCIDENT_REPORT_MAX];
	size_t opened_count = 0;

	for (size_t i = 0; i < incidents->window_count; i++) {
		const struct flood_window *window = &incidents->windows[i];
		const struct incident *incident = incident_of(answer, i);

		if (incident != NULL &&
		    place_window(incidents, window, incident))
			opened_here[opened_count++] = incident->number;
	}
	log_acts(incidents, answer, opened_here, opened_count);
}

/* After the acts, which point to the incidents of the answer. */
static void remember_answer(struct incidents *incidents,
			    struct incident_answer *answer)
{
	for (size_t i = 0; i < incidents->window_count; i++) {
		const struct flood_window *window = &incidents->windows[i];
		const struct incident *incident = incident_of(answer, i);

		if (incident != NULL && window->order == 0)
			known_incidents_add(&incidents->known, incident->uid,
					    &window->marks);
	}
	for (size_t i = 0; i < answer->act_count; i++)
		if (strcmp(answer->acts[i].act, "opened") == 0)
			known_incidents_open(&incidents->known,
					     answer->acts[i].incident->uid,
					     answer->acts[i].incident->let_in);
	for (size_t i = 0; i < answer->incident_count; i++)
		if (answer->incidents[i].state >= INCIDENT_QUIET)
			end_here(incidents, &answer->incidents[i]);
	for (size_t i = 0; i < answer->incident_count; i++)
		known_incidents_take(&incidents->known, &answer->incidents[i]);
}

static void clear_windows(struct incidents *incidents)
{
	for (size_t i = 0; i < incidents->window_count; i++)
		flood_window_clear(&incidents->windows[i]);
	incidents->window_count = incidents->total_count = 0;
	incidents->is_waiting = false;
}

/* reporting */

/* One that was opened here may have become another's since. */
static void settle_membership(struct incidents *incidents,
			      struct flood_window *window)
{
	const struct incident *adopted =
		window->local == 0 ? NULL
				   : local_incidents_adopted(incidents->locals,
							     window->local);

	if (adopted == NULL)
		return;
	free(window->uid);
	window->uid = alloc_text(adopted->uid);
	window->incident = adopted->number;
	window->local = 0;
}

/* What it had let in until now, for the incident that it may open. */
static void look_back(struct incidents *incidents,
		      const struct settings *settings)
{
	unsigned int looks = 0;

	for (size_t i = 0; i < incidents->window_count; i++) {
		struct flood_window *window = &incidents->windows[i];
		struct incident_let_in total;

		if (window->incident != 0 || window->order != 0 ||
		    looks++ >= LOOKS_AT_ONCE)
			continue;
		total = let_in_of_window(incidents->let_in, settings, window);
		window->let_in = (uint64_t)total.messages;
		window->is_least = total.is_least;
	}
}

static void begin_report(struct incidents *incidents,
			 const struct settings *settings)
{
	const struct flood_look look = look_now(settings);

	incidents->window_count = flood_tally_take(incidents->tally, &look,
						   incidents->windows,
						   INCIDENT_REPORT_MAX);
	for (size_t i = 0; i < incidents->window_count; i++)
		settle_membership(incidents, &incidents->windows[i]);
	look_back(incidents, settings);
	incidents->total_count = let_in_take(incidents->let_in,
					     incidents->totals);
	incidents->sequence++;
	incidents->is_waiting = true;
}

static bool ask(struct incidents *incidents, struct redis_client *redis,
		const struct settings *settings,
		struct incident_answer *answer_r)
{
	const struct incident_report report = {
		.milter = incidents->milter,
		.sequence = incidents->sequence,
		.rules = &settings->incident,
		.windows = incidents->windows,
		.count = incidents->window_count,
		.let_in = incidents->totals,
		.let_in_count = incidents->total_count,
		.locals = local_incidents_list(incidents->locals),
		.steady_ms = clock_steady_ms(),
		.is_restored = incidents->is_restored,
	};

	return incident_report(redis, incidents->prefix, &report, answer_r);
}

/* The numbers may be others now. */
static void renumber(struct incidents *incidents,
		     const struct incident_answer *answer)
{
	for (size_t i = 0;
	     i < answer->window_count && i < incidents->known.count; i++) {
		struct incident *incident = &incidents->known.list[i].incident;

		flood_tally_renumber(incidents->tally, incident->uid,
				     answer->windows[i]);
		let_in_renumber(incidents->let_in, incident->uid,
				answer->windows[i]);
		incident->number = answer->windows[i];
	}
}

static bool restore(struct incidents *incidents, struct redis_client *redis,
		    const struct settings_incident *rules)
{
	struct known_incidents *known = &incidents->known;
	struct incident_answer answer;

	age_known(incidents, rules);
	for (size_t i = 0; i < known->count; i++) {
		int64_t told = let_in_total(incidents->let_in,
					    known->list[i].incident.uid);

		if (told != 0)
			known->list[i].let_in = told;
	}
	if (!incident_restore(redis, incidents->prefix, incidents->milter,
			      known->list, known->count, &answer))
		return false;
	renumber(incidents, &answer);
	for (size_t i = 0; i < answer.act_count; i++)
		log_act(incidents, &answer.acts[i]);
	incident_answer_clear(&answer);
	flood_tally_repeat_who(incidents->tally);
	incidents->is_restored = true;
	return true;
}

/* The totals are told; what is open by now is followed. */
static void follow(struct incidents *incidents, struct redis_client *redis,
		   const struct settings *settings,
		   const struct incident_answer *answer)
{
	for (size_t i = 0; i < incidents->total_count; i++) {
		const struct incident_let_in *total = &incidents->totals[i];

		evidence_count_let_in(incidents->evidence, total->number,
				      let_in_told(incidents->let_in, total));
	}
	(void)let_in_follow(incidents->let_in, redis, incidents->prefix,
			    settings, answer, clock_steady_ms());
}

static bool report_once(struct incidents *incidents, struct redis_client *redis,
			const struct settings *settings)
{
	struct incident_answer answer;

	if (!incidents->is_waiting)
		begin_report(incidents, settings);
	if (incidents->window_count == 0)
		age_known(incidents, &settings->incident);
	if (!ask(incidents, redis, settings, &answer))
		return false;
	if (answer.is_lost) {
		incident_answer_clear(&answer);
		if (!restore(incidents, redis, &settings->incident) ||
		    !ask(incidents, redis, settings, &answer))
			return false;
	}
	incidents->is_restored = false;
	take_answer(incidents, &answer);
	remember_answer(incidents, &answer);
	follow(incidents, redis, settings, &answer);
	incident_answer_clear(&answer);
	clear_windows(incidents);
	incidents->reported_ms = clock_steady_ms();
	return true;
}

static void log_left_out(struct incidents *incidents)
{
	uint64_t now_ms = clock_steady_ms();

	incidents->left_out += flood_tally_left_out(incidents->tally);
	if (incidents->left_out == 0 ||
	    (incidents->left_out_ms != 0 &&
	     now_ms - incidents->left_out_ms < LOG_EVERY_MS))
		return;
	log_warning("incidents: %" PRIu64 " messages were of more than %d "
		    "windows at once and are in no incident",
		    incidents->left_out, FLOOD_WINDOWS_MAX);
	incidents->left_out = 0;
	incidents->left_out_ms = now_ms;
}

static bool is_due(const struct incidents *incidents,
		   const struct settings *settings)
{
	const struct flood_look look = look_now(settings);

	return incidents->is_waiting ||
	       flood_tally_has_news(incidents->tally, &look) ||
	       let_in_has_news(incidents->let_in) ||
	       look.now_ms - incidents->reported_ms >= TICK_MS;
}

static bool report_all(struct incidents *incidents, struct redis_client *redis,
		       const struct settings *settings)
{
	let_in_count(incidents->let_in);
	for (int i = 0; i < REPORTS_AT_ONCE && is_due(incidents, settings); i++)
		if (!report_once(incidents, redis, settings))
			return false;
	return true;
}

void incidents_hurry(struct incidents *incidents)
{
	flood_tally_hurry(incidents->tally);
}

static struct let_in_time time_now(void)
{
	return (struct let_in_time){ clock_steady_ms(), clock_wall_ms() };
}

void incidents_begin(struct incidents *incidents, struct redis_client *redis)
{
	const struct let_in_time now = time_now();

	let_in_begin(incidents->let_in, redis, incidents->prefix,
		     incidents->place, &now);
}

void incidents_leave(struct incidents *incidents, struct redis_client *redis)
{
	const struct let_in_time now = time_now();

	if (redis != NULL &&
	    !let_in_hand_over(incidents->let_in, redis, incidents->prefix,
			      incidents->place, &now))
		log_warning("what was let in is not known to the next process: "
			    "%s",
			    redis_client_error(redis));
	evidence_end_all(incidents->evidence);
}

bool incidents_report(struct incidents *incidents, struct redis_client *redis,
		      const struct settings *settings)
{
	uint64_t now_ms = clock_steady_ms();
	bool is_reported = report_all(incidents, redis, settings);

	if (is_reported) {
		incidents->failing_ms = 0;
		incidents->is_alone = false;
	} else if (incidents->failing_ms == 0) {
		incidents->failing_ms = now_ms;
	}
	if (incidents->failing_ms != 0 &&
	    now_ms - incidents->failing_ms >= PATIENCE_MS)
		incidents_count_alone(incidents, settings);
	flood_tally_sweep(incidents->tally, now_ms,
			  settings->incident.quiet_ms);
	evidence_tick(incidents->evidence, clock_steady_ms());
	log_left_out(incidents);
	return is_reported;
}

/* while Redis is away */

static bool is_same_window(const struct flood_window *a,
			   const struct flood_window *b)
{
	return a->order == b->order && a->per_ms == b->per_ms &&
	       strcmp(a->limit, b->limit) == 0 &&
	       strcmp(a->subject, b->subject) == 0;
}

/* What waits for an answer is of the same incident. */
static void visit(void *context, struct flood_window *window)
{
	struct incidents *incidents = context;

	local_incidents_visit(incidents->locals, window);
	for (size_t i = 0; i < incidents->window_count; i++)
		if (is_same_window(&incidents->windows[i], window))
			incidents->windows[i].local = window->local;
}

void incidents_count_alone(struct incidents *incidents,
			   const struct settings *settings)
{
	const struct flood_look look = look_now(settings);
	const struct local_time now = { look.now_ms, clock_wall_ms() };

	if (!incidents->is_alone) {
		flood_tally_forget_locals(incidents->tally);
		local_incidents_forget(incidents->locals);
	}
	incidents->is_alone = true;
	local_incidents_begin(incidents->locals, &now);
	flood_tally_visit(incidents->tally, &look, visit, incidents);
	let_in_count(incidents->let_in);
	local_incidents_end(incidents->locals, incidents->let_in, settings);
	evidence_tick(incidents->evidence, clock_steady_ms());
	log_left_out(incidents);
}
