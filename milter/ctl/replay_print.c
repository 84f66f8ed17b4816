/* SPDX-License-Identifier: ISC */

/* The report as a few tables: what was read, what each limit did, who it was,
 * and then, if it was asked for, how another configuration compares. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/moment.h"
#include "lib/base/units.h"
#include "replay_report.h"
#include "terminal.h"
#include "span_text.h"
#include "window_text.h"

static void head(const char *text)
{
	printf("\n");
	terminal_begin(stdout, TERMINAL_HEAD);
	printf("%s", text);
	terminal_end(stdout, TERMINAL_HEAD);
	printf("\n");
}

/* One of the things that were left out, or are not exact. */
static void say(uint64_t count, const char *one, const char *many)
{
	if (count != 0)
		printf("  %" PRIu64 " %s\n", count, count == 1 ? one : many);
}

static void print_cautions(const struct replay_report *report,
			   const struct replay_totals *totals)
{
	const struct assembly_counts *counts = &report->counts;
	const char *lacking = replay_lacks(replay_settings(report->replay));

	say(counts->turned_away,
	    "recipient was refused before a milter saw it: not replayed",
	    "recipients were refused before a milter saw them: not replayed");
	say(counts->local, "message of sendmail(1): not replayed, see --local",
	    "messages of sendmail(1): not replayed, see --local");
	say(counts->unfinished, "message has no end in the log: not replayed",
	    "messages have no end in the log: not replayed");
	say(counts->hiding, "message hides some of its recipients",
	    "messages hide some of their recipients");
	say(report->cut, "line was too long and was cut",
	    "lines were too long and were cut");
	say(report->unknown, "line was not understood, see above",
	    "lines were not understood, see above");
	say(totals->steps_back, "time the log went back in time",
	    "times the log went back in time");
	say(totals->evicted, "window was forgotten for want of room",
	    "windows were forgotten for want of room");
	if (report->is_resorted)
		printf("  The files were read in the order of their times.\n");
	if (lacking != NULL)
		printf("  The configuration asks for %s, which a log does not "
		       "tell.\n",
		       lacking);
}

static void print_read(const struct replay_report *report,
		       const struct replay_totals *totals)
{
	char first[MOMENT_TEXT_SIZE], last[MOMENT_TEXT_SIZE];
	char span[SPAN_TEXT_SIZE];

	printf("%" PRIu64 " messages in %" PRIu64 " lines", totals->messages,
	       report->lines);
	if (totals->messages != 0)
		printf(", %s\nfrom %s to %s",
		       span_text(totals->last_ms - totals->first_ms, span),
		       moment_format_local(totals->first_ms, first),
		       moment_format_local(totals->last_ms, last));
	printf("\n");
	print_cautions(report, totals);
}

/* ": 4900 tempfail, 12 reject" of the kinds from first to last. */
static void print_kinds(const struct replay_totals *totals,
			enum verdict_kind first, enum verdict_kind last,
			const char *before)
{
	for (int kind = (int)first; kind <= (int)last; kind++) {
		if (totals->kinds[kind] == 0)
			continue;
		printf("%s%" PRIu64 " %s", before, totals->kinds[kind],
		       verdict_name((enum verdict_kind)kind));
		before = ", ";
	}
}

static void print_outcome(const struct replay_totals *totals)
{
	printf("  %" PRIu64 " of %" PRIu64 " messages stopped",
	       replay_stopped(totals->kinds), totals->messages);
	print_kinds(totals, VERDICT_TEMPFAIL, VERDICT_REJECT, ": ");
	print_kinds(totals, VERDICT_MONITOR, VERDICT_QUARANTINE,
		    "\n  noticed, but not stopped: ");
	if (totals->exempt != 0)
		printf("\n  exempt: %" PRIu64, totals->exempt);
	if (totals->recipients_refused != 0)
		printf("\n  recipients refused at RCPT: %" PRIu64,
		       totals->recipients_refused);
	printf("\n\n");
}

/* limits */

