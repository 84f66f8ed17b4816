/* SPDX-License-Identifier: ISC */

/* Section 1: what there was before it began. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "report_section.h"
#include "report_sections.h"

/* Records of one reading of the settings come together. */
#define TOGETHER_MS 1000

/* limits */

static const json_t *limits_of(const struct report_record *record)
{
	return record->kind == JOURNAL_PROCESS
		       ? json_object_get(record->json, "limits")
		       : NULL;
}

/* Was this what its process went by when the incident opened? */
static bool is_in_force(const struct report_facts *facts,
			const struct report_record *record)
{
	uint64_t opened_ms = facts->detail.incident.opened_ms;

	if (limits_of(record) == NULL || record->when_ms > opened_ms)
		return false;
	report_records_foreach(&facts->journal, other) {
		if (limits_of(other) != NULL && other->when_ms <= opened_ms &&
		    other->when_ms > record->when_ms + TOGETHER_MS &&
		    journal_name_same_process(other->file->name,
					      record->file->name))
			return false;
	}
	return true;
}

/* The row of that sentence; NULL: there is none yet. */
static json_t *find_row(const json_t *table, const char *sentence)
{
	json_t *row;
	size_t i;

	json_array_foreach(report_table_rows(table), i, row)
		if (strcmp(document_get_text(row, "limit"), sentence) == 0)
			return row;
	return NULL;
}

/* "own-sender: tempfail a sender ...": how much of it that limit stopped. */
static uint64_t stopped_by(const struct report_facts *facts,
			   const char *sentence)
{
	size_t length = strcspn(sentence, ":");
	uint64_t stopped = 0;

	for (size_t i = 0; i < facts->detail.window_count; i++) {
		const struct incident_window *window =
			&facts->detail.windows[i];

		if (strlen(window->limit) == length &&
		    strncmp(window->limit, sentence, length) == 0)
			stopped += window->stopped + window->held;
	}
	return stopped;
}

static void take_limits(const struct report_facts *facts, json_t *table,
			const struct report_record *record)
{
	const json_t *sentence;
	size_t i;

	json_array_foreach(limits_of(record), i, sentence) {
		const char *text = json_string_value(sentence);
		json_t *row = text == NULL ? NULL : find_row(table, text);

		if (row != NULL)
			json_object_set_new(
				row, "milters",
				document_number(
					document_get_number(row, "milters") +
					1));
		else if (text != NULL)
			report_row_add(table, report_record_source(record),
				       "snn", text, stopped_by(facts, text),
				       UINT64_C(1));
	}
}

/* No milter has said: the file, as it is now. */
static void take_present_limits(const struct report_facts *facts, json_t *table)
{
	const struct settings *settings = facts->options->settings;

	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];
		char *text = limit_describe(limit);

		report_row_add(
			table,
			report_facts_setting(facts, limit->file, limit->line),
			"snn", text, stopped_by(facts, text), REPORT_NOT_KNOWN);
		free(text);
	}
}

static void add_limits(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "limit", "Limit", REPORT_WORDS },
		{ "stopped", "Stopped or held of it", REPORT_COUNT },
		{ "milters", "Milters", REPORT_COUNT },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "limits", "The limits when it began", columns);

	report_records_foreach(&facts->journal, record)
		if (is_in_force(facts, record))
			take_limits(facts, table, record);
	if (json_array_size(report_table_rows(table)) != 0)
		return;
	take_present_limits(facts, table);
	report_section_gap(section,
			   "no record says which settings were in "
			   "force: the limits are those of %s now",
			   facts->options->settings->path);
}

/* orders */

static bool was_in_force(const struct report_facts *facts,
			 const struct order *order)
{
	uint64_t opened_ms = facts->detail.incident.opened_ms;

	return order->from_ms <= opened_ms && order->until_ms > opened_ms;
}

static void add_orders(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "order", "Order", REPORT_WORDS },
		{ "subject", "About", REPORT_WORDS },
		{ "by", "By", REPORT_WORDS },
		{ "reason", "Reason", REPORT_WORDS },
		{ "until", "Until (UTC)", REPORT_TIME },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "orders",
		"Orders about it that were in force when it began, and are still",
		columns);
	size_t permits = 0;

	for (size_t i = 0; i < facts->orders.count; i++) {
		const struct order *order = &facts->orders.orders[i];

		if (!was_in_force(facts, order) ||
		    !report_acts_is_about(&facts->detail, order->subject,
					  order->reason))
			continue;
		permits += order->kind == ORDER_PERMIT;
		report_row_add(table, document_string("redis"), "osssm",
			       report_facts_order(order), order->subject,
			       order->by, order->reason, order->until_ms);
	}
	for (size_t i = 0; i < facts->acts.count; i++)
		permits += facts->acts.all[i].is_of &&
			   strcmp(facts->acts.all[i].act, "permit") == 0;
	if (permits == 0)
		report_section_say(section, "No permit was given for it: it "
					    "was not announced to weir.");
	if (!facts->has_orders)
		report_section_gap(section, "which orders are in force: %s",
				   facts->redis_fault);
}

/* who is told */

static const char *way_of(const struct settings_alert *alert)
{
	return alert->command != NULL  ? "command"
	       : alert->url[0] != '\0' ? "webhook"
				       : "mail";
}

static void add_alerts(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "channel", "Channel", REPORT_WORDS },
		{ "way", "How", REPORT_WORDS },
		{ "from", "From level", REPORT_WORDS },
		{ 0 },
	};
	const struct settings_keeper *keeper =
		&facts->options->settings->keeper;
	json_t *table = report_section_table(
		section, "alerts", "Who is alerted, by the present settings",
		columns);

	for (size_t i = 0; i < keeper->alert_count; i++) {
		const struct settings_alert *alert = &keeper->alerts[i];

		report_row_add(
			table,
			report_facts_setting(facts, alert->file, alert->line),
			"sss", alert->name, way_of(alert),
			incident_level_name(alert->from));
	}
	if (keeper->alert_count == 0)
		report_section_say(section, "Nobody is alerted: keeper.alerts "
					    "is empty. The log of the milters "
					    "has one line for each act.");
}

/* milters */

static void add_milters(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "host", "Host", REPORT_WORDS },
		{ "program", "Program", REPORT_WORDS },
		{ "pid", "Process", REPORT_COUNT },
		{ "since", "Journal since (UTC)", REPORT_TIME },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "milters", "Programs whose journal was read", columns);

	report_records_foreach(&facts->journal, record) {
		const json_t *json = record->json;

		if (record->kind != JOURNAL_BEGIN || !record->file->is_cited)
			continue;
		report_row_add(table, report_record_source(record), "ssnm",
			       document_get_text(json, "host"),
			       document_get_text(json, "weir"),
			       document_get_number(json, "pid"),
			       record->when_ms);
	}
}

json_t *report_preparation(struct report_facts *facts)
{
	json_t *section = report_section_new(1, "Preparation");

	add_limits(facts, section);
	add_orders(facts, section);
	add_alerts(facts, section);
	add_milters(facts, section);
	report_facts_field(facts, section, "announced",
			   "Was this mail announced, to whom and when");
	return section;
}
