/* SPDX-License-Identifier: ISC */

/* The report as a few tables: what was read, what each limit did, who it was,
 * and then, if it was asked for, how another configuration compares. As one
 * JSON object it has the members that weirctl(8) describes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "lib/base/units.h"
#include "output.h"
#include "replay_report.h"
#include "window_chart.h"

static void head(const char *text)
{
	putchar('\n');
	terminal_begin(stdout, TERMINAL_HEAD);
	fputs(text, stdout);
	terminal_end(stdout, TERMINAL_HEAD);
	putchar('\n');
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
	const struct replay_job *job = report->job;
	const struct assembly_counts *counts = &job->counts;
	const char *lacking = replay_lacks(replay_settings(report->replay));

	say(counts->turned_away,
	    "recipient was rejected before a milter saw it: not replayed",
	    "recipients were rejected before a milter saw them: not replayed");
	say(counts->local, "message of sendmail(1): not replayed, see --local",
	    "messages of sendmail(1): not replayed, see --local");
	say(counts->unfinished, "message has no end in the log: not replayed",
	    "messages have no end in the log: not replayed");
	say(counts->hiding, "message hides some of its recipients",
	    "messages hide some of their recipients");
	say(job->cut, "line was too long and was truncated",
	    "lines were too long and were truncated");
	say(job->unknown, "line could not be parsed, see above",
	    "lines could not be parsed, see above");
	say(totals->steps_back, "time stamp goes back in time",
	    "time stamps go back in time");
	say(totals->evicted, "window was dropped for lack of room",
	    "windows were dropped for lack of room");
	say(totals->untallied, "charge is not in the tables, which are full",
	    "charges are not in the tables, which are full");
	if (job->is_resorted)
		printf("  The files were read in the order of their time "
		       "stamps.\n");
	if (lacking != NULL)
		printf("  The configuration needs %s, which a log does not "
		       "contain.\n",
		       lacking);
}

static void print_read(const struct replay_report *report,
		       const struct replay_totals *totals)
{
	char first[MOMENT_TEXT_SIZE], last[MOMENT_TEXT_SIZE];
	char span[SPAN_TEXT_SIZE];

	printf("%" PRIu64 " messages in %" PRIu64 " lines", totals->messages,
	       report->job->lines);
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
		    "\n"
		    "  over a limit, but not stopped: ");
	if (totals->exempt != 0)
		printf("\n  exempt: %" PRIu64, totals->exempt);
	if (totals->recipients_refused != 0)
		printf("\n"
		       "  recipients rejected at RCPT: %" PRIu64,
		       totals->recipients_refused);
	printf("\n\n");
}

/* limits */

static uint64_t noticed(const struct replay_limit *counts)
{
	return counts->kinds[VERDICT_MONITOR] +
	       counts->kinds[VERDICT_QUARANTINE];
}

/* "-" in the table where it is 0. */
static void add_count(struct output *output, const char *member,
		      const char *title, uint64_t count,
		      enum terminal_colour colour)
{
	if (count == 0)
		output_value(output, member, json_integer(0), title,
			     OUTPUT_RIGHT, "-");
	else
		output_value(output, member, document_number(count), title,
			     OUTPUT_RIGHT | colour, "%" PRIu64, count);
}

static json_t *outcomes(const uint64_t kinds[VERDICT_REJECT + 1])
{
	json_t *object = json_object();

	for (int kind = VERDICT_ACCEPT; kind <= VERDICT_REJECT; kind++)
		json_object_set_new(object,
				    verdict_name((enum verdict_kind)kind),
				    document_number(kinds[kind]));
	return object;
}

static json_t *subject(const struct tally_row *row)
{
	if (row == NULL)
		return json_null();
	return document_make("subject:s stopped:n noticed:n used:n used_at:m",
			     row->subject, row->stopped, row->noticed,
			     row->peak, row->peak_ms);
}

/* The highest use of max: how much, when, and whose. */
static void add_peak(struct output *output, const struct replay_row *row)
{
	char used[WINDOW_TEXT_SIZE], max[WINDOW_TEXT_SIZE],
		when[MOMENT_TEXT_SIZE];
	const struct tally_row *peak = row->peak;
	uint64_t number = peak == NULL ? 0 : peak->peak;

	output_value(
		output, "highest", subject(peak), "HIGHEST",
		OUTPUT_RIGHT |
			(peak == NULL ? TERMINAL_PLAIN
				      : window_chart_colour(number,
							    row->limit->max)),
		"%s/%s", window_text_amount(row->limit->unit, number, used),
		window_text_amount(row->limit->unit, row->limit->max, max));
	/* "05-01 09:50:01" of "2026-05-01 09:50:01 +0200" */
	output_cell(output, "WHEN", 0, "%.14s",
		    peak == NULL
			    ? "-"
			    : moment_format_local(peak->peak_ms, when) + 5);
	output_subject(output, NULL, "WHOSE",
		       peak == NULL ? "-" : peak->subject);
}

