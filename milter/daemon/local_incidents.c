/* SPDX-License-Identifier: ISC */

/* An array; a window says where in it its incident is. What the windows hold is
 * added up anew at each look. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/log.h"
#include "incident_line.h"
#include "local_incidents.h"

#define MARKS_KEPT 64

struct local {
	char *name;
	struct incident incident; /* number 0 until Redis has it */
	uint64_t opened_ms;	  /* on the steady clock */
	char *marks[MARKS_KEPT];
	size_t mark_count;
	double excess; /* how many times the max of its windows was stopped */
	bool stops_all;
	struct incident adopted; /* number 0: not yet */
};

struct local_incidents {
	char *host, *milter;
	struct journal *journal;
	uint64_t named; /* of this process, so far */
	struct local locals[LOCAL_INCIDENTS_MAX];
	struct incident_local list[LOCAL_INCIDENTS_MAX];
	size_t count;
	bool has_complained; /* in this outage */
	struct local_time now;
};

struct local_incidents *local_incidents_new(const char *host,
					    const char *milter,
					    struct journal *journal)
{
	struct local_incidents *locals = alloc_zero(sizeof(*locals));

	locals->host = alloc_text(host);
	locals->milter = alloc_text(milter);
	locals->journal = journal;
	return locals;
}

static void write_line(const struct local_incidents *locals,
		       const struct local *local, const char *act)
{
	incident_line_write(
		locals->journal,
		&(struct incident_line){ .name = local->name,
					 .act = act,
					 .text = "",
					 .level = local->incident.level,
					 .incident = &local->incident });
}

/* which one */

static struct local *find(struct local_incidents *locals,
			  const struct marks *marks)
{
	for (size_t i = 0; i < locals->count; i++)
		for (size_t j = 0; j < marks->count; j++)
			if (locals->locals[i].adopted.number == 0 &&
			    text_is_among(locals->locals[i].marks,
					  locals->locals[i].mark_count,
					  marks->texts[j]))
				return &locals->locals[i];
	return NULL;
}

static struct local *open_one(struct local_incidents *locals,
			      const struct flood_window *window)
{
	struct local *local = &locals->locals[locals->count];
	uint64_t age_ms = locals->now.steady_ms - window->first_ms;
	struct incident *incident = &local->incident;

	memset(local, 0, sizeof(*local));
	local->name = alloc_format("%s-%" PRIu64, locals->host,
				   ++locals->named);
	local->opened_ms = window->first_ms;
	incident->opened_ms = locals->now.wall_ms - age_ms;
	incident->uid = alloc_format("%" PRIu64 "-%s-%" PRIu64,
				     incident->opened_ms, locals->milter,
				     locals->named);
	incident->limit = alloc_text(window->limit);
	incident->subject = alloc_text(window->subject);
	incident->per_ms = window->per_ms;
	incident->max = window->max;
	incident->source = alloc_text("");
	incident->taken_by = alloc_text("");
	incident->level = INCIDENT_NOTICE;
	incident->state = INCIDENT_OPEN;
	locals->list[locals->count++] = (struct incident_local){
		.name = local->name,
		.uid = incident->uid,
		.opened_ms = local->opened_ms,
	};
	return local;
}

/* a look */

void local_incidents_begin(struct local_incidents *locals,
			   const struct local_time *now)
{
	locals->now = *now;
	for (size_t i = 0; i < locals->count; i++) {
		struct local *local = &locals->locals[i];
		struct incident *incident = &local->incident;

		incident->stopped = incident->held = incident->monitored = 0;
		incident->let_in = incident->others_hit = incident->windows = 0;
		local->excess = 0;
	}
}

static void count_window(struct local *local, const struct flood_window *window)
{
	struct incident *incident = &local->incident;

	incident->stopped += window->stopped;
	incident->held += window->held;
	incident->monitored += window->monitored;
	incident->others_hit += window->others;
	incident->windows++;
	if (window->max != 0)
		local->excess += (double)window->amount / (double)window->max;
	if (window->stopped != 0 && strcmp(window->subject, "all") == 0)
		local->stops_all = true;
	if (incident->source[0] == '\0' && window->marks.source != NULL) {
		free(incident->source);
		incident->source = alloc_text(window->marks.source);
	}
	local->mark_count = marks_keep(&window->marks, local->marks,
				       local->mark_count, MARKS_KEPT);
}

static void complain_full(struct local_incidents *locals)
{
	if (!locals->has_complained)
		log_warning("more than %d incidents while Redis is away: the "
			    "others are only counted",
			    LOCAL_INCIDENTS_MAX);
	locals->has_complained = true;
}

