/* SPDX-License-Identifier: ISC */

/* One row for each flood: who, how many, how fast, what to type. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alert/incident_sentence.h"
#include "lib/alert/incident_steps.h"
#include "lib/base/alloc.h"
#include "lib/base/count_text.h"
#include "lib/base/moment.h"
#include "lib/base/text.h"
#include "lib/fleet/incident_about.h"
#include "lib/fleet/incident_json.h"
#include "page_cell.h"
#include "page_chart.h"
#include "page_rows.h"

#define WHO_SIZE      700
#define MINUTE_MS     60000
#define CHART_MINUTES 61

/* "script@dev.example via 10.20.0.7 -> jake@example.com" */
static void put_who(json_t *row, const struct incident_detail *detail)
{
	const struct incident *incident = &detail->incident;
	const char *client = incident_half(detail, FLOOD_CLIENT);
	const char *to = incident_half(detail, FLOOD_RECIPIENT);
	char buffer[WHO_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	if (incident->source[0] == '\0')
		text_add_string(&text, "many, ");
	incident_sentence_add_name(&text, incident);
	if (client != NULL && strncmp(incident->source, "client:", 7) != 0) {
		text_add_string(&text, " via ");
		text_add_line(&text, client, strlen(client),
			      INCIDENT_VALUE_MAX);
	}
	if (to != NULL) {
		text_add_string(&text, " \342\206\222 "); /* an arrow */
		text_add_line(&text, to, strlen(to), INCIDENT_VALUE_MAX);
	}
	page_cell_put(row, "who", "%s", buffer);
}

/* Stopped a minute, in the last hour of it. */
static void put_chart(json_t *row, const struct incident_detail *detail)
{
	uint64_t values[CHART_MINUTES] = { 0 }, end, max;
	const struct incident *incident = &detail->incident;
	char *path;

	end = (incident->ended_ms != 0 ? incident->last_ms : detail->now_ms) /
	      MINUTE_MS;
	for (size_t i = 0; i < detail->minute_count; i++) {
		const struct incident_minute *minute = &detail->minutes[i];
		uint64_t ago = end - minute->minute_ms / MINUTE_MS;

		if (minute->minute_ms / MINUTE_MS <= end && ago < CHART_MINUTES)
			values[CHART_MINUTES - 1 - ago] += minute->stopped +
							   minute->held;
	}
	max = page_chart_max(values, CHART_MINUTES);
	path = page_chart_path(values, NULL, CHART_MINUTES, max);
	page_cell_put(row, "chart", "%s", path);
	page_cell_put(row, "chart_label",
		      "stopped a minute, in an hour, at most %" PRIu64, max);
	free(path);
}

/* The command that contains it, or why there is none. */
static void put_step(json_t *row, const struct page_frame *frame,
		     const struct incident *incident)
{
	struct incident_steps steps = { 0 };
	char *program = incident_steps_program(frame->path);
	const char *found = NULL;

	incident_steps_make(frame->settings, frame->path, incident,
			    INCIDENT_STEPS_PAGE, &steps);
	for (size_t i = 0; i < steps.count && found == NULL; i++)
		if (strstr(steps.list[i].command, "block --incident") != NULL)
			found = steps.list[i].command;
	if (found != NULL)
		page_cell_put(row, "command", "%s", found);
	else
		page_cell_put(row, "command", "%sincident %" PRIu64, program,
			      incident->number);
	page_cell_put(row, "why", "%s", steps.no_block);
	incident_steps_clear(&steps);
	free(program);
}

static const char *class_of(const struct incident *incident)
{
	if (incident->state == INCIDENT_CONTAINED)
		return "contained";
	if (incident->state != INCIDENT_OPEN)
		return "past";
	return incident_level_name(incident->level);
}

static const char *sign_of(const struct incident *incident)
{
	if (incident->state != INCIDENT_OPEN)
		return incident->state == INCIDENT_CONTAINED
			       ? "\342\226\240"	 /* a square */
			       : "\342\234\223"; /* a check mark */
	return incident->level == INCIDENT_NOTICE
		       ? "\342\227\213"	 /* a ring */
		       : "\342\226\262"; /* a triangle */
}

static json_t *members_of(const struct incident_detail *detail)
{
	char **subjects = alloc_array(detail->window_count, sizeof(*subjects));
	size_t count = incident_subjects(detail, subjects);
	json_t *members = incident_json(&detail->incident, subjects, count);

	free(subjects);
	return members;
}

static json_t *row_of(const struct page_frame *frame,
		      const struct incident_detail *detail)
{
	const struct incident *incident = &detail->incident;
	json_t *row = page_cell_row(members_of(detail), class_of(incident));
	char count[COUNT_TEXT_SIZE], clock[MOMENT_TEXT_SIZE];

	page_cell_put(row, "number", "%" PRIu64, incident->number);
	page_cell_put(row, "href", "incident/%" PRIu64, incident->number);
	page_cell_put(row, "level", "%s %s", sign_of(incident),
		      incident_level_name(incident->level));
	page_cell_put(row, "state", "%s%s",
		      incident_state_name(incident->state),
		      incident->taken_by[0] != '\0' ? ", taken" : "");
	page_cell_put(
		row, "since", "%s",
		moment_format_near(incident->opened_ms, detail->now_ms, clock));
	page_cell_put(row, "stopped", "%s",
		      count_text(incident->stopped, count));
	page_cell_put(row, "held", "%s", count_text(incident->held, count));
	page_cell_put(row, "let_in", "%s", count_text(incident->let_in, count));
	put_who(row, detail);
	put_chart(row, detail);
	put_step(row, frame, incident);
	return row;
}

json_t *page_rows_incidents(const struct page_frame *frame,
			    const struct page_facts *facts)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < facts->incident_count; i++)
		json_array_append_new(rows,
				      row_of(frame, &facts->incidents[i]));
	return rows;
}
