/* SPDX-License-Identifier: ISC */

/* Section 6: has the cause gone, and where else was it seen? */

#include "lib/base/json.h"
#include "report_section.h"
#include "report_sections.h"

#define OTHERS_MAX 20 /* of each kind, whose figures are asked for */

static void add_other(const struct report_facts *facts, json_t *table,
		      uint64_t number, const char *relation)
{
	const struct report_options *options = facts->options;
	struct incident_detail other = { 0 };
	bool is_known = facts->redis_fault == NULL &&
			incident_read(options->redis,
				      options->settings->redis.prefix, number,
				      &other) &&
			other.incident.number != 0;

	report_row_add(table,
		       is_known ? document_string("redis")
				: report_record_source(facts->last),
		       "nsmns", number, relation,
		       is_known ? other.incident.opened_ms : 0,
		       is_known ? other.incident.stopped : REPORT_NOT_KNOWN,
		       is_known ? other.incident.subject : NULL);
	if (is_known)
		incident_detail_clear(&other);
}

static void add_others(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "incident", "Incident", REPORT_COUNT },
		{ "relation", "Relation", REPORT_WORDS },
		{ "opened", "Opened (UTC)", REPORT_TIME },
		{ "stopped", "Stopped", REPORT_COUNT },
		{ "subject", "First subject", REPORT_WORDS },
		{ 0 },
	};
	const struct incident *incident = &facts->detail.incident;
	json_t *table = report_section_table(
		section, "others", "Other incidents with the same marks",
		columns);

	for (size_t i = 0; i < incident->before.count && i < OTHERS_MAX; i++)
		add_other(facts, table, incident->before.numbers[i], "before");
	for (size_t i = 0; i < incident->related.count && i < OTHERS_MAX; i++)
		add_other(facts, table, incident->related.numbers[i],
			  "at the same time");
	if (incident->before.count > OTHERS_MAX ||
	    incident->related.count > OTHERS_MAX)
		report_section_gap(section, "only %d of each kind are shown",
				   OTHERS_MAX);
	if (incident->before.count != 0)
		report_section_say(section,
				   "It has come %zu times before. What came "
				   "back can come again: is its cause gone, "
				   "and is no queue left with its mail?",
				   incident->before.count);
}

static void add_marks(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "mark", "Mark", REPORT_WORDS },
		{ 0 },
	};
	json_t *table;

	if (!facts->is_in_redis) {
		report_section_gap(section, "the marks are in Redis alone");
		return;
	}
	table = report_section_table(section, "marks",
				     "What makes its windows one incident, and "
				     "would link a later one for 90 days",
				     columns);
	for (size_t i = 0; i < facts->detail.mark_count; i++)
		report_row_add(table, document_string("redis"), "s",
			       facts->detail.marks[i]);
}

json_t *report_eradication(struct report_facts *facts)
{
	static const struct {
		const char *name, *label;
	} checks[] = {
		{ "cause", "What sent it (script, job, malware, person)" },
		{ "script", "Script or job found, and removed or repaired" },
		{ "account", "Password or key of the account changed" },
		{ "service", "Mail service of the client stopped" },
		{ "queue", "and its queue cleared, on every relay: what is "
			   "left goes out at the next start" },
		{ "schedule", "What starts it again (cron, boot, a queue "
			      "runner) is off" },
	};
	json_t *section = report_section_new(6, "Eradication");

	add_others(facts, section);
	add_marks(facts, section);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		report_facts_field(facts, section, checks[i].name,
				   checks[i].label);
	return section;
}