/* NULL: it can be in none. */
static struct local *local_of(struct local_incidents *locals,
			      const struct flood_window *window)
{
	struct local *local;

	if (window->local != 0)
		return &locals->locals[window->local - 1];
	local = find(locals, &window->marks);
	if (local != NULL)
		return local;
	if (locals->count < LOCAL_INCIDENTS_MAX)
		return open_one(locals, window);
	complain_full(locals);
	return NULL;
}

void local_incidents_visit(struct local_incidents *locals,
			   struct flood_window *window)
{
	struct local *local;

	if (window->order != 0)
		return;
	local = local_of(locals, window);
	if (local == NULL)
		return;
	window->local = (unsigned int)(local - locals->locals) + 1;
	count_window(local, window);
}

/* As in incident.lua. */
static enum incident_level level_of(const struct local_incidents *locals,
				    const struct local *local,
				    const struct settings_incident *rules)
{
	const struct incident *incident = &local->incident;

	if (incident->stopped + incident->held == 0)
		return INCIDENT_NOTICE;
	if (local->stops_all || local->excess >= rules->critical_times ||
	    incident->others_hit >= rules->critical_others)
		return INCIDENT_CRITICAL;
	if (local->excess >= rules->serious_times ||
	    incident->windows >= rules->serious_windows ||
	    incident->others_hit > 0 ||
	    locals->now.steady_ms - local->opened_ms >= rules->serious_after_ms)
		return INCIDENT_SERIOUS;
	return INCIDENT_WARNING;
}

static void raise_level(struct local_incidents *locals, struct local *local,
			enum incident_level level)
{
	static const char *const acts[] = {
		[INCIDENT_WARNING] = "warning",
		[INCIDENT_SERIOUS] = "serious",
		[INCIDENT_CRITICAL] = "critical",
	};

	if (level <= local->incident.level)
		return;
	local->incident.level = level;
	write_line(locals, local, acts[level]);
}

static uint64_t let_in_of(const struct local_incidents *locals,
			  const struct local *local, struct let_in *let_in,
			  const struct settings *settings)
{
	struct incident_window windows[MARKS_KEPT];
	struct incident_detail detail = { .incident = local->incident,
					  .windows = windows,
					  .window_count = local->mark_count };
	const struct let_in_time now = { locals->now.steady_ms,
					 locals->now.wall_ms };

	detail.incident.last_ms = locals->now.wall_ms;
	detail.incident.windows = local->mark_count;
	for (size_t i = 0; i < local->mark_count; i++)
		windows[i] =
			(struct incident_window){ .subject = local->marks[i] };
	return let_in_local(let_in, settings, &detail, &now);
}

void local_incidents_end(struct local_incidents *locals, struct let_in *let_in,
			 const struct settings *settings)
{
	for (size_t i = 0; i < locals->count; i++) {
		struct local *local = &locals->locals[i];
		struct incident *incident = &local->incident;
		enum incident_level level = level_of(locals, local,
						     &settings->incident);

		if (local->adopted.number != 0)
			continue;
		incident->let_in = let_in_of(locals, local, let_in, settings);
		if (incident->last_ms == 0) {
			incident->last_ms = locals->now.wall_ms;
			if (level > INCIDENT_NOTICE)
				incident->level = INCIDENT_WARNING;
			write_line(locals, local, "opened");
		}
		raise_level(locals, local, level);
	}
}

const struct incident_local *
local_incidents_list(const struct local_incidents *locals)
{
	return locals->list;
}

/* Redis is back */

bool local_incidents_adopt(struct local_incidents *locals, unsigned int number,
			   const struct incident *incident)
{
	struct local *local = &locals->locals[number - 1];

	if (local->adopted.number != 0)
		return false;
	local->adopted.number = incident->number;
	local->adopted.uid = alloc_text(incident->uid);
	incident_line_write(locals->journal,
			    &(struct incident_line){ .act = "adopted",
						     .text = local->name,
						     .level = incident->level,
						     .incident = incident });
	return true;
}

const struct incident *
local_incidents_adopted(const struct local_incidents *locals,
			unsigned int number)
{
	const struct incident *adopted = &locals->locals[number - 1].adopted;

	return adopted->number == 0 ? NULL : adopted;
}

void local_incidents_forget(struct local_incidents *locals)
{
	for (size_t i = 0; i < locals->count; i++) {
		struct local *local = &locals->locals[i];

		for (size_t j = 0; j < local->mark_count; j++)
			free(local->marks[j]);
		free(local->name);
		incident_clear(&local->incident);
		incident_clear(&local->adopted);
	}
	locals->count = 0;
	locals->has_complained = false;
}
