/* SPDX-License-Identifier: ISC */
#include "known_incidents.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

#define MARKS_KEPT 64

static struct incident_known *find(struct known_incidents *known,
				   const char *uid)
{
	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->list[i].incident.uid, uid) == 0)
			return &known->list[i];
	return NULL;
}

static void forget(struct known_incidents *known, struct incident_known *one)
{
	alloc_free_texts(one->marks, one->mark_count);
	incident_clear(&one->incident);
	*one = known->list[--known->count];
}

static struct incident_known *add(struct known_incidents *known,
				  const char *uid)
{
	struct incident_known *oldest = &known->list[0], *made;

	if (known->count == KNOWN_INCIDENTS_MAX) {
		for (size_t i = 1; i < known->count; i++)
			if (known->list[i].incident.last_ms <
			    oldest->incident.last_ms)
				oldest = &known->list[i];
		forget(known, oldest);
	}
	made = &known->list[known->count++];
	memset(made, 0, sizeof(*made));
	made->incident.uid = alloc_text(uid);
	return made;
}

void known_incidents_add(struct known_incidents *known, const char *uid,
			 const struct marks *marks)
{
	struct incident_known *one = find(known, uid);

	if (one == NULL)
		one = add(known, uid);
	if (one->marks == NULL)
		one->marks = alloc_array(MARKS_KEPT, sizeof(char *));
	one->mark_count = marks_keep(marks, one->marks, one->mark_count,
				     MARKS_KEPT);
}

void known_incidents_open(struct known_incidents *known, const char *uid,
			  uint64_t let_in)
{
	struct incident_known *one = find(known, uid);

	if (one != NULL)
		one->let_in = (int64_t)let_in;
}

void known_incidents_take(struct known_incidents *known,
			  struct incident *incident)
{
	struct incident_known *one = find(known, incident->uid);

	if (one == NULL)
		return;
	if (incident->state == INCIDENT_OVER) {
		forget(known, one);
		return;
	}
	incident_clear(&one->incident);
	one->incident = *incident;
	memset(incident, 0, sizeof(*incident));
}

void known_incidents_age(struct known_incidents *known,
			 const struct settings_incident *rules, uint64_t now_ms,
			 known_incidents_quiet *quiet, void *context)
{
	for (size_t i = 0; i < known->count;) {
		struct incident *incident = &known->list[i].incident;

		if (incident->last_ms + rules->over_ms < now_ms) {
			forget(known, &known->list[i]);
			continue;
		}
		if (incident->last_ms + rules->quiet_ms < now_ms &&
		    incident->state < INCIDENT_QUIET) {
			incident->state = INCIDENT_QUIET;
			incident->ended_ms = incident->last_ms;
			quiet(context, incident);
		}
		i++;
	}
}