static void add_limit(struct output *output, const struct replay_row *row)
{
	const struct limit *limit = row->limit;
	json_t *top = json_array();

	for (size_t i = 0; i < row->top_count; i++)
		json_array_append_new(top, subject(row->top[i]));
	output_row(output);
	output_text(output, "limit", "LIMIT", limit->name);
	output_text(output, "unit", NULL, limit_unit_name(limit->unit));
	output_text(output, "action", NULL, limit_action_name(limit->action));
	output_number(output, "max", NULL, limit->max);
	output_number(output, "per_ms", NULL, limit->per_ms);
	add_count(output, "stopped", "STOPPED",
		  replay_stopped(row->counts->kinds), TERMINAL_BAD);
	output_json(output, "outcomes", outcomes(row->counts->kinds));
	output_number(output, "recipients_refused", NULL,
		      row->counts->recipients_refused);
	output_number(output, "subjects", NULL, row->subjects);
	add_count(output, NULL, "NOTICED", noticed(row->counts), TERMINAL_WARN);
	add_peak(output, row);
	output_json(output, "most_stopped", top);
}

static struct output *limits(const struct replay *replay, bool is_json)
{
	struct replay_row *rows = replay_report_rows(replay);
	struct output *output = output_new(is_json, "WHEN");

	for (size_t i = 0; i < replay_settings(replay)->limit_count; i++)
		add_limit(output, &rows[i]);
	free(rows);
	return output;
}

static void print_table(struct output *output)
{
	output_print(output, stdout);
	output_free(&output);
}

static void print_subjects(const struct replay *replay)
{
	struct replay_row *rows = replay_report_rows(replay);
	struct output *output = output_new(false, NULL);

	for (size_t i = 0; i < replay_settings(replay)->limit_count; i++)
		for (size_t j = 0; j < rows[i].top_count; j++) {
			const struct tally_row *top = rows[i].top[j];

			output_row(output);
			output_text(output, NULL, "LIMIT", rows[i].limit->name);
			output_number(output, NULL, "MESSAGES",
				      top->stopped + top->noticed);
			output_subject(output, NULL, "WHOSE", top->subject);
		}
	if (output_rows(output) != 0)
		head("Who was over a limit most often");
	print_table(output);
	free(rows);
}

/* --diff */

static void add_side(struct output *output, const struct replay *replay,
		     const char *name, const char *title)
{
	char max[WINDOW_TEXT_SIZE], per[UNITS_TEXT_SIZE];
	const struct settings *settings = replay_settings(replay);
	const struct limit *limit = settings_limit(settings, name);

	if (limit == NULL) {
		output_cell(output, title, OUTPUT_RIGHT, "-");
		output_cell(output, "STOPPED", OUTPUT_RIGHT, "-");
		return;
	}
	output_cell(output, title, OUTPUT_RIGHT, "%s in %s",
		    window_text_amount(limit->unit, limit->max, max),
		    limit_format_per(limit, per));
	output_number(
		output, NULL, "STOPPED",
		replay_stopped(
			replay_limits(replay)[limit - settings->limits].kinds));
}

static void add_pair(struct output *output, const char *name,
		     const struct replay_report *report)
{
	output_row(output);
	output_text(output, NULL, "LIMIT", name);
	add_side(output, report->old, name, "OLD");
	add_side(output, report->replay, name, "NEW");
}

static void print_diff(const struct replay_report *report)
{
	const struct replay_job *job = report->job;
	const struct settings *old = replay_settings(report->old);
	const struct settings *new = replay_settings(report->replay);
	struct output *output = output_new(false, NULL);

	head("Compared with the old configuration");
	printf("  %" PRIu64 " messages stopped only by the new one, %" PRIu64
	       " only by the old one, %" PRIu64 " by both\n\n",
	       job->only_first, job->only_second, job->both);
	for (size_t i = 0; i < new->limit_count; i++)
		add_pair(output, new->limits[i].name, report);
	for (size_t i = 0; i < old->limit_count; i++)
		if (settings_limit(new, old->limits[i].name) == NULL)
			add_pair(output, old->limits[i].name, report);
	print_table(output);
}

/* --suggest */

