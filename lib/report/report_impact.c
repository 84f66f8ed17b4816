/* SPDX-License-Identifier: ISC */

/* Section 8: what it cost. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "report_section.h"
#include "report_sections.h"

static void add_counts(const struct report_facts *facts, json_t *section)
{
	const struct incident *incident = &facts->detail.incident;
	const struct {
		const char *name, *label;
		uint64_t value;
		enum report_unit unit;
	} counts[] = {
		{ "stopped", "Messages stopped", incident->stopped,
		  REPORT_COUNT },
		{ "let_in", "Messages let in, before and meanwhile",
		  incident->let_in, REPORT_COUNT },
		{ "held", "Messages held", incident->held, REPORT_COUNT },
		{ "monitored", "Let pass by a limit that only monitors",
		  incident->monitored, REPORT_COUNT },
		{ "others_hit", "Messages of others stopped with it",
		  incident->others_hit, REPORT_COUNT },
		{ "bytes", "Stopped or held, as far as sizes were known",
		  incident->bytes, REPORT_BYTES },
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		report_facts_add(facts, section, counts[i].name,
				 counts[i].label, counts[i].unit,
				 document_number(counts[i].value));
}

/* times */

static void add_span(json_t *section, const char *name, const char *label,
		     uint64_t from_ms, const struct report_record *record)
{
	report_section_add(
		section,
		&(struct report_figure){
			name, label, REPORT_SPAN,
			record == NULL
				? NULL
				: document_number(record->when_ms > from_ms
							  ? record->when_ms -
								    from_ms
							  : 0),
			report_record_source(record) });
}

static const struct report_record *first_told(const struct report_facts *facts)
{
	for (size_t i = 0; i < facts->journal.record_count; i++) {
		const struct report_record *record = &facts->journal.records[i];

		if (record->kind == JOURNAL_ALERT &&
		    json_object_get(record->json, "incident") != NULL &&
		    strcmp(document_get_text(record->json, "result"), "told") ==
			    0)
			return record;
	}
	return NULL;
}

static const struct report_act *first_block(const struct report_facts *facts)
{
	for (size_t i = 0; i < facts->acts.count; i++)
		if (facts->acts.all[i].is_of &&
		    strcmp(facts->acts.all[i].act, "block") == 0)
			return &facts->acts.all[i];
	return NULL;
}

static void add_times(const struct report_facts *facts, json_t *section)
{
	const struct incident *incident = &facts->detail.incident;
	const struct report_act *block = first_block(facts);

	add_span(section, "to_alert", "From the first stop to the first alert",
		 incident->opened_ms, first_told(facts));
	add_span(section, "to_taken", "From the first stop until it was taken",
		 incident->opened_ms, report_facts_act(facts, "taken"));
	report_section_add(
		section,
		&(struct report_figure){
			"to_block", "From the first stop to the first block",
			REPORT_SPAN,
			block == NULL
				? NULL
				: document_number(
					  block->when_ms > incident->opened_ms
						  ? block->when_ms -
							    incident->opened_ms
						  : 0),
			block == NULL ? NULL : json_incref(block->source) });
	report_section_add(
		section,
		&(struct report_figure){
			"to_end", "From the first stop to the last",
			REPORT_SPAN,
			document_number(facts->end_ms - incident->opened_ms),
			document_string(facts->is_in_redis
						? "redis"
						: "message records") });
}

json_t *report_impact(struct report_facts *facts)
{
	json_t *section = report_section_new(8, "Impact");

	add_counts(facts, section);
	add_times(facts, section);
	report_facts_field(facts, section, "impact",
			   "Business impact: who could not work, for how long");
	return section;
}