static uint64_t noticed(const struct replay_limit *counts)
{
	return counts->kinds[VERDICT_MONITOR] +
	       counts->kinds[VERDICT_QUARANTINE];
}

static void add_count(struct table *table, uint64_t count,
		      enum terminal_colour colour)
{
	if (count == 0)
		table_add(table, "-");
	else
		table_add_format(table, colour, "%" PRIu64, count);
}

static void add_peak(struct table *table, const struct replay_row *row)
{
	char used[WINDOW_TEXT_SIZE], max[WINDOW_TEXT_SIZE],
		when[MOMENT_TEXT_SIZE];
	const struct tally_row *peak = row->peak;

	window_text_amount(row->limit->unit, row->limit->max, max);
	if (peak == NULL) {
		table_add_format(table, TERMINAL_PLAIN, "0/%s", max);
		table_add(table, "-");
		table_add(table, "-");
		return;
	}
	table_add_format(
		table, window_text_colour(peak->peak, row->limit->max), "%s/%s",
		window_text_amount(row->limit->unit, peak->peak, used), max);
	moment_format_local(peak->peak_ms, when);
	/* "05-01 09:50:01" of "2026-05-01 09:50:01 +0200" */
	table_add_format(table, TERMINAL_PLAIN, "%.14s", when + 5);
	table_add_subject(table, peak->subject);
}

static void print_limits(const struct replay_row *rows, size_t count)
{
	static const struct table_column columns[] = {
		{ .title = "limit", .least_width = 10 },
		{ .title = "stopped", .align = TABLE_RIGHT },
		{ .title = "noticed", .align = TABLE_RIGHT },
		{ .title = "highest", .align = TABLE_RIGHT },
		{ .title = "when" },
		{ .title = "whose", .least_width = 16 },
	};
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < count; i++) {
		table_add(table, rows[i].limit->name);
		add_count(table, replay_stopped(rows[i].counts->kinds),
			  TERMINAL_BAD);
		add_count(table, noticed(rows[i].counts), TERMINAL_WARN);
		add_peak(table, &rows[i]);
	}
	table_print(table, stdout, 2);
	table_free(&table);
}

static void print_subjects(const struct replay_row *rows, size_t count)
{
	static const struct table_column columns[] = {
		{ .title = "limit", .least_width = 10 },
		{ .title = "messages", .align = TABLE_RIGHT },
		{ .title = "whose", .least_width = 16 },
	};
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < rows[i].top_count; j++) {
			const struct tally_row *top = rows[i].top[j];

			table_add(table, rows[i].limit->name);
			table_add_format(table, TERMINAL_PLAIN, "%" PRIu64,
					 top->stopped + top->noticed);
			table_add_subject(table, top->subject);
		}
	if (table_rows(table) != 0)
		head("Who was over a limit most often");
	table_print(table, stdout, 2);
	table_free(&table);
}

static void print_result(const struct replay *replay,
			 const struct replay_totals *totals)
{
	struct replay_row *rows = replay_report_rows(replay);
	size_t count = replay_settings(replay)->limit_count;

	head("What the limits would have done");
	print_outcome(totals);
	print_limits(rows, count);
	print_subjects(rows, count);
	free(rows);
}

/* --diff */

static void add_side(struct table *table, const struct limit *limit,
		     const struct replay *replay, size_t index)
{
	char max[WINDOW_TEXT_SIZE], per[UNITS_TEXT_SIZE];

	if (limit == NULL) {
		table_add(table, "-");
		table_add(table, "-");
		return;
	}
	table_add_format(table, TERMINAL_PLAIN, "%s in %s",
			 window_text_amount(limit->unit, limit->max, max),
			 limit_format_per(limit, per));
	table_add_format(table, TERMINAL_PLAIN, "%" PRIu64,
			 replay_stopped(replay_limits(replay)[index].kinds));
}

