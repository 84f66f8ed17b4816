/* SPDX-License-Identifier: ISC */

/* Each list of a detail is an array of objects. */
#include "incident_json.h"

#include <stddef.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "incident_about.h"

json_t *incident_json_numbers(const struct incident_numbers *numbers)
{
	json_t *array = json_array();

	for (size_t i = 0; i < numbers->count; i++)
		json_array_append_new(array,
				      document_number(numbers->numbers[i]));
	return array;
}

static json_t *subjects_json(const struct incident_detail *detail)
{
	char **subjects = alloc_array(detail->window_count, sizeof(*subjects));
	json_t *array = document_texts(subjects,
				       incident_subjects(detail, subjects));

	free(subjects);
	return array;
}

static json_t *known_json(const char *text)
{
	return document_string(text[0] == '\0' ? NULL : text);
}

static void put_numbers(json_t *object, const struct incident *incident)
{
	static const struct document_field numbers[] = {
		{ "number", offsetof(struct incident, number) },
		{ "per_ms", offsetof(struct incident, per_ms) },
		{ "max", offsetof(struct incident, max) },
		{ "stopped", offsetof(struct incident, stopped) },
		{ "held", offsetof(struct incident, held) },
		{ "monitored", offsetof(struct incident, monitored) },
		{ "let_in", offsetof(struct incident, let_in) },
		{ "let_in_least", offsetof(struct incident, let_in_least) },
		{ "bytes", offsetof(struct incident, bytes) },
		{ "others_hit", offsetof(struct incident, others_hit) },
		{ "windows", offsetof(struct incident, windows) },
		{ "peak", offsetof(struct incident, peak) },
		{ "agains", offsetof(struct incident, agains) },
	};

	document_put_numbers(object, incident, numbers,
			     sizeof(numbers) / sizeof(numbers[0]));
}

json_t *incident_json(const struct incident *incident, char *const *subjects,
		      size_t subject_count)
{
	json_t *object = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "state",
				   incident_state_name(incident->state),
				   "level",
				   incident_level_name(incident->level), "uid",
				   document_string(incident->uid), "limit",
				   document_string(incident->limit), "subject",
				   document_string(incident->subject), "source",
				   known_json(incident->source));

	put_numbers(object, incident);
	json_object_update_new(
		object,
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "opened",
			  document_moment(incident->opened_ms), "last",
			  document_moment(incident->last_ms), "ended",
			  document_moment(incident->ended_ms), "taken",
			  document_moment(incident->taken_ms), "taken_by",
			  known_json(incident->taken_by), "before",
			  incident_json_numbers(&incident->before), "related",
			  incident_json_numbers(&incident->related), "subjects",
			  document_texts(subjects, subject_count)));
	return object;
}

static json_t *who_json(const struct incident_detail *detail)
{
	json_t *object = json_object();

	for (int i = 0; i < FLOOD_DIMENSIONS; i++)
		json_object_set_new(
			object, flood_dimension_name((enum flood_dimension)i),
			json_array());
	for (size_t i = 0; i < detail->who_count; i++) {
		const struct incident_who *who = &detail->who[i];

		json_array_append_new(
			json_object_get(object,
					flood_dimension_name(who->dimension)),
			json_pack("{s:o, s:o}", "value",
				  document_string(who->value), "messages",
				  document_number(who->messages)));
	}
	return object;
}

static json_t *window_json(const struct incident_window *window)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "limit",
		document_string(window->order == 0 ? window->limit : NULL),
		"subject", known_json(window->subject), "order",
		window->order == 0 ? json_null()
				   : document_number(window->order),
		"max", document_number(window->max), "stopped",
		document_number(window->stopped), "held",
		document_number(window->held), "last",
		document_moment(window->last_ms));
}

static json_t *windows_json(const struct incident_detail *detail)
{
	json_t *array = json_array();

	for (size_t i = 0; i < detail->window_count; i++)
		json_array_append_new(array, window_json(&detail->windows[i]));
	return array;
}

static json_t *minutes_json(const struct incident_detail *detail)
{
	json_t *array = json_array();

	for (size_t i = 0; i < detail->minute_count; i++) {
		const struct incident_minute *minute = &detail->minutes[i];

		json_array_append_new(
			array,
			json_pack("{s:o, s:o, s:o, s:o}", "minute",
				  document_moment(minute->minute_ms), "stopped",
				  document_number(minute->stopped), "let_in",
				  document_number(minute->let_in), "held",
				  document_number(minute->held)));
	}
	return array;
}

static json_t *notes_json(const struct incident_detail *detail)
{
	json_t *array = json_array();

	for (size_t i = 0; i < detail->note_count; i++) {
		const struct incident_note *note = &detail->notes[i];

		json_array_append_new(
			array, json_pack("{s:o, s:o, s:o}", "time",
					 document_moment(note->when_ms), "by",
					 document_string(note->by), "text",
					 document_string(note->text)));
	}
	return array;
}

json_t *incident_json_detail(const struct settings *settings,
			     const struct incident_detail *detail)
{
	char reason[INCIDENT_REASON_SIZE];
	const char *source = incident_source(settings, &detail->incident,
					     reason);
	json_t *object = incident_json(&detail->incident, NULL, 0);

	json_object_update_new(
		object,
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			  "subjects", subjects_json(detail), "who",
			  who_json(detail), "limits", windows_json(detail),
			  "minutes", minutes_json(detail), "marks",
			  document_texts(detail->marks, detail->mark_count),
			  "notes", notes_json(detail), "block",
			  document_string(source), "no_block",
			  document_string(source == NULL ? reason : NULL)));
	return object;
}
