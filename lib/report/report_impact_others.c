/* SPDX-License-Identifier: ISC */

/* Of section 8, what the flood was to everybody else, by the mail logs: the
 * delay of their mail, and the queues. */
#include <inttypes.h>

#include "report_section.h"
#include "report_sections.h"

static const char *const periods[REPORT_PERIODS] = {
	[REPORT_BEFORE] = "before",
	[REPORT_DURING] = "during",
	[REPORT_AFTER] = "after",
};

static uint64_t number_if(bool is_known, uint64_t number)
{
	return is_known ? number : REPORT_NOT_KNOWN;
}

/* The line of the longest delay: that is a record; else all that was read. */
static json_t *source_of(const struct report_facts *facts,
			 const struct report_others *others)
{
	return others->worst_path == NULL
		       ? report_facts_log_source(facts)
		       : report_facts_line(others->worst_path,
					   others->worst_line);
}

static void add_delay(const struct report_facts *facts, json_t *table,
		      size_t period)
{
	const struct report_others *others = &facts->log.others[period];
	bool is_read = others->until_ms != 0, has = others->worst_path != NULL;

	report_row_add(table, source_of(facts, others), "smnnnnn",
		       periods[period], is_read ? others->from_ms : 0,
		       number_if(is_read, others->delivered),
		       number_if(has, others->median_ms),
		       number_if(has, others->p95_ms),
		       number_if(has, others->worst_ms),
		       number_if(is_read, others->deferred));
}

static void add_gaps(json_t *section, size_t period,
		     const struct report_others *others)
{
	if (others->until_ms == 0)
		report_section_gap(section,
				   "how everybody else's mail was %s the "
				   "flood: the mail logs have nothing of that "
				   "time",
				   periods[period]);
	else if (others->delivered == 0)
		report_section_gap(section,
				   "the delay of everybody else's mail %s the "
				   "flood: the mail logs have none delivered",
				   periods[period]);
	if (others->unknown != 0)
		report_section_gap(section,
				   "the delay of %" PRIu64 " deliveries %s "
				   "the flood: their lines have none",
				   others->unknown, periods[period]);
}

static void add_delays(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "period", "Period", REPORT_WORDS },
		{ "from", "From", REPORT_TIME },
		{ "delivered", "Delivered", REPORT_COUNT },
		{ "median", "Median", REPORT_SPAN },
		{ "p95", "95% within", REPORT_SPAN },
		{ "worst", "Longest", REPORT_SPAN },
		{ "deferred", "Deferred", REPORT_COUNT },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "others",
		"Everybody else's mail, by the mail logs, an hour before to an "
		"hour after: recipients, and how long the server that "
		"delivered it had it; the source is the line of the longest "
		"delay",
		columns);

	for (size_t i = 0; i < REPORT_PERIODS; i++) {
		add_delay(facts, table, i);
		add_gaps(section, i, &facts->log.others[i]);
	}
}

static void add_queue(const struct report_facts *facts, json_t *table,
		      size_t period)
{
	const struct report_others *others = &facts->log.others[period];
	const struct report_queue *flood = &others->flood,
				  *rest = &others->others;
	bool is_read = others->until_ms != 0;

	report_row_add(table, report_facts_log_source(facts), "snmnm",
		       periods[period], number_if(is_read, flood->messages),
		       flood->messages != 0 ? flood->when_ms : 0,
		       number_if(is_read, rest->messages),
		       rest->messages != 0 ? rest->when_ms : 0);
}

static void add_queues(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "period", "Period", REPORT_WORDS },
		{ "flood", "Of the flood", REPORT_COUNT },
		{ "flood_at", "At", REPORT_TIME },
		{ "others", "Of everybody else", REPORT_COUNT },
		{ "others_at", "At", REPORT_TIME },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "queues",
		"The queues, by the mail logs: the most messages at one moment",
		columns);

	for (size_t i = 0; i < REPORT_PERIODS; i++)
		add_queue(facts, table, i);
	report_section_gap(section,
			   "queues: what came more than an hour before the "
			   "flood, came and went within one moment of the "
			   "log's clock, or is not in these logs, is not "
			   "counted");
}

void report_impact_others(const struct report_facts *facts, json_t *section)
{
	add_delays(facts, section);
	add_queues(facts, section);
}
