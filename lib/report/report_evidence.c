/* SPDX-License-Identifier: ISC */

/* Section 9: messages as they were seen. */
#include <inttypes.h>

#include "lib/base/json.h"
#include "report_section.h"
#include "report_sections.h"

#define ROWS_MAX 200
#define FULL_MAX 20

/* NULL: it is not there. */
static const char *text_of(const json_t *record, const char *name)
{
	const char *text = document_get_text(record, name);

	return text[0] == '\0' ? NULL : text;
}

static json_t *recipients_of(const json_t *record)
{
	const json_t *recipients = json_object_get(record, "recipients");
	uint64_t all = document_get_number(record, "recipients_all");
	const char *first = json_string_value(json_array_get(recipients, 0));

	if (first == NULL || all <= 1)
		return document_string(first);
	return document_format("%s and %" PRIu64 " more", first, all - 1);
}

static void add_sample(json_t *table, const struct report_record *record)
{
	const json_t *json = record->json;

	report_row_add(table, report_record_source(record), "ssssssos",
		       text_of(json, "when"), text_of(json, "role"),
		       text_of(json, "verdict"), text_of(json, "queue_id"),
		       text_of(json, "client"), text_of(json, "sender"),
		       recipients_of(json),
		       text_of(json_object_get(json, "headers"), "subject"));
}

/* All that is known of one, but for what says where the record is. */
static void add_full(json_t *table, const struct report_record *record)
{
	static const char *const own[] = { "n",	  "t",	 "kind", "incident",
					   "uid", "sum", "prev" };
	json_t *copy = json_copy(record->json);

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		json_object_del(copy, own[i]);
	report_row_add(table, report_record_source(record), "o", copy);
}

static void add_samples(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "time", "Time (UTC)", REPORT_TIME },
		{ "role", "Which", REPORT_WORDS },
		{ "verdict", "Verdict", REPORT_WORDS },
		{ "queue_id", "Queue id", REPORT_WORDS },
		{ "client", "Client", REPORT_WORDS },
		{ "sender", "Sender", REPORT_WORDS },
		{ "recipients", "Recipients", REPORT_WORDS },
		{ "subject", "Subject", REPORT_WORDS },
		{ 0 },
	};
	static const struct report_column full[] = {
		{ "message", "Message", REPORT_RECORD },
		{ 0 },
	};
	json_t *table = report_section_table(section, "messages",
					     "Recorded messages", columns);
	json_t *records = report_section_table(section, "records",
					       "Some of them in full", full);
	size_t count = 0;

	report_records_foreach(&facts->journal, record) {
		if (!report_record_is_sample(record))
			continue;
		if (count < ROWS_MAX)
			add_sample(table, record);
		if (count < FULL_MAX)
			add_full(records, record);
		count++;
	}
	if (count > ROWS_MAX)
		report_section_gap(section,
				   "%zu more messages are recorded: weirctl "
				   "journal show --incident %" PRIu64,
				   count - ROWS_MAX, facts->options->number);
}

static void add_figures(const struct report_facts *facts, json_t *section)
{
	uint64_t records = 0, messages = 0, left_out = 0, cut = 0;
	json_t *source = document_string("journal");

	report_records_foreach(&facts->journal, record) {
		const json_t *headers = json_object_get(record->json,
							"headers");

		if (record->kind != JOURNAL_MESSAGE &&
		    record->kind != JOURNAL_MINUTE &&
		    record->kind != JOURNAL_INCIDENT)
			continue;
		records++;
		messages += report_record_is_sample(record);
		left_out += document_get_number(record->json, "left_out");
		cut += document_get_number(headers, "cut");
	}
	report_section_add_numbers(
		section,
		(const struct report_number[]){
			{ "records", "Records of the incident", records,
			  REPORT_COUNT },
			{ "messages", "Messages with a record", messages,
			  REPORT_COUNT },
			{ "left_out", "Left out: there were too many at once",
			  left_out, REPORT_COUNT },
			{ "cut", "Header values that were cut", cut,
			  REPORT_COUNT },
		},
		4, source);
	json_decref(source);
}

json_t *report_evidence(struct report_facts *facts)
{
	json_t *section = report_section_new(9, "Evidence");

	report_section_say(section, "weir records envelopes and a few headers, "
				    "never a body: the last messages before "
				    "it was stopped, the first ones stopped, "
				    "new ones, one each 10 seconds, and the "
				    "last.");
	add_figures(facts, section);
	add_samples(facts, section);
	report_facts_field(facts, section, "evidence",
			   "Other evidence (disk image, web server's log), and "
			   "where it is kept");
	return section;
}