static void add_suggestion(struct output *output, const struct limit *limit,
			   const struct limit_suggestion *suggestion,
			   const struct replay_limit *counts)
{
	char max[WINDOW_TEXT_SIZE];
	uint64_t stopped = replay_stopped(counts->kinds);

	output_row(output);
	output_text(output, "limit", "LIMIT", limit->name);
	output_number(output, "subjects", "SUBJECTS", suggestion->subjects);
	output_amount(output, "percentile_peak", "NORMAL", limit->unit,
		      suggestion->peak);
	output_amount(output, "highest_peak", "HIGHEST", limit->unit,
		      suggestion->top);
	output_amount(output, "max", "MAX NOW", limit->unit, limit->max);
	output_value(output, "suggested_max", document_number(suggestion->max),
		     "SUGGESTED", OUTPUT_RIGHT | TERMINAL_HEAD, "%s",
		     window_text_amount(limit->unit, suggestion->max, max));
	output_number(output, "stopped", NULL, stopped);
	output_json(output, "outcomes", outcomes(counts->kinds));
	add_count(output, NULL, "OVER IT", stopped + noticed(counts),
		  TERMINAL_BAD);
}

static struct output *suggestions(const struct replay_report *report,
				  bool is_json)
{
	const struct replay_advice *advice = report->advice;
	const struct settings *now = replay_settings(report->replay);
	struct output *output = output_new(is_json, "SUBJECTS,HIGHEST");

	for (size_t i = 0; i < now->limit_count; i++)
		add_suggestion(output, &now->limits[i], &advice->suggestions[i],
			       &replay_limits(advice->replay)[i]);
	return output;
}

static void print_advice(const struct replay_report *report)
{
	const struct replay_advice *advice = report->advice;
	struct replay_totals totals;

	replay_totals(advice->replay, &totals);
	head("Suggested max that does not affect normal mail");
	printf("  normal: the highest use of the subject at percentile %g, if "
	       "nothing is stopped\n"
	       "  suggested: that times %g, rounded up; it would have stopped "
	       "%" PRIu64 " messages\n\n",
	       (double)advice->wish->percentile / 1000,
	       (double)advice->wish->margin / 1000,
	       replay_stopped(totals.kinds));
	print_table(suggestions(report, false));
}

/* json */

/* How it came out under one configuration. */
static json_t *result(const struct replay *replay)
{
	struct output *rows = limits(replay, true);
	struct replay_totals totals;

	replay_totals(replay, &totals);
	return document_make("configuration:s stopped:n outcomes:o exempt:n "
			     "recipients_refused:n limits:o",
			     replay_settings(replay)->path,
			     replay_stopped(totals.kinds),
			     outcomes(totals.kinds), totals.exempt,
			     totals.recipients_refused, output_take(&rows));
}

/* Takes over more. */
static json_t *join(json_t *object, json_t *more)
{
	json_object_update(object, more);
	json_decref(more);
	return object;
}

static json_t *diff_json(const struct replay_report *report)
{
	const struct replay_job *job = report->job;

	if (report->old == NULL)
		return json_null();
	return join(document_make("stopped_by_new_only:n "
				  "stopped_by_old_only:n stopped_by_both:n",
				  job->only_first, job->only_second, job->both),
		    result(report->old));
}

static json_t *advice_json(const struct replay_report *report)
{
	const struct replay_advice *advice = report->advice;
	struct replay_totals totals;
	struct output *rows;

	if (advice == NULL)
		return json_null();
	rows = suggestions(report, true);
	replay_totals(advice->replay, &totals);
	return json_pack("{s:f, s:f, s:o, s:o}", "percentile",
			 (double)advice->wish->percentile / 1000, "margin",
			 (double)advice->wish->margin / 1000, "stopped",
			 document_number(replay_stopped(totals.kinds)),
			 "limits", output_take(&rows));
}

static json_t *left_out(const struct replay_job *job)
{
	const struct assembly_counts *counts = &job->counts;

	return document_make("turned_away:n local:n unfinished:n "
			     "hidden_recipients:n cut_lines:n unknown_lines:n",
			     counts->turned_away, counts->local,
			     counts->unfinished, counts->hiding, job->cut,
			     job->unknown);
}

void replay_print_json(const struct replay_report *report)
{
	const struct replay_job *job = report->job;
	json_t *files = json_array();
	struct replay_totals totals;

	replay_totals(report->replay, &totals);
	for (size_t i = 0; i < job->file_count; i++)
		json_array_append_new(files, document_string(job->files[i]));
	document_print(
		join(join(document_make("files:o lines:n messages:n first:m "
					"last:m left_out:o",
					files, job->lines, totals.messages,
					totals.first_ms, totals.last_ms,
					left_out(job)),
			  result(report->replay)),
		     document_make("diff:o suggest:o", diff_json(report),
				   advice_json(report))),
		stdout);
}

void replay_print(const struct replay_report *report)
{
	struct replay_totals totals;

	replay_totals(report->replay, &totals);
	print_read(report, &totals);
	if (totals.messages == 0)
		return;
	head("What the limits would have done");
	print_outcome(&totals);
	print_table(limits(report->replay, false));
	print_subjects(report->replay);
	if (report->old != NULL)
		print_diff(report);
	if (report->advice != NULL)
		print_advice(report);
}
