/* SPDX-License-Identifier: ISC */

/* Values come from strangers, so each is escaped and bounded before it is a
 * word. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/fleet/incident_json.h"
#include "lib/watch/journal.h"
#include "incident_line.h"

#define LINE_SIZE   1900
#define VALUE_MAX   200
#define NUMBERS_MAX 10 /* earlier incidents in one line */

static enum log_gravity gravity_of(const struct incident_line *line)
{
	static const char *const grave[] = { "opened", "warning", "serious",
					     "critical" };
	static const enum log_gravity gravities[] = {
		[INCIDENT_NOTICE] = LOG_GRAVITY_NOTICE,
		[INCIDENT_WARNING] = LOG_GRAVITY_WARNING,
		[INCIDENT_SERIOUS] = LOG_GRAVITY_ERROR,
		[INCIDENT_CRITICAL] = LOG_GRAVITY_CRITICAL,
	};

	for (size_t i = 0; i < sizeof(grave) / sizeof(grave[0]); i++)
		if (strcmp(line->act, grave[i]) == 0)
			return gravities[line->level];
	return LOG_GRAVITY_NOTICE;
}

static void add_word(struct text *text, const char *name, const char *value)
{
	text_add_format(text, " %s=", name);
	if (value[0] == '\0')
		text_add_string(text, "-");
	else
		text_add_escaped(text, value, strlen(value), VALUE_MAX);
}

static void add_numbers(struct text *text, const char *name,
			const struct incident_numbers *numbers)
{
	if (numbers->count == 0)
		return;
	text_add_format(text, " %s=", name);
	for (size_t i = 0; i < numbers->count && i < NUMBERS_MAX; i++)
		text_add_format(text, "%s%" PRIu64, i == 0 ? "" : ",",
				numbers->numbers[i]);
	if (numbers->count > NUMBERS_MAX)
		text_add_string(text, ",...");
}

static void add_counts(struct text *text, const struct incident *incident)
{
	text_add_format(text,
			" stopped=%" PRIu64 " let_in=%" PRIu64 " held=%" PRIu64,
			incident->stopped, incident->let_in, incident->held);
	if (incident->let_in_least != 0)
		text_add_string(text, " let_in_least=1");
	if (incident->monitored != 0)
		text_add_format(text, " monitored=%" PRIu64,
				incident->monitored);
	if (incident->others_hit != 0)
		text_add_format(text, " others_hit=%" PRIu64,
				incident->others_hit);
}

static void add_head(struct text *text, struct journal *journal)
{
	struct journal_head head;
	char *words;

	if (journal == NULL || !journal_head(journal, &head))
		return;
	words = journal_head_text(&head);
	text_add_format(text, " %s", words);
	free(words);
}

static void write_log(struct journal *journal, const struct incident_line *line)
{
	const struct incident *incident = line->incident;
	char buffer[LINE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_format(&text, "incident=%s act=%s level=%s", line->name,
			line->act, incident_level_name(line->level));
	/* many: nobody sent half of it */
	add_word(&text, "who",
		 incident->source[0] == '\0' ? "many" : incident->source);
	add_word(&text, "limit", incident->limit);
	add_word(&text, "subject", incident->subject);
	add_counts(&text, incident);
	if (line->text[0] != '\0')
		add_word(&text, "text", line->text);
	add_numbers(&text, "before", &incident->before);
	add_numbers(&text, "related", &incident->related);
	add_head(&text, journal);
	log_at(gravity_of(line), "%s", buffer);
}

static json_t *record_of(const struct incident_line *line)
{
	const struct incident *incident = line->incident;
	json_t *object = json_object();

	/* of an incident that Redis does not know yet there is a name only */
	if (incident->number != 0)
		document_put_number(object, "incident", incident->number);
	document_put(object, "name:s uid:s act:s level:s state:s opened:m",
		     line->name, incident->uid, line->act,
		     incident_level_name(line->level),
		     incident_state_name(incident->state), incident->opened_ms);
	if (incident->from_ms != 0)
		json_object_set_new(object, "from",
				    document_moment(incident->from_ms));
	document_put(object, "limit:s subject:s source:s stopped:n let_in:n",
		     incident->limit, incident->subject, incident->source,
		     incident->stopped, incident->let_in);
	if (incident->let_in_least != 0)
		document_put_number(object, "let_in_least", 1);
	document_put(object,
		     "held:n monitored:n others_hit:n windows:n "
		     "taken_by:s before:o related:o text:s",
		     incident->held, incident->monitored, incident->others_hit,
		     incident->windows, incident->taken_by,
		     incident_json_numbers(&incident->before),
		     incident_json_numbers(&incident->related), line->text);
	return object;
}

void incident_line_write(struct journal *journal,
			 const struct incident_line *line)
{
	struct incident_line named = *line;
	char number[24];

	if (line->name == NULL) {
		snprintf(number, sizeof(number), "%" PRIu64,
			 line->incident->number);
		named.name = number;
	}
	write_log(journal, &named);
	if (journal != NULL)
		journal_add(journal, JOURNAL_INCIDENT, JOURNAL_ACT,
			    record_of(&named));
}
