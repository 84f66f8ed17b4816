/* SPDX-License-Identifier: ISC */

/* Section 5: what weir did by itself, and then people. */
#include <inttypes.h>

#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "report_section.h"
#include "report_sections.h"

static void add_window(const struct report_facts *facts, json_t *table,
		       const struct incident_window *window)
{
	const struct limit *limit = settings_limit(facts->options->settings,
						   window->limit);
	bool is_block = window->order != 0;

	report_row_add(
		table, report_facts_redis_or(facts, "message records"),
		"ossnnn",
		is_block ? document_format("block %" PRIu64, window->order)
			 : document_string(window->limit),
		window->subject,
		limit == NULL || is_block ? NULL
					  : limit_action_name(limit->action),
		is_block ? REPORT_NOT_KNOWN : window->max, window->stopped,
		window->held);
}

static void add_windows(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "limit", "Limit", REPORT_WORDS },
		{ "subject", "Subject", REPORT_WORDS },
		{ "action", "Action now", REPORT_WORDS },
		{ "max", "Max", REPORT_COUNT },
		{ "stopped", "Stopped", REPORT_COUNT },
		{ "held", "Held", REPORT_COUNT },
		{ 0 },
	};
	const struct incident_detail *detail = &facts->detail;
	json_t *table = report_section_table(
		section, "windows",
		"What weir did by itself, by limit and subject", columns);

	for (size_t i = 0; i < detail->window_count; i++)
		add_window(facts, table, &detail->windows[i]);
	if (detail->window_count < detail->incident.windows)
		report_section_gap(section,
				   "%" PRIu64 " windows stopped mail, %zu are "
				   "known one by one",
				   detail->incident.windows,
				   detail->window_count);
	if (!facts->is_in_redis)
		report_section_gap(section, "what each window stopped is known "
					    "in Redis alone");
}

/* acts */

static json_t *comment_of(const struct report_act *act)
{
	char until[MOMENT_TEXT_SIZE];
	bool ends = act->until_ms != 0 && act->until_ms < ORDER_EVER_MS;

	return document_format(
		"%s%s%s%s%s%s", act->effect, act->effect[0] == '\0' ? "" : "; ",
		act->reason, ends && act->reason[0] != '\0' ? "; " : "",
		ends ? "until " : "",
		ends ? moment_format_utc(act->until_ms, until) : "");
}

static void add_act(json_t *table, const struct report_act *act)
{
	json_t *action = act->is_queue || act->number == 0
				 ? document_string(act->act)
				 : document_format("%s %" PRIu64, act->act,
						   act->number);

	report_row_add(table, json_incref(act->source), "msoso", act->when_ms,
		       act->by[0] == '\0' ? "weir" : act->by, action,
		       act->subject, comment_of(act));
}

static void add_acts(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "time", "Date and time (UTC)", REPORT_TIME },
		{ "by", "By", REPORT_WORDS },
		{ "action", "Action", REPORT_WORDS },
		{ "subject", "About", REPORT_WORDS },
		{ "comment", "Comment", REPORT_WORDS },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "acts", "What operators did about it", columns);
	size_t others = 0;

	for (size_t i = 0; i < facts->acts.count; i++) {
		const struct report_act *act = &facts->acts.all[i];

		if (act->is_of)
			add_act(table, act);
		else if (act->when_ms >= facts->detail.incident.opened_ms &&
			 act->when_ms <= facts->end_ms)
			others++;
	}
	if (json_array_size(report_table_rows(table)) == 0)
		report_section_say(section, "No operator did anything about "
					    "it with weirctl.");
	if (others != 0)
		report_section_say(section,
				   "In the same time there were %zu acts about "
				   "other subjects; weirctl orders --log lists "
				   "them.",
				   others);
	if (facts->acts.is_missed)
		report_section_gap(section, "a milter has left out acts: more "
					    "than 1,000 came at once");
	if (facts->acts.fault != NULL)
		report_section_gap(section, "the log of orders: %s",
				   facts->acts.fault);
}

json_t *report_containment(struct report_facts *facts)
{
	json_t *section = report_section_new(5, "Containment");

	add_windows(facts, section);
	add_acts(facts, section);
	report_facts_field(facts, section, "elsewhere",
			   "What was done outside weir (accounts, firewall, "
			   "services)");
	return section;
}