static void add_pair(struct table *table, const char *name,
		     const struct replay *old, const struct replay *new)
{
	const struct replay *const sides[] = { old, new };

	table_add(table, name);
	for (size_t i = 0; i < 2; i++) {
		size_t index = 0;
		const struct limit *limit = replay_report_limit(
			replay_settings(sides[i]), name, &index);

		add_side(table, limit, sides[i], index);
	}
}

static void print_diff(const struct replay_report *report)
{
	static const struct table_column columns[] = {
		{ .title = "limit", .least_width = 10 },
		{ .title = "old", .align = TABLE_RIGHT },
		{ .title = "stopped", .align = TABLE_RIGHT },
		{ .title = "new", .align = TABLE_RIGHT },
		{ .title = "stopped", .align = TABLE_RIGHT },
	};
	const struct replay_diff *diff = report->diff;
	const struct settings *old = replay_settings(diff->old);
	const struct settings *new = replay_settings(report->replay);
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));
	size_t index;

	head("Compared with the old configuration");
	printf("  %" PRIu64 " messages stopped by the new one only, %" PRIu64
	       " by the old one only, %" PRIu64 " by both\n\n",
	       diff->only_new, diff->only_old, diff->both);
	for (size_t i = 0; i < new->limit_count; i++)
		add_pair(table, new->limits[i].name, diff->old, report->replay);
	for (size_t i = 0; i < old->limit_count; i++)
		if (replay_report_limit(new, old->limits[i].name, &index) ==
		    NULL)
			add_pair(table, old->limits[i].name, diff->old,
				 report->replay);
	table_print(table, stdout, 2);
	table_free(&table);
}

/* --suggest */

static void add_suggestion(struct table *table, const struct limit *limit,
			   const struct limit_suggestion *suggestion,
			   const struct replay_limit *counts)
{
	const uint64_t numbers[] = { suggestion->peak, suggestion->top,
				     limit->max, suggestion->max };
	char text[WINDOW_TEXT_SIZE];

	table_add(table, limit->name);
	table_add_format(table, TERMINAL_PLAIN, "%zu", suggestion->subjects);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		table_add_format(
			table, i == 3 ? TERMINAL_HEAD : TERMINAL_PLAIN, "%s",
			window_text_amount(limit->unit, numbers[i], text));
	add_count(table, replay_stopped(counts->kinds) + noticed(counts),
		  TERMINAL_BAD);
}

static void print_advice(const struct replay_report *report)
{
	static const struct table_column columns[] = {
		{ .title = "limit", .least_width = 10 },
		{ .title = "subjects", .align = TABLE_RIGHT },
		{ .title = "normal", .align = TABLE_RIGHT },
		{ .title = "highest", .align = TABLE_RIGHT },
		{ .title = "max now", .align = TABLE_RIGHT },
		{ .title = "suggested", .align = TABLE_RIGHT },
		{ .title = "over it", .align = TABLE_RIGHT },
	};
	const struct replay_advice *advice = report->advice;
	const struct settings *now = replay_settings(report->replay);
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));
	struct replay_totals totals;

	replay_totals(advice->replay, &totals);
	head("What max would leave normal mail alone");
	printf("  normal: the highest use of the subject at percentile %g, were "
	       "nobody stopped\n  suggested: that times %g, rounded up; it "
	       "would have stopped %" PRIu64 " messages\n\n",
	       (double)advice->wish->percentile / 1000,
	       (double)advice->wish->margin / 1000,
	       replay_stopped(totals.kinds));
	for (size_t i = 0; i < now->limit_count; i++)
		add_suggestion(table, &now->limits[i], &advice->suggestions[i],
			       &replay_limits(advice->replay)[i]);
	table_print(table, stdout, 2);
	table_free(&table);
}

void replay_print(const struct replay_report *report)
{
	struct replay_totals totals;

	replay_totals(report->replay, &totals);
	print_read(report, &totals);
	if (totals.messages == 0)
		return;
	print_result(report->replay, &totals);
	if (report->diff != NULL)
		print_diff(report);
	if (report->advice != NULL)
		print_advice(report);
}
