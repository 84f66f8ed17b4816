/* SPDX-License-Identifier: ISC */

/* Counts of who are those of recorded messages, which are a few of many. */
#include "report_detail.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "report_section.h"

#define MINUTE_MS UINT64_C(60000)

static char *text_of(const json_t *record, const char *name)
{
	return alloc_text(document_get_text(record, name));
}

static enum incident_state state_of(const json_t *record)
{
	const char *name = document_get_text(record, "state");

	for (int i = INCIDENT_OPEN; i <= INCIDENT_OVER; i++)
		if (strcmp(incident_state_name((enum incident_state)i), name) ==
		    0)
			return (enum incident_state)i;
	return INCIDENT_OPEN;
}

static void read_numbers(const json_t *array, struct incident_numbers *numbers)
{
	numbers->count = json_array_size(array);
	numbers->numbers = alloc_array(numbers->count,
				       sizeof(*numbers->numbers));
	for (size_t i = 0; i < numbers->count; i++)
		numbers->numbers[i] = (uint64_t)json_integer_value(
			json_array_get(array, i));
}

static void set_incident(const struct report_record *last,
			 struct incident *incident)
{
	static const struct document_field numbers[] = {
		{ "incident", offsetof(struct incident, number) },
		{ "stopped", offsetof(struct incident, stopped) },
		{ "let_in", offsetof(struct incident, let_in) },
		{ "let_in_least", offsetof(struct incident, let_in_least) },
		{ "held", offsetof(struct incident, held) },
		{ "monitored", offsetof(struct incident, monitored) },
		{ "others_hit", offsetof(struct incident, others_hit) },
		{ "windows", offsetof(struct incident, windows) },
	};
	const json_t *record = last->json;

	document_get_numbers(record, incident, numbers,
			     sizeof(numbers) / sizeof(numbers[0]));
	incident->uid = text_of(record, "uid");
	incident->state = state_of(record);
	(void)incident_level_parse(document_get_text(record, "level"),
				   &incident->level);
	incident->opened_ms = report_moment_of(record, "opened");
	incident->from_ms = report_moment_of(record, "from");
	incident->limit = text_of(record, "limit");
	incident->subject = text_of(record, "subject");
	incident->source = text_of(record, "source");
	incident->taken_by = text_of(record, "taken_by");
	read_numbers(json_object_get(record, "before"), &incident->before);
	read_numbers(json_object_get(record, "related"), &incident->related);
	if (incident->state >= INCIDENT_QUIET)
		incident->ended_ms = last->when_ms;
	incident->last_ms = incident->opened_ms;
}

/* samples */

static void add_who(struct incident_detail *detail,
		    enum flood_dimension dimension, const char *value)
{
	if (value[0] == '\0')
		return;
	for (size_t i = 0; i < detail->who_count; i++)
		if (detail->who[i].dimension == dimension &&
		    strcmp(detail->who[i].value, value) == 0) {
			detail->who[i].messages++;
			return;
		}
	detail->who = alloc_resize(detail->who, detail->who_count + 1,
				   sizeof(*detail->who));
	detail->who[detail->who_count++] =
		(struct incident_who){ dimension, alloc_text(value), 1 };
}

static void add_window(struct incident_detail *detail, const json_t *record)
{
	const char *limit = document_get_text(record, "limit");
	const char *subject = document_get_text(record, "subject");

	for (size_t i = 0; i < detail->window_count; i++)
		if (strcmp(detail->windows[i].limit, limit) == 0 &&
		    strcmp(detail->windows[i].subject, subject) == 0)
			return;
	detail->windows = alloc_resize(detail->windows,
				       detail->window_count + 1,
				       sizeof(*detail->windows));
	detail->windows[detail->window_count++] = (struct incident_window){
		.name = alloc_format("%s:%s", limit, subject),
		.limit = alloc_text(limit),
		.subject = alloc_text(subject),
		.order = document_get_number(record, "order"),
		.max = document_get_number(record, "max"),
	};
}

