/* SPDX-License-Identifier: ISC */

/* Section 7: back to normal, and what is still open. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/json.h"
#include "report_section.h"
#include "report_sections.h"

/* mail that was held */

static uint64_t count_held_ids(const struct report_facts *facts,
			       const struct report_record **first_r)
{
	uint64_t count = 0;

	*first_r = NULL;
	report_records_foreach(&facts->journal, record) {
		size_t ids = json_array_size(
			json_object_get(record->json, "queue_ids"));

		if (ids != 0 && *first_r == NULL)
			*first_r = record;
		count += ids;
	}
	return count;
}

static void add_figures(const struct report_facts *facts, json_t *section)
{
	const struct report_record *first;
	uint64_t ids = count_held_ids(facts, &first);

	report_facts_add(facts, section, "last", "Last message stopped or held",
			 REPORT_TIME,
			 document_moment(facts->detail.incident.last_ms));
	report_facts_add(facts, section, "held", "Held in all", REPORT_COUNT,
			 document_number(facts->detail.incident.held));
	report_section_add(section, &(struct report_figure){
					    "held_ids",
					    "Queue ids of held messages that "
					    "are recorded",
					    REPORT_COUNT, document_number(ids),
					    report_record_source(first) });
	if (facts->has_log)
		report_section_add(
			section,
			&(struct report_figure){
				"queued",
				"Still in a queue, by the end of the mail logs",
				REPORT_COUNT,
				document_number(facts->log.queued),
				report_facts_log_source(facts) });
	else
		report_section_gap(section,
				   "what is still in a queue: no mail log was "
				   "read (--log); weirctl hold --incident "
				   "%" PRIu64 " on each gateway finds it",
				   facts->options->number);
}

/* acts */

static bool is_recovery(const struct report_act *act)
{
	static const char *const acts[] = { "release", "delete",  "unblock",
					    "revoke",  "expired", "reset" };

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(act->act, acts[i]) == 0)
			return act->is_of;
	return false;
}

static void add_acts(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "time", "Date and time (UTC)", REPORT_TIME },
		{ "by", "By", REPORT_WORDS },
		{ "action", "Action", REPORT_WORDS },
		{ "subject", "About", REPORT_WORDS },
		{ "reason", "Comment", REPORT_WORDS },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "acts", "Released, deleted, lifted, ended", columns);

	for (size_t i = 0; i < facts->acts.count; i++) {
		const struct report_act *act = &facts->acts.all[i];

		if (!is_recovery(act))
			continue;
		report_row_add(table, json_incref(act->source), "mssss",
			       act->when_ms,
			       act->by[0] == '\0' ? "weir" : act->by, act->act,
			       act->subject, act->reason);
	}
}

/* orders */

static void add_orders(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "order", "Order", REPORT_WORDS },
		{ "subject", "About", REPORT_WORDS },
		{ "by", "By", REPORT_WORDS },
		{ "until", "Ends (UTC)", REPORT_TIME },
		{ 0 },
	};
	json_t *table;

	if (!facts->has_orders) {
		report_section_gap(section,
				   "which orders are in force still: %s",
				   facts->redis_fault);
		return;
	}
	table = report_section_table(section, "orders",
				     "Orders about it that are in force still",
				     columns);
	for (size_t i = 0; i < facts->orders.count; i++) {
		const struct order *order = &facts->orders.orders[i];

		if (!order_is_in_force(order, facts->orders.now_ms) ||
		    !report_acts_is_about(&facts->detail, order->subject,
					  order->reason))
			continue;
		report_row_add(
			table, document_string("redis"), "ossm",
			report_facts_order(order), order->subject, order->by,
			order->until_ms == ORDER_EVER_MS ? 0 : order->until_ms);
	}
}

/* outages */

/* When that process had Redis back; NULL: it is not recorded. */
static const struct report_record *find_back(const struct report_facts *facts,
					     const struct report_record *away)
{
	report_records_foreach(&facts->journal, record)
		if (record->file == away->file &&
		    record->when_ms >= away->when_ms &&
		    report_record_is(record, JOURNAL_PROCESS, "redis-back"))
			return record;
	return NULL;
}

static void add_outages(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "host", "Milter on", REPORT_WORDS },
		{ "from", "Redis away from (UTC)", REPORT_TIME },
		{ "lasted", "For", REPORT_SPAN },
		{ 0 },
	};
	json_t *table = report_section_table(section, "outages",
					     "Redis away meanwhile", columns);

	report_records_foreach(&facts->journal, away) {
		const struct report_record *back;

		if (away->when_ms > facts->end_ms ||
		    !report_record_is(away, JOURNAL_PROCESS, "redis-away"))
			continue;
		back = find_back(facts, away);
		if (back != NULL &&
		    back->when_ms < facts->detail.incident.opened_ms)
			continue;
		report_row_add(table, report_record_source(away), "smn",
			       away->file->host, away->when_ms,
			       back == NULL ? REPORT_NOT_KNOWN
					    : back->when_ms - away->when_ms);
	}
}

json_t *report_recovery(struct report_facts *facts)
{
	json_t *section = report_section_new(7, "Recovery");

	add_figures(facts, section);
	add_acts(facts, section);
	add_orders(facts, section);
	add_outages(facts, section);
	report_facts_field(facts, section, "recovered",
			   "Who checked that mail is normal again, and when");
	return section;
}
