/* SPDX-License-Identifier: ISC */
#include "followed_flood.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

void followed_flood_init(struct followed_flood *followed_r, const char *uid)
{
	memset(followed_r, 0, sizeof(*followed_r));
	followed_r->uid = alloc_text(uid);
	followed_r->source = alloc_text("");
}

void followed_flood_clear(struct followed_flood *followed)
{
	free(followed->uid);
	free(followed->source);
	incident_flood_clear(&followed->flood);
	memset(followed, 0, sizeof(*followed));
}

/* times */

uint64_t let_in_time_steady(uint64_t incidents_ms,
			    const struct let_in_time *now)
{
	int64_t ago_ms = (int64_t)now->incidents_ms - (int64_t)incidents_ms;
	int64_t steady_ms = (int64_t)now->steady_ms - ago_ms;

	return steady_ms < 0 ? 0 : (uint64_t)steady_ms;
}

void followed_flood_set_from(struct followed_flood *followed,
			     struct recent_mail *recent,
			     const struct incident *incident,
			     const struct let_in_time *now)
{
	struct incident_flood flood = { 0 };

	incident_flood_set_times(incident, &flood);
	followed->from_ms = let_in_time_steady(flood.from_ms, now);
	if (recent_mail_since_ms(recent) > followed->from_ms)
		followed->is_least = true;
}

/* More was stopped: what waited is of the flood. */
void followed_flood_move_until(struct followed_flood *followed,
			       const struct incident *incident,
			       const struct let_in_time *now)
{
	struct incident_flood flood = { 0 };
	uint64_t until_ms;

	incident_flood_set_times(incident, &flood);
	until_ms = let_in_time_steady(flood.until_ms, now);
	if (until_ms > followed->until_ms)
		followed->until_ms = until_ms;
	if (followed->waiting_ms > followed->until_ms)
		return;
	followed->counted += (int64_t)followed->waiting;
	followed->waiting = 0;
}

/* counting */

/* One look: what is of the new set and was not counted yet, less what was
 * counted and is not. */
struct look {
	struct followed_flood *followed;
	const struct incident_flood *now; /* NULL: it has not changed */
	uint64_t handed; /* what is before it, another process has counted */
};

static bool targets_recipients(const struct incident_flood *flood)
{
	for (size_t i = 0; i < flood->count; i++)
		if ((flood->subjects[i].key & LIMIT_KEY_RECIPIENTS) != 0)
			return true;
	return false;
}

static bool has(struct followed_flood *followed,
		const struct incident_flood *flood,
		const struct recent_message *message)
{
	if (incident_flood_has(flood, &message->message))
		return true;
	if (message->is_cut && targets_recipients(flood))
		followed->is_least = true;
	return false;
}

static void count_one(struct followed_flood *followed, uint64_t steady_ms,
		      int more)
{
	if (steady_ms <= followed->until_ms) {
		followed->counted += more;
		return;
	}
	followed->waiting += (uint64_t)(int64_t)more;
	followed->waiting_ms = steady_ms;
}

static void look_at(void *context, const struct recent_message *message)
{
	const struct look *look = context;
	struct followed_flood *followed = look->followed;
	bool was_counted, is_of;

	if (message->steady_ms < followed->from_ms)
		return;
	is_of = has(followed, look->now == NULL ? &followed->flood : look->now,
		    message);
	was_counted = (message->position < look->handed &&
		       message->steady_ms <= followed->until_ms) ||
		      (look->now != NULL &&
		       message->position < followed->position &&
		       has(followed, &followed->flood, message));
	if (is_of != was_counted &&
	    (is_of || message->position >= look->handed))
		count_one(followed, message->steady_ms, is_of ? 1 : -1);
}

void followed_flood_count(struct followed_flood *followed,
			  struct recent_mail *recent)
{
	struct look look = { followed, NULL, 0 };

	followed->position = recent_mail_visit(recent, followed->position,
					       look_at, &look);
}

/* which mail */

/* Redis may have forgotten some windows; their mail stays. */
static void keep_subjects(const struct incident_flood *old,
			  struct incident_flood *flood)
{
	size_t count = flood->count;

	if (old->subjects == NULL)
		return;
	flood->subjects = alloc_resize(flood->subjects, count + old->count + 1,
				       sizeof(*flood->subjects));
	for (size_t i = 0; i < old->count; i++) {
		bool is_there = false;

		for (size_t j = 0; j < count; j++)
			is_there |= strcmp(flood->subjects[j].text,
					   old->subjects[i].text) == 0;
		if (!is_there)
			flood->subjects[flood->count++] = old->subjects[i];
	}
}

/* By what followed_flood_is_changed() sees another set. */
static void note_set(struct followed_flood *followed,
		     const struct incident *incident)
{
	followed->windows = incident->windows;
	free(followed->source);
	followed->source = alloc_text(incident->source);
}

void followed_flood_take_over(struct followed_flood *followed,
			      struct recent_mail *recent,
			      const struct settings *settings,
			      const struct incident_detail *detail,
			      uint64_t handed)
{
	struct look look = { followed, NULL, handed };

	incident_flood_make(settings, detail, &followed->flood);
	note_set(followed, &detail->incident);
	followed->position = recent_mail_visit(recent, 0, look_at, &look);
}

void followed_flood_change(struct followed_flood *followed,
			   struct recent_mail *recent,
			   const struct settings *settings,
			   const struct incident_detail *detail)
{
	const struct incident *incident = &detail->incident;
	struct incident_flood flood;
	struct look look = { followed, &flood, 0 };

	incident_flood_make(settings, detail, &flood);
	if (strcmp(followed->source, incident->source) == 0)
		keep_subjects(&followed->flood, &flood);
	followed->position = recent_mail_visit(recent, 0, look_at, &look);
	incident_flood_clear(&followed->flood);
	followed->flood = flood;
	note_set(followed, incident);
}

bool followed_flood_is_changed(const struct followed_flood *followed,
			       const struct incident *incident)
{
	return followed->flood.subjects == NULL ||
	       followed->windows != incident->windows ||
	       strcmp(followed->source, incident->source) != 0;
}
