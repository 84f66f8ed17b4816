/* SPDX-License-Identifier: ISC */

/* Section 0: what somebody reads who reads no more. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/count_text.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/fleet/incident_about.h"
#include "report_section.h"
#include "report_sections.h"

static void add_figures(const struct report_facts *facts, json_t *section)
{
	const struct incident *incident = &facts->detail.incident;

	report_facts_add(facts, section, "uid", "Incident, never used twice",
			 REPORT_WORDS, document_string(incident->uid));
	report_facts_add(facts, section, "level", "Level", REPORT_WORDS,
			 json_string(incident_level_name(incident->level)));
	report_facts_add(facts, section, "state", "State", REPORT_WORDS,
			 json_string(incident_state_name(incident->state)));
	report_facts_add(facts, section, "opened",
			 "First message stopped or held", REPORT_TIME,
			 document_moment(incident->opened_ms));
	report_facts_add(facts, section, "last", "Last one", REPORT_TIME,
			 document_moment(incident->last_ms));
	report_facts_add(facts, section, "ended", "Quiet since, or closed",
			 REPORT_TIME, document_moment(incident->ended_ms));
	report_facts_add(facts, section, "agains", "Began again, times",
			 REPORT_COUNT, document_number(incident->agains));
	report_facts_add(facts, section, "taken_by", "Taken by", REPORT_WORDS,
			 document_string(incident->taken_by[0] == '\0'
						 ? NULL
						 : incident->taken_by));
}

/* the summary */

static char *who_floods(const struct report_facts *facts)
{
	const struct incident *incident = &facts->detail.incident;
	const char *to = incident_half(&facts->detail, FLOOD_RECIPIENT);
	const char *client = incident_half(&facts->detail, FLOOD_CLIENT);
	bool has_way = client != NULL &&
		       strncmp(incident->source, "client:", 7) != 0;

	if (incident->source[0] == '\0')
		return alloc_format("Many senders, of whom none sent half of "
				    "it, flooded %s",
				    incident->subject);
	return alloc_format("%s flooded %s%s%s", incident->source,
			    to == NULL ? "many recipients" : to,
			    has_way ? " through " : "", has_way ? client : "");
}

static void say_counts(const struct report_facts *facts, json_t *section)
{
	const struct incident *incident = &facts->detail.incident;
	char opened[MOMENT_TEXT_SIZE], last[MOMENT_TEXT_SIZE];
	char stopped[COUNT_TEXT_SIZE], let_in[COUNT_TEXT_SIZE],
		held[COUNT_TEXT_SIZE], span[SPAN_TEXT_SIZE];
	char *who = who_floods(facts);

	report_section_say(
		section,
		"%s. weir stopped %s messages, let in %s%s and held %s, from %s "
		"to %s (%s).",
		who, count_text(incident->stopped, stopped),
		incident->let_in_least != 0 ? "at least " : "",
		count_text(incident->let_in, let_in),
		count_text(incident->held, held),
		moment_format_local(incident->opened_ms, opened),
		moment_format_local(facts->end_ms, last),
		span_text(facts->end_ms - incident->opened_ms, span));
	free(who);
}

static void say_limit(const struct report_facts *facts, json_t *section)
{
	const struct incident *incident = &facts->detail.incident;
	char span[UNITS_TEXT_SIZE];

	if (incident->max != 0 && incident->per_ms != 0)
		report_section_say(section,
				   "The first limit that stopped it was %s: "
				   "%" PRIu64 " in %s for each %s.",
				   incident->limit, incident->max,
				   units_format_span(incident->per_ms, span),
				   incident->subject[0] == '\0' ? "gateway"
								: "subject");
	else
		report_section_say(section,
				   "The first limit that stopped it was %s.",
				   incident->limit);
	if (incident->others_hit == 0)
		report_section_say(section, "No mail of others was stopped.");
	else
		report_section_say(section,
				   "%" PRIu64 " messages of others were "
				   "stopped with it.",
				   incident->others_hit);
}

static void say_state(const struct report_facts *facts, json_t *section)
{
	const struct incident *incident = &facts->detail.incident;
	static const char *const states[] = {
		[INCIDENT_OPEN] = "It goes on: no order is about it",
		[INCIDENT_CONTAINED] = "It is contained: a block refuses it",
		[INCIDENT_QUIET] = ("It is quiet: nothing was stopped for a "
				    "while"),
		[INCIDENT_OVER] = "It is over",
	};

	report_section_say(
		section, "%s; %s has taken it.", states[incident->state],
		incident->taken_by[0] == '\0' ? "nobody" : incident->taken_by);
}

static void say_numbers(json_t *section, const char *words,
			const struct incident_numbers *numbers)
{
	char buffer[400];
	struct text text;

	if (numbers->count == 0)
		return;
	text_init(&text, buffer, sizeof(buffer));
	for (size_t i = 0; i < numbers->count; i++)
		text_add_format(&text, "%s%" PRIu64, i == 0 ? "" : ", ",
				numbers->numbers[i]);
	report_section_say(section, "%s: %s.", words, buffer);
}

/* heads */

static void add_heads(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "host", "Host", REPORT_WORDS },
		{ "file", "Journal", REPORT_WORDS },
		{ "n", "Up to record", REPORT_COUNT },
		{ "head", "Head", REPORT_WORDS },
		{ 0 },
	};
	const struct report_journal *journal = &facts->journal;
	json_t *table = report_section_table(
		section, "heads",
		"What this report is made from, up to these records", columns);

	for (size_t i = 0; i < journal_audit_count(journal->audit); i++) {
		const struct journal_head *head =
			&journal_audit_file(journal->audit, i)->head;
		const struct report_file *file = journal->sources[i];

		for (size_t j = 0; j < journal->source_count; j++)
			if (strcmp(journal->sources[j]->name, head->name) == 0)
				file = journal->sources[j];
		if (!file->is_cited)
			continue;
		report_row_add(table, document_string(file->tag), "ssns",
			       file->host, head->name, head->n, head->hash);
	}
}

json_t *report_head(struct report_facts *facts)
{
	const struct incident *incident = &facts->detail.incident;
	json_t *section = report_section_new(0, "Summary");

	say_counts(facts, section);
	say_limit(facts, section);
	say_state(facts, section);
	say_numbers(section, "Earlier incidents with the same marks",
		    &incident->before);
	say_numbers(section, "Incidents at the same time that share marks",
		    &incident->related);
	add_figures(facts, section);
	add_heads(facts, section);
	if (!facts->is_in_redis)
		report_section_gap(
			section,
			"Redis does not know this incident%s%s: "
			"figures are those of the journal's last "
			"record of it",
			facts->redis_fault == NULL ? "" : ", ",
			facts->redis_fault == NULL ? "" : facts->redis_fault);
	for (size_t i = 0; i < facts->journal.fault_count; i++)
		report_section_gap(section, "%s", facts->journal.faults[i]);
	if (facts->last == NULL)
		report_section_gap(section, "no journal that was read has a "
					    "record of this incident");
	if (facts->journal.is_cut)
		report_section_gap(section,
				   "only the first %d records were read",
				   REPORT_RECORDS_MAX);
	return section;
}
