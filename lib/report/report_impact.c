/* SPDX-License-Identifier: ISC */

/* Section 8: what it cost. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/json.h"
#include "report_section.h"
#include "report_sections.h"

static void add_counts(const struct report_facts *facts, json_t *section)
{
	const struct incident *incident = &facts->detail.incident;
	const struct report_number counts[] = {
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
	if (incident->others_hit != 0)
		report_section_gap(section,
				   "whose the stopped messages of others were: "
				   "weir counts them; the log of each milter "
				   "has their senders");
}

/* times */

/* From one moment to another; none is before it began. */
static json_t *span_of(uint64_t from_ms, uint64_t to_ms)
{
	return document_number(to_ms > from_ms ? to_ms - from_ms : 0);
}

/* The same to a record; NULL: there is none. */
static json_t *span_to(uint64_t from_ms, const struct report_record *record)
{
	return record == NULL ? NULL : span_of(from_ms, record->when_ms);
}

static const struct report_record *first_told(const struct report_facts *facts)
{
	report_records_foreach(&facts->journal, record)
		if (report_record_is_alert(record) &&
		    strcmp(document_get_text(record->json, "result"), "told") ==
			    0)
			return record;
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
	const uint64_t opened_ms = facts->detail.incident.opened_ms;
	const struct report_log *log = &facts->log;
	const struct report_act *block = first_block(facts);
	const struct report_record *told = first_told(facts),
				   *taken = report_facts_act(facts, "taken");
	bool has_first = facts->has_log && log->first_path != NULL;
	const struct report_figure times[] = {
		{ "to_stop",
		  "From the first message of it in the mail logs to the first "
		  "stop",
		  REPORT_SPAN,
		  has_first ? span_of(log->first_ms, opened_ms) : NULL,
		  has_first
			  ? report_facts_line(log->first_path, log->first_line)
			  : NULL },
		{ "to_alert", "From the first stop to the first alert",
		  REPORT_SPAN, span_to(opened_ms, told),
		  report_record_source(told) },
		{ "to_taken", "From the first stop until it was taken",
		  REPORT_SPAN, span_to(opened_ms, taken),
		  report_record_source(taken) },
		{ "to_block", "From the first stop to the first block",
		  REPORT_SPAN,
		  block == NULL ? NULL : span_of(opened_ms, block->when_ms),
		  block == NULL ? NULL : json_incref(block->source) },
		{ "to_end", "From the first stop to the last", REPORT_SPAN,
		  span_of(opened_ms, facts->end_ms),
		  report_facts_redis_or(facts, "message records") },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		report_section_add(section, &times[i]);
	if (told == NULL)
		report_section_gap(section,
				   "no record says that an alert about it "
				   "was sent");
}

/* mail logs */

static void add_log_figures(const struct report_facts *facts, json_t *section)
{
	const struct report_log *log = &facts->log;
	json_t *source = report_facts_log_source(facts);
	const struct report_number figures[] = {
		{ "log_refused", "Refused by a milter, by the mail logs",
		  log->refused, REPORT_COUNT },
		{ "log_discarded", "Discarded by a milter", log->discarded,
		  REPORT_COUNT },
		{ "log_held", "Held by a milter", log->held, REPORT_COUNT },
		{ "log_accepted", "Accepted into a queue, held ones too",
		  log->accepted, REPORT_COUNT },
		{ "log_bytes", "Bytes of these", log->bytes, REPORT_BYTES },
		{ "log_delivered", "Recipients delivered", log->delivered,
		  REPORT_COUNT },
		{ "log_bounced", "Recipients bounced", log->bounced,
		  REPORT_COUNT },
		{ "log_deferred", "Recipients deferred, by the last line",
		  log->deferred, REPORT_COUNT },
		{ "log_queued",
		  "Messages still in a queue at the end of the "
		  "logs",
		  log->queued, REPORT_COUNT },
	};

	report_section_add_numbers(
		section, figures, sizeof(figures) / sizeof(figures[0]), source);
	json_decref(source);
}

static void add_recipients(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "recipient", "Recipient", REPORT_WORDS },
		{ "messages", "Messages delivered", REPORT_COUNT },
		{ "bytes", "Bytes", REPORT_BYTES },
		{ 0 },
	};
	const struct report_log *log = &facts->log;
	json_t *table = report_section_table(
		section, "mailboxes", "Who got most of it, by the mail logs",
		columns);

	for (size_t i = 0; i < log->recipients.count; i++) {
		const struct report_log_count *got = &log->recipients.list[i];

		report_row_add(table, report_facts_log_source(facts), "snn",
			       got->value, got->messages, got->bytes);
	}
}

static void add_log_gaps(const struct report_facts *facts, json_t *section)
{
	const struct incident *incident = &facts->detail.incident;
	const struct report_log *log = &facts->log;

	for (size_t i = 0; i < log->file_count; i++) {
		const struct report_log_file *file = &log->files[i];

		report_section_say(section, "%s has %" PRIu64 " lines.",
				   file->path, file->lines);
		if (file->unknown + file->cut != 0)
			report_section_gap(
				section,
				"%s: %" PRIu64 " lines are of no "
				"form that is known, %" PRIu64 " are too long",
				file->path, file->unknown, file->cut);
	}
	if (log->refused + log->discarded != incident->stopped)
		report_section_gap(section,
				   "weir stopped %" PRIu64 ", the mail logs "
				   "have %" PRIu64 " refused or discarded: "
				   "logs of other gateways or other days, or "
				   "another milter",
				   incident->stopped,
				   log->refused + log->discarded);
	if (log->accepted != incident->let_in + incident->held)
		report_section_gap(section,
				   "weir counted %" PRIu64 " let in or held, "
				   "the mail logs have %" PRIu64
				   " accepted: logs of other gateways or other "
				   "days, or another milter or the MTA refused "
				   "some",
				   incident->let_in + incident->held,
				   log->accepted);
	if (log->left_out != 0)
		report_section_gap(section,
				   "%" PRIu64 " messages of the mail logs were "
				   "left out: at most %d are followed",
				   log->left_out, REPORT_LOG_MESSAGES_MAX);
	if (log->other != 0)
		report_section_gap(section,
				   "what became of %" PRIu64 " recipients is "
				   "not in the mail logs",
				   log->other);
}

static void add_log(const struct report_facts *facts, json_t *section)
{
	if (!facts->has_log) {
		report_section_gap(section,
				   "what was delivered, bounced or is still "
				   "queued, and how long everybody else's mail "
				   "was delayed: no mail log was read (--log)");
		return;
	}
	add_log_figures(facts, section);
	add_recipients(facts, section);
	report_impact_others(facts, section);
	add_log_gaps(facts, section);
}

json_t *report_impact(struct report_facts *facts)
{
	json_t *section = report_section_new(8, "Impact");

	add_counts(facts, section);
	if (facts->detail.incident.let_in_least != 0)
		report_section_gap(section,
				   "more may have been let in: a milter ended "
				   "without a word, or remembers less of its "
				   "mail than the limit is long");
	add_times(facts, section);
	add_log(facts, section);
	report_facts_field(facts, section, "impact",
			   "Business impact: who could not work, for how long");
	return section;
}
