/* SPDX-License-Identifier: ISC */

/* The report as one JSON object; its members are described in weirctl(8). */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/json.h"
#include "replay_report.h"

static void set_number(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, document_number(number));
}

static void set_text(json_t *object, const char *name, const char *text)
{
	json_object_set_new(object, name, document_string(text));
}

static json_t *outcomes(const uint64_t kinds[VERDICT_REJECT + 1])
{
	json_t *object = json_object();

	for (int kind = VERDICT_ACCEPT; kind <= VERDICT_REJECT; kind++)
		set_number(object, verdict_name((enum verdict_kind)kind),
			   kinds[kind]);
	return object;
}

static json_t *subject(const struct tally_row *row)
{
	json_t *object = json_object();

	set_text(object, "subject", row->subject);
	set_number(object, "stopped", row->stopped);
	set_number(object, "noticed", row->noticed);
	set_number(object, "used", row->peak);
	json_object_set_new(object, "used_at", document_moment(row->peak_ms));
	return object;
}

static json_t *limit(const struct replay_row *row)
{
	json_t *object = json_object(), *top = json_array();

	set_text(object, "limit", row->limit->name);
	set_text(object, "unit", limit_unit_name(row->limit->unit));
	set_text(object, "action", limit_action_name(row->limit->action));
	set_number(object, "max", row->limit->max);
	set_number(object, "per_ms", row->limit->per_ms);
	set_number(object, "stopped", replay_stopped(row->counts->kinds));
	json_object_set_new(object, "outcomes", outcomes(row->counts->kinds));
	set_number(object, "recipients_refused",
		   row->counts->recipients_refused);
	set_number(object, "subjects", row->subjects);
	json_object_set_new(object, "highest",
			    row->peak == NULL ? json_null()
					      : subject(row->peak));
	for (size_t i = 0; i < row->top_count; i++)
		json_array_append_new(top, subject(row->top[i]));
	json_object_set_new(object, "most_stopped", top);
	return object;
}

static json_t *limits(const struct replay *replay)
{
	struct replay_row *rows = replay_report_rows(replay);
	json_t *array = json_array();

	for (size_t i = 0; i < replay_settings(replay)->limit_count; i++)
		json_array_append_new(array, limit(&rows[i]));
	free(rows);
	return array;
}

static void set_result(json_t *object, const struct replay *replay)
{
	struct replay_totals totals;

	replay_totals(replay, &totals);
	set_text(object, "configuration", replay_settings(replay)->path);
	set_number(object, "stopped", replay_stopped(totals.kinds));
	json_object_set_new(object, "outcomes", outcomes(totals.kinds));
	set_number(object, "exempt", totals.exempt);
	set_number(object, "recipients_refused", totals.recipients_refused);
	json_object_set_new(object, "limits", limits(replay));
}

static json_t *diff(const struct replay_diff *diff)
{
	json_t *object = json_object();

	set_number(object, "stopped_by_new_only", diff->only_new);
	set_number(object, "stopped_by_old_only", diff->only_old);
	set_number(object, "stopped_by_both", diff->both);
	set_result(object, diff->old);
	return object;
}

static json_t *suggested(const struct limit *now,
			 const struct limit_suggestion *suggestion,
			 const struct replay_limit *counts)
{
	json_t *object = json_object();

	set_text(object, "limit", now->name);
	set_number(object, "subjects", suggestion->subjects);
	set_number(object, "percentile_peak", suggestion->peak);
	set_number(object, "highest_peak", suggestion->top);
	set_number(object, "max", now->max);
	set_number(object, "suggested_max", suggestion->max);
	set_number(object, "stopped", replay_stopped(counts->kinds));
	json_object_set_new(object, "outcomes", outcomes(counts->kinds));
	return object;
}

static json_t *advice(const struct replay_report *report)
{
	const struct replay_advice *advice = report->advice;
	const struct settings *now = replay_settings(report->replay);
	const struct replay_limit *counts = replay_limits(advice->replay);
	json_t *object = json_object(), *array = json_array();
	struct replay_totals totals;

	replay_totals(advice->replay, &totals);
	json_object_set_new(object, "percentile",
			    json_real((double)advice->wish->percentile / 1000));
	json_object_set_new(object, "margin",
			    json_real((double)advice->wish->margin / 1000));
	set_number(object, "stopped", replay_stopped(totals.kinds));
	for (size_t i = 0; i < now->limit_count; i++)
		json_array_append_new(array, suggested(&now->limits[i],
						       &advice->suggestions[i],
						       &counts[i]));
	json_object_set_new(object, "limits", array);
	return object;
}

static json_t *left_out(const struct replay_report *report)
{
	json_t *object = json_object();

	set_number(object, "turned_away", report->counts.turned_away);
	set_number(object, "local", report->counts.local);
	set_number(object, "unfinished", report->counts.unfinished);
	set_number(object, "hidden_recipients", report->counts.hiding);
	set_number(object, "cut_lines", report->cut);
	set_number(object, "unknown_lines", report->unknown);
	return object;
}

void replay_json(const struct replay_report *report)
{
	json_t *object = json_object(), *files = json_array();
	struct replay_totals totals;

	replay_totals(report->replay, &totals);
	for (size_t i = 0; i < report->file_count; i++)
		json_array_append_new(files, document_string(report->files[i]));
	json_object_set_new(object, "files", files);
	set_number(object, "lines", report->lines);
	set_number(object, "messages", totals.messages);
	json_object_set_new(object, "first", document_moment(totals.first_ms));
	json_object_set_new(object, "last", document_moment(totals.last_ms));
	json_object_set_new(object, "left_out", left_out(report));
	set_result(object, report->replay);
	json_object_set_new(object, "diff",
			    report->diff == NULL ? json_null()
						 : diff(report->diff));
	json_object_set_new(object, "suggest",
			    report->advice == NULL ? json_null()
						   : advice(report));
	document_print(object, stdout);
}
