/* SPDX-License-Identifier: ISC */

/* Section 4: how much, minute by minute, in at most ROWS_MAX rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/units.h"
#include "report_detail.h"
#include "report_section.h"
#include "report_sections.h"

#define ROWS_MAX  60
#define MINUTE_MS UINT64_C(60000)

struct bins {
	struct incident_minute rows[ROWS_MAX];
	size_t count;
	uint64_t width_ms;
};

/* Minutes that divide an hour, or hours that divide a day, as far as possible.
 */
static uint64_t width_of(uint64_t span_ms)
{
	static const uint64_t widths[] = { 1,  2,   5,	 10,  15,  30,
					   60, 120, 240, 360, 720, 1440 };
	uint64_t minutes = span_ms / MINUTE_MS + 1;

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		if ((minutes + widths[i] - 1) / widths[i] < ROWS_MAX)
			return widths[i] * MINUTE_MS;
	return (minutes / 1440 / (ROWS_MAX - 1) + 1) * 1440 * MINUTE_MS;
}

static void fill(const struct incident_minute *minutes, size_t count,
		 struct bins *bins)
{
	uint64_t begin_ms;

	memset(bins, 0, sizeof(*bins));
	if (count == 0)
		return;
	bins->width_ms = width_of(minutes[count - 1].minute_ms -
				  minutes[0].minute_ms);
	begin_ms = minutes[0].minute_ms - minutes[0].minute_ms % bins->width_ms;
	bins->count = (size_t)((minutes[count - 1].minute_ms - begin_ms) /
			       bins->width_ms) +
		      1;
	for (size_t i = 0; i < bins->count; i++)
		bins->rows[i].minute_ms = begin_ms + i * bins->width_ms;
	for (size_t i = 0; i < count; i++) {
		struct incident_minute *row =
			&bins->rows[(minutes[i].minute_ms - begin_ms) /
				    bins->width_ms];

		row->stopped += minutes[i].stopped;
		row->let_in += minutes[i].let_in;
		row->held += minutes[i].held;
	}
}

static void add_rows(const struct bins *bins, json_t *section,
		     const char *source)
{
	static const struct report_column columns[] = {
		{ "time", "From (UTC)", REPORT_TIME },
		{ "stopped", "Stopped", REPORT_COUNT },
		{ "held", "Held", REPORT_COUNT },
		{ "let_in", "Let in", REPORT_COUNT },
		{ 0 },
	};
	char span[UNITS_TEXT_SIZE], *caption;
	json_t *table;

	caption = alloc_format(
		"Messages in each %s",
		bins->count == 0 ? "minute"
				 : units_format_span(bins->width_ms, span));
	table = report_section_table(section, "minutes", caption, columns);
	free(caption);
	for (size_t i = 0; i < bins->count; i++)
		report_row_add(table, document_string(source), "mnnn",
			       bins->rows[i].minute_ms, bins->rows[i].stopped,
			       bins->rows[i].held, bins->rows[i].let_in);
}

/* the chart */

static void add_mark(json_t *marks, uint64_t when_ms, const char *label)
{
	json_array_append_new(marks,
			      document_make("time:m label:s", when_ms, label));
}

static json_t *marks_of(const struct report_facts *facts)
{
	static const char *const shown[] = { "serious", "critical", "contained",
					     "taken",	"quiet",    "again",
					     "over" };
	json_t *marks = json_array();

	add_mark(marks, facts->detail.incident.opened_ms, "opened");
	report_records_foreach(&facts->journal, record)
		for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
			if (report_record_is(record, JOURNAL_INCIDENT,
					     shown[i]))
				add_mark(marks, record->when_ms, shown[i]);
	for (size_t i = 0; i < facts->acts.count; i++)
		if (facts->acts.all[i].is_of)
			add_mark(marks, facts->acts.all[i].when_ms,
				 facts->acts.all[i].act);
	report_rows_sort(marks);
	return marks;
}

static void add_chart(const struct report_facts *facts, json_t *section,
		      const struct bins *bins)
{
	const struct incident *incident = &facts->detail.incident;
	char span[UNITS_TEXT_SIZE];
	char *description = alloc_format(
		"Columns of %s: %" PRIu64 " messages stopped, %" PRIu64
		" held and %" PRIu64 " let in; lines are events. The same "
		"numbers are in the table below.",
		units_format_span(bins->width_ms, span), incident->stopped,
		incident->held, incident->let_in);

	json_object_set_new(
		section, "chart",
		document_make(
			"title:s description:s table:s width_ms:n marks:o",
			"Messages stopped, held and let in", description,
			"minutes", bins->width_ms, marks_of(facts)));
	free(description);
}

/* which minutes */

static struct incident_minute sum_of(const struct incident_minute *minutes,
				     size_t count)
{
	struct incident_minute sum = { 0 };

	for (size_t i = 0; i < count; i++) {
		sum.stopped += minutes[i].stopped;
		sum.held += minutes[i].held;
		sum.let_in += minutes[i].let_in;
	}
	return sum;
}

static bool is_all(const struct incident *incident,
		   const struct incident_minute *sum)
{
	return sum->stopped == incident->stopped &&
	       sum->held == incident->held && sum->let_in == incident->let_in;
}

static void check_sums(const struct report_facts *facts, json_t *section,
		       uint64_t journal_has, bool has_journal)
{
	const struct incident *incident = &facts->detail.incident;
	uint64_t all = incident->stopped + incident->held;

	if (has_journal && journal_has != all)
		report_section_gap(
			section,
			"the minute records that were read count "
			"%" PRIu64 " of %" PRIu64 " messages stopped or held: "
			"those of its first moment, of a minute that "
			"goes on and of milters whose journal was not "
			"read are not in them",
			journal_has, all);
	if (!has_journal)
		report_section_gap(section, "no minute record was read: %s",
				   facts->is_in_redis
					   ? "the minutes are Redis's"
					   : "the course is not known");
}

json_t *report_timeline(struct report_facts *facts)
{
	const struct incident_detail *detail = &facts->detail;
	json_t *section = report_section_new(4, "Timeline");
	size_t count;
	struct incident_minute *recorded = report_detail_minutes(
		&facts->journal, detail->incident.opened_ms, &count);
	struct incident_minute sum = sum_of(recorded, count);
	struct bins bins;

	/* the journal where it is complete; Redis has exact minutes */
	if (facts->is_in_redis && detail->minute_count != 0 &&
	    !is_all(&detail->incident, &sum)) {
		fill(detail->minutes, detail->minute_count, &bins);
		add_rows(&bins, section, "redis");
	} else {
		fill(recorded, count, &bins);
		add_rows(&bins, section, "minute records");
	}
	if (bins.count != 0)
		add_chart(facts, section, &bins);
	report_section_add(
		section,
		&(struct report_figure){
			"peak", "Most stopped in one minute", REPORT_COUNT,
			document_number(detail->incident.peak),
			report_facts_redis_or(facts, "minute records") });
	check_sums(facts, section, sum.stopped + sum.held, count != 0);
	free(recorded);
	return section;
}
