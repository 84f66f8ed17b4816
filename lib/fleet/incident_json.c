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

static const char *known(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

json_t *incident_json(const struct incident *incident, char *const *subjects,
		      size_t subject_count)
{
	return document_make(
		"state:s level:s uid:s limit:s subject:s source:s number:n "
		"per_ms:n max:n stopped:n held:n monitored:n let_in:n "
		"let_in_least:n bytes:n others_hit:n windows:n peak:n agains:n "
		"opened:m last:m ended:m taken:m taken_by:s before:o related:o "
		"subjects:o",
		incident_state_name(incident->state),
		incident_level_name(incident->level), incident->uid,
		incident->limit, incident->subject, known(incident->source),
		incident->number, incident->per_ms, incident->max,
		incident->stopped, incident->held, incident->monitored,
		incident->let_in, incident->let_in_least, incident->bytes,
		incident->others_hit, incident->windows, incident->peak,
		incident->agains, incident->opened_ms, incident->last_ms,
		incident->ended_ms, incident->taken_ms,
		known(incident->taken_by),
		incident_json_numbers(&incident->before),
		incident_json_numbers(&incident->related),
		document_texts(subjects, subject_count));
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
			document_make("value:s messages:n", who->value,
				      who->messages));
	}
	return object;
}

static json_t *window_json(const struct incident_window *window)
{
	bool is_block = window->order != 0;

	return document_make(
		"limit:s subject:s order:o max:n stopped:n held:n "
		"last:m",
		is_block ? NULL : window->limit, known(window->subject),
		is_block ? document_number(window->order) : json_null(),
		window->max, window->stopped, window->held, window->last_ms);
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
			document_make("minute:m stopped:n let_in:n held:n",
				      minute->minute_ms, minute->stopped,
				      minute->let_in, minute->held));
	}
	return array;
}

static json_t *notes_json(const struct incident_detail *detail)
{
	json_t *array = json_array();

	for (size_t i = 0; i < detail->note_count; i++) {
		const struct incident_note *note = &detail->notes[i];

		json_array_append_new(array,
				      document_make("time:m by:s text:s",
						    note->when_ms, note->by,
						    note->text));
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

	document_put(object,
		     "subjects:o who:o limits:o minutes:o marks:o "
		     "notes:o block:s no_block:s",
		     subjects_json(detail), who_json(detail),
		     windows_json(detail), minutes_json(detail),
		     document_texts(detail->marks, detail->mark_count),
		     notes_json(detail), source,
		     source == NULL ? reason : NULL);
	return object;
}
