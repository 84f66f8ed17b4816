/* SPDX-License-Identifier: ISC */

/* Section 2: when it was noticed, by what or whom. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "report_section.h"
#include "report_sections.h"

/* What an act of an incident means; NULL by: weir. */
static const struct {
	const char *act, *comment;
	bool has_text; /* the record's text is the comment, or who did it */
	bool is_by;    /* the text is who did it */
} acts[] = {
	{ "opened", "the incident opens", false, false },
	{ "warning", "a limit that only monitored now stops it", false, false },
	{ "serious", "it is serious now", false, false },
	{ "critical", "it is critical now", false, false },
	{ "contained", "contained by", true, false },
	{ "taken", "taken: no more reminders", false, true },
	{ "quiet", "quiet: nothing was stopped for a while", false, false },
	{ "again", "it begins again", false, false },
	{ "over", "over: what comes later is another incident", false, true },
	{ "adopted", "known to all milters, was", true, false },
	{ "restored", "restored: Redis had forgotten it", false, false },
};

#define ACT_COUNT (sizeof(acts) / sizeof(acts[0]))

/* The comment is a format. Takes the source over. */
__attribute__((format(printf, 5, 6))) static void
add_row(json_t *table, uint64_t when_ms, const char *by, json_t *source,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report_row_add(table, source, "mso", when_ms, by,
		       document_vformat(format, arguments));
	va_end(arguments);
}

static void add_act(json_t *table, const struct report_record *record)
{
	const char *act = document_get_text(record->json, "act");
	const char *text = document_get_text(record->json, "text");
	bool is_by = false;
	char *comment = NULL;

	for (size_t i = 0; i < ACT_COUNT; i++) {
		if (strcmp(acts[i].act, act) != 0)
			continue;
		is_by = acts[i].is_by && text[0] != '\0';
		comment = alloc_format(
			"%s%s%s, level %s", acts[i].comment,
			acts[i].has_text ? " " : "",
			acts[i].has_text ? text : "",
			document_get_text(record->json, "level"));
	}
	if (comment == NULL)
		comment = alloc_format("%s %s", act, text);
	if (json_object_get(record->json, "incident") != NULL)
		add_row(table, record->when_ms, is_by ? text : "weir",
			report_record_source(record), "%s", comment);
	else
		add_row(table, record->when_ms, is_by ? text : "weir",
			report_record_source(record),
			"%s, in %s alone (%s): Redis was away", comment,
			record->file->host,
			document_get_text(record->json, "name"));
	free(comment);
}

static void add_alert(const struct report_facts *facts, json_t *table,
		      const struct report_record *record)
{
	const json_t *json = record->json;
	uint64_t opened_ms = facts->detail.incident.opened_ms;
	const char *detail = document_get_text(json, "detail");
	const char *result = document_get_text(json, "result");

	add_row(table, record->when_ms, "weir-keeper",
		report_record_source(record),
		"alert \"%s\" %s by %s%s%s, %.1f s after the first message "
		"was stopped",
		document_get_text(json, "act"),
		strcmp(result, "told") == 0 ? "sent" : result,
		document_get_text(json, "channel"),
		detail[0] == '\0' ? "" : ": ", detail,
		record->when_ms > opened_ms
			? (double)(record->when_ms - opened_ms) / 1000
			: 0.0);
}

static bool is_during(const struct report_facts *facts,
		      const struct report_record *record)
{
	return record->when_ms >= facts->detail.incident.opened_ms &&
	       record->when_ms <= facts->end_ms;
}

static void add_process(const struct report_facts *facts, json_t *table,
			const struct report_record *record)
{
	const char *act = document_get_text(record->json, "act");

	if (is_during(facts, record) && strncmp(act, "redis-", 6) == 0)
		add_row(table, record->when_ms, "weir",
			report_record_source(record),
			"Redis %s, for the milter on %s",
			strcmp(act, "redis-away") == 0 ? "is away" : "is back",
			record->file->host);
}

static void add_records(const struct report_facts *facts, json_t *table)
{
	const struct report_journal *journal = &facts->journal;

	report_records_foreach(journal, record) {
		if (report_record_is(record, JOURNAL_INCIDENT, "note"))
			continue; /* they come with the notes of Redis */
		if (record->kind == JOURNAL_INCIDENT)
			add_act(table, record);
		else if (report_record_is_alert(record))
			add_alert(facts, table, record);
		else if (record->kind == JOURNAL_PROCESS)
			add_process(facts, table, record);
	}
}

static void add_notes(const struct report_facts *facts, json_t *table)
{
	for (size_t i = 0; i < facts->note_count; i++) {
		const struct report_note *note = &facts->notes[i];

		add_row(table, note->when_ms, note->by,
			json_incref(note->source), "%s", note->text);
	}
}

/* The earliest message that was recorded because a window was at half. */
static void add_first(const struct report_facts *facts, json_t *table)
{
	const struct report_record *first = NULL;
	uint64_t first_ms = UINT64_MAX;

	report_records_foreach(&facts->journal, record) {
		uint64_t when_ms = report_moment_of(record->json, "when");

		if (!report_record_is_sample(record) ||
		    strcmp(document_get_text(record->json, "role"), "before") !=
			    0 ||
		    when_ms == 0 || when_ms >= first_ms)
			continue;
		first = record;
		first_ms = when_ms;
	}
	if (first != NULL)
		add_row(table, first_ms, "weir", report_record_source(first),
			"let in, the first of the last ones before: %s was at "
			"half of its max or above",
			document_get_text(first->json, "limit"));
}

static void add_opening(const struct report_facts *facts, json_t *table)
{
	const struct incident *incident = &facts->detail.incident;
	const struct report_record *record = report_facts_act(facts, "opened");

	add_row(table, incident->opened_ms, "weir",
		record != NULL	     ? report_record_source(record)
		: facts->is_in_redis ? document_string("redis")
				     : report_record_source(facts->last),
		"the first message is stopped or held: limit %s, %s",
		incident->limit, incident->subject);
}

json_t *report_identification(struct report_facts *facts)
{
	static const struct report_column columns[] = {
		{ "time", "Date and time (UTC)", REPORT_TIME },
		{ "by", "By", REPORT_WORDS },
		{ "comment", "Comment", REPORT_WORDS },
		{ 0 },
	};
	json_t *section = report_section_new(2, "Identification");
	json_t *table = report_section_table(
		section, "events", "How it was noticed, and what became of it",
		columns);

	add_first(facts, table);
	add_opening(facts, table);
	add_records(facts, table);
	add_notes(facts, table);
	report_rows_sort(report_table_rows(table));
	report_facts_field(facts, section, "noticed",
			   "Who noticed it without weir, and when");
	return section;
}
