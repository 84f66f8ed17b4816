/* SPDX-License-Identifier: ISC */
#include "incident_sentence.h"

#include <string.h>

#include "lib/fleet/incident_about.h"

static void add_subject(struct text *text, const char *subject)
{
	text_add_subject(text, subject, strlen(subject), INCIDENT_VALUE_MAX);
}

static void add_value(struct text *text, const char *before, const char *value)
{
	text_add_string(text, before);
	text_add_line(text, value, strlen(value), INCIDENT_VALUE_MAX);
}

void incident_sentence_add_name(struct text *text,
				const struct incident *incident)
{
	add_subject(text, incident->source[0] != '\0' ? incident->source
						      : incident->subject);
}

void incident_sentence_add(struct text *text,
			   const struct incident_detail *detail)
{
	const struct incident *incident = &detail->incident;
	const char *to = incident_half(detail, FLOOD_RECIPIENT);
	const char *client = incident_half(detail, FLOOD_CLIENT);

	if (incident->source[0] == '\0')
		text_add_string(text, "No single source: many flood ");
	incident_sentence_add_name(text, incident);
	if (incident->source[0] != '\0') {
		text_add_string(text, " floods");
		if (to != NULL)
			add_value(text, " ", to);
	}
	if (client != NULL && strncmp(incident->source, "client:", 7) != 0)
		add_value(text, " through ", client);
	text_add_string(text, ".");
}
