/* SPDX-License-Identifier: ISC */

/* The source as `block --incident` takes it, then the windows. */
#include "incident_flood.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/fleet/incident_about.h"
#include "lib/policy/subject_clients.h"
#include "lib/policy/subject_parse.h"

/* Its mail goes on for a while, and clocks differ. */
#define AROUND_MS 60000

static void add(const struct settings *settings, const char *text,
		struct incident_flood *flood)
{
	struct subject *subject = &flood->subjects[flood->count];
	const char *reason;

	if (!subject_parse(text, strlen(text), settings, subject, &reason))
		return;
	for (size_t i = 0; i < flood->count; i++)
		if (strcmp(flood->subjects[i].text, subject->text) == 0)
			return;
	flood->count++;
}

/* A window of a client that is shared does not say who sends. */
static bool names_source(const struct settings *settings, const char *text)
{
	static const unsigned int sure = LIMIT_KEY_OF(DIMENSION_SENDER) |
					 LIMIT_KEY_OF(DIMENSION_AUTH);
	char reason_text[INCIDENT_REASON_SIZE];
	struct subject subject;
	const char *reason;
	const struct incident client = { .source = (char *)(uintptr_t)text };

	if (!subject_parse(text, strlen(text), settings, &subject, &reason))
		return false;
	return (subject.key & sure) != 0 ||
	       (subject.key == LIMIT_KEY_OF(DIMENSION_CLIENT) &&
		incident_source(settings, &client, reason_text) != NULL);
}

void incident_flood_set_times(const struct incident *incident,
			      struct incident_flood *flood)
{
	uint64_t before_ms = incident->per_ms + AROUND_MS;

	flood->from_ms = incident->opened_ms > before_ms
				 ? incident->opened_ms - before_ms
				 : 0;
	if (flood->from_ms < incident->from_ms)
		flood->from_ms = incident->from_ms;
	flood->until_ms = incident->last_ms + AROUND_MS;
}

void incident_flood_make(const struct settings *settings,
			 const struct incident_detail *detail,
			 struct incident_flood *flood_r)
{
	const struct incident *incident = &detail->incident;
	char reason[INCIDENT_REASON_SIZE];
	const char *source = incident_source(settings, incident, reason);

	memset(flood_r, 0, sizeof(*flood_r));
	incident_flood_set_times(incident, flood_r);
	flood_r->subjects = alloc_array(detail->window_count + 1,
					sizeof(*flood_r->subjects));
	if (source != NULL)
		add(settings, source, flood_r);
	for (size_t i = 0; i < detail->window_count; i++) {
		const char *subject = detail->windows[i].subject;

		if (subject[0] != '\0' && (incident->source[0] == '\0' ||
					   names_source(settings, subject)))
			add(settings, subject, flood_r);
	}
}

bool incident_flood_has(const struct incident_flood *flood,
			const struct message *message)
{
	for (size_t i = 0; i < flood->count; i++)
		if (subject_is_of_any(flood->subjects[i].text,
				      flood->subjects[i].key, message))
			return true;
	return false;
}

void incident_flood_clear(struct incident_flood *flood)
{
	free(flood->subjects);
	memset(flood, 0, sizeof(*flood));
}