static void take_sample(struct incident_detail *detail, const json_t *record)
{
	struct incident *incident = &detail->incident;
	const json_t *recipients = json_object_get(record, "recipients");
	uint64_t when_ms = report_moment_of(record, "when");

	if (when_ms > incident->last_ms)
		incident->last_ms = when_ms;
	if (strcmp(document_get_text(record, "limit"), incident->limit) == 0) {
		incident->max = document_get_number(record, "max");
		incident->per_ms = document_get_number(record, "per_ms");
	}
	add_window(detail, record);
	add_who(detail, FLOOD_SENDER, document_get_text(record, "sender"));
	add_who(detail, FLOOD_LOGIN, document_get_text(record, "login"));
	add_who(detail, FLOOD_CLIENT, document_get_text(record, "client"));
	add_who(detail, FLOOD_CONTENT, document_get_text(record, "content"));
	for (size_t i = 0; i < json_array_size(recipients); i++)
		add_who(detail, FLOOD_RECIPIENT,
			json_string_value(json_array_get(recipients, i)));
}

static int by_messages(const void *a, const void *b)
{
	const struct incident_who *x = a, *y = b;

	if (x->dimension != y->dimension)
		return x->dimension < y->dimension ? -1 : 1;
	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return strcmp(x->value, y->value);
}

/* minutes */

static void add_minute(struct incident_minute *minutes, size_t *count,
		       const struct report_record *record, uint64_t opened_ms)
{
	uint64_t begin_ms = record->when_ms > MINUTE_MS
				    ? record->when_ms - MINUTE_MS
				    : 0;
	struct incident_minute *minute = NULL;

	if (begin_ms < opened_ms)
		begin_ms = opened_ms;
	begin_ms -= begin_ms % MINUTE_MS;
	for (size_t i = *count; i-- > 0 && minute == NULL;)
		if (minutes[i].minute_ms == begin_ms)
			minute = &minutes[i];
	if (minute == NULL)
		minute = &minutes[(*count)++];
	minute->minute_ms = begin_ms;
	minute->stopped += document_get_number(record->json, "stopped");
	minute->let_in += document_get_number(record->json, "let_in");
	minute->held += document_get_number(record->json, "held");
}

static int by_minute(const void *a, const void *b)
{
	const struct incident_minute *x = a, *y = b;

	return x->minute_ms < y->minute_ms ? -1 : x->minute_ms > y->minute_ms;
}

struct incident_minute *
report_detail_minutes(const struct report_journal *journal, uint64_t opened_ms,
		      size_t *count_r)
{
	size_t room = 0;
	struct incident_minute *minutes;

	*count_r = 0;
	report_records_foreach(journal, record)
		room += record->kind == JOURNAL_MINUTE;
	minutes = alloc_array(room, sizeof(*minutes));
	report_records_foreach(journal, record)
		if (record->kind == JOURNAL_MINUTE)
			add_minute(minutes, count_r, record, opened_ms);
	if (*count_r != 0)
		qsort(minutes, *count_r, sizeof(*minutes), by_minute);
	return minutes;
}

static void take_minute(struct incident_detail *detail,
			const struct report_record *record)
{
	struct incident *incident = &detail->incident;
	uint64_t stopped = document_get_number(record->json, "stopped");

	incident->bytes += document_get_number(record->json, "bytes");
	if (stopped > incident->peak)
		incident->peak = stopped;
}

void report_detail_make(const struct report_journal *journal,
			const struct report_record *last,
			struct incident_detail *detail_r)
{
	struct incident_detail *detail = detail_r;

	memset(detail, 0, sizeof(*detail));
	set_incident(last, &detail->incident);
	report_records_foreach(journal, record) {
		if (report_record_is_sample(record))
			take_sample(detail, record->json);
		if (record->kind == JOURNAL_MINUTE)
			take_minute(detail, record);
		detail->incident.agains += report_record_is(
			record, JOURNAL_INCIDENT, "again");
	}
	if (detail->who_count != 0)
		qsort(detail->who, detail->who_count, sizeof(*detail->who),
		      by_messages);
	detail->minutes = report_detail_minutes(
		journal, detail->incident.opened_ms, &detail->minute_count);
}
