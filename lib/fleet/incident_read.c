/* SPDX-License-Identifier: ISC */

/* Reading asks for a hash at a time, many of them in one round trip. What a
 * hash has that is not ours is left out. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/json.h"
#include "lib/redis/redis_client.h"
#include "incident_parts.h"

#define LIST_AT_ONCE 100

static bool send_part(struct redis_client *redis, const char *base,
		      uint64_t number, const char *part)
{
	return redis_client_send_command(redis, "HGETALL %s:%" PRIu64 "%s",
					 base, number, part);
}

/* One field and its value, of what HGETALL answers. */
static const char *field_at(const struct redis_value *hash, size_t index,
			    const char **value_r)
{
	*value_r = redis_value_text_at(hash, 2 * index + 1);
	return redis_value_text_at(hash, 2 * index);
}

static size_t field_count(const struct redis_value *hash)
{
	return redis_value_count(hash) / 2;
}

/* What stands behind a word; NULL: it begins with another. */
static const char *behind(const char *text, const char *word)
{
	size_t length = strlen(word);

	return strncmp(text, word, length) == 0 ? text + length : NULL;
}

static void read_incident(const struct redis_value *hash, uint64_t number,
			  struct incident *incident_r)
{
	const char *value;

	memset(incident_r, 0, sizeof(*incident_r));
	for (size_t i = 0; i < field_count(hash); i++) {
		const char *name = field_at(hash, i, &value);

		incident_set(incident_r, name, value);
	}
	incident_complete(incident_r);
	if (field_count(hash) != 0)
		incident_r->number = number;
}

/* "own-sender:1m:sender:jake@x", "block:7" */
static void split_window(struct incident_window *window)
{
	const char *per = strchr(window->name, ':');
	const char *subject = per == NULL ? NULL : strchr(per + 1, ':');
	const char *block = behind(window->name, "block:");

	window->limit = alloc_copy(window->name, strcspn(window->name, ":"));
	if (subject == NULL && block != NULL)
		window->order = strtoull(block, NULL, 10);
	window->subject = alloc_text(subject == NULL ? "" : subject + 1);
}

static uint64_t number_in(const json_t *array, size_t index)
{
	double number = json_number_value(json_array_get(array, index));

	return number < 0 ? 0 : (uint64_t)number;
}

static void read_window(const char *name, const char *value,
			struct incident_window *window_r)
{
	json_t *row = json_loads(value, 0, NULL);

	*window_r = (struct incident_window){ .name = alloc_text(name),
					      .stopped = number_in(row, 0),
					      .held = number_in(row, 1),
					      .last_ms = number_in(row, 3),
					      .max = number_in(row, 4) };
	split_window(window_r);
	json_decref(row);
}

static int by_stopped(const void *a, const void *b)
{
	const struct incident_window *x = a, *y = b;
	uint64_t left = x->stopped + x->held, right = y->stopped + y->held;

	if (left != right)
		return left > right ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void read_windows(const struct redis_value *hash,
			 struct incident_window **windows_r, size_t *count_r)
{
	size_t count = field_count(hash);
	const char *value;

	*windows_r = alloc_array(count, sizeof(**windows_r));
	*count_r = count;
	for (size_t i = 0; i < count; i++) {
		const char *name = field_at(hash, i, &value);

		read_window(name, value, &(*windows_r)[i]);
	}
	qsort(*windows_r, count, sizeof(**windows_r), by_stopped);
}

static void windows_clear(struct incident_window *windows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(windows[i].name);
		free(windows[i].limit);
		free(windows[i].subject);
	}
	free(windows);
}

/* who, minutes, marks and notes */

static int by_messages(const void *a, const void *b)
{
	const struct incident_who *x = a, *y = b;

	if (x->dimension != y->dimension)
		return x->dimension < y->dimension ? -1 : 1;
	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return strcmp(x->value, y->value);
}

/* "sender jake@example.com" */
static bool read_one(const char *name, const char *value,
		     struct incident_who *who_r)
{
	for (int i = 0; i < FLOOD_DIMENSIONS; i++) {
		const char *rest = behind(
			name, flood_dimension_name((enum flood_dimension)i));

		if (rest == NULL || *rest != ' ')
			continue;
		who_r->dimension = (enum flood_dimension)i;
		who_r->value = alloc_text(rest + 1);
		who_r->messages = strtoull(value, NULL, 10);
		return true;
	}
	return false;
}

static void read_who(const struct redis_value *hash,
		     struct incident_detail *detail)
{
	const char *value;

	detail->who = alloc_array(field_count(hash), sizeof(*detail->who));
	for (size_t i = 0; i < field_count(hash); i++) {
		const char *name = field_at(hash, i, &value);

		if (read_one(name, value, &detail->who[detail->who_count]))
			detail->who_count++;
	}
	qsort(detail->who, detail->who_count, sizeof(*detail->who),
	      by_messages);
}

static int by_minute(const void *a, const void *b)
{
	const struct incident_minute *x = a, *y = b;

	return x->minute_ms < y->minute_ms ? -1 : x->minute_ms > y->minute_ms;
}

static void read_minutes(const struct redis_value *hash,
			 struct incident_detail *detail)
{
	const char *value;
	char *at;

	detail->minutes = alloc_array(field_count(hash),
				      sizeof(*detail->minutes));
	for (size_t i = 0; i < field_count(hash); i++) {
		struct incident_minute *minute =
			&detail->minutes[detail->minute_count++];

		minute->minute_ms = 60000 * strtoull(field_at(hash, i, &value),
						     NULL, 10);
		minute->stopped = strtoull(value, &at, 10);
		minute->let_in = strtoull(at, &at, 10);
		minute->held = strtoull(at, &at, 10);
	}
	qsort(detail->minutes, detail->minute_count, sizeof(*detail->minutes),
	      by_minute);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_when(const void *a, const void *b)
{
	const struct incident_note *x = a, *y = b;

	return x->when_ms < y->when_ms ? -1 : x->when_ms > y->when_ms;
}

static void read_note(const char *value, struct incident_note *note_r)
{
	json_t *note = json_loads(value, 0, NULL);

	note_r->when_ms = (uint64_t)json_number_value(
		json_object_get(note, "when"));
	note_r->by = alloc_text(document_get_text(note, "by"));
	note_r->text = alloc_text(document_get_text(note, "text"));
	json_decref(note);
}

static void read_marks_and_notes(const struct redis_value *hash,
				 struct incident_detail *detail)
{
	size_t count = field_count(hash);
	const char *value;

	detail->marks = alloc_array(count, sizeof(*detail->marks));
	detail->notes = alloc_array(count, sizeof(*detail->notes));
	for (size_t i = 0; i < count; i++) {
		const char *name = field_at(hash, i, &value);
		const char *mark = behind(name, "mark ");

		if (mark != NULL)
			detail->marks[detail->mark_count++] = alloc_text(mark);
		else if (behind(name, "note ") != NULL)
			read_note(value, &detail->notes[detail->note_count++]);
	}
	qsort(detail->marks, detail->mark_count, sizeof(*detail->marks),
	      by_text);
	qsort(detail->notes, detail->note_count, sizeof(*detail->notes),
	      by_when);
}

void incident_detail_clear(struct incident_detail *detail)
{
	incident_clear(&detail->incident);
	windows_clear(detail->windows, detail->window_count);
	for (size_t i = 0; i < detail->who_count; i++)
		free(detail->who[i].value);
	alloc_free_texts(detail->marks, detail->mark_count);
	for (size_t i = 0; i < detail->note_count; i++) {
		free(detail->notes[i].by);
		free(detail->notes[i].text);
	}
	free(detail->who);
	free(detail->minutes);
	free(detail->notes);
	memset(detail, 0, sizeof(*detail));
}

static const char *const parts[] = { "", ":windows", ":who", ":minutes" };

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static void read_part(size_t part, const struct redis_value *hash,
		      uint64_t number, struct incident_detail *detail)
{
	switch (part) {
	case 0:
		read_incident(hash, number, &detail->incident);
		read_marks_and_notes(hash, detail);
		break;
	case 1:
		read_windows(hash, &detail->windows, &detail->window_count);
		break;
	case 2:
		read_who(hash, detail);
		break;
	default:
		read_minutes(hash, detail);
	}
}

bool incident_read(struct redis_client *redis, const char *prefix,
		   uint64_t number, struct incident_detail *detail_r)
{
	char *base = incident_base(prefix);
	bool is_good;

	memset(detail_r, 0, sizeof(*detail_r));
	is_good = redis_client_time(redis, &detail_r->now_ms);
	for (size_t i = 0; i < PARTS && is_good; i++)
		is_good = send_part(redis, base, number, parts[i]);
	for (size_t i = 0; i < PARTS && is_good; i++) {
		struct redis_value *hash = redis_client_take(redis);

		is_good = hash != NULL;
		read_part(i, hash, number, detail_r);
		redis_value_free(&hash);
	}
	if (!is_good) {
		redis_client_skip(redis);
		incident_detail_clear(detail_r);
	}
	free(base);
	return is_good;
}

/* the list */

void incident_list_clear(struct incident_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		incident_clear(&list->incidents[i]);
		alloc_free_texts(list->subjects[i].subjects,
				 list->subjects[i].count);
	}
	free(list->incidents);
	free(list->subjects);
	memset(list, 0, sizeof(*list));
}

static bool is_wanted(const struct incident *incident, uint64_t since_ms)
{
	if (incident->number == 0)
		return false;
	if (since_ms == UINT64_MAX)
		return incident->state != INCIDENT_OVER;
	return incident->last_ms >= since_ms || incident->ended_ms >= since_ms;
}

/* Each once, in the order of the windows; blocks have none. */
static void read_subjects(const struct redis_value *hash,
			  struct incident_subjects *subjects_r)
{
	struct incident_window *windows;
	size_t count;

	read_windows(hash, &windows, &count);
	subjects_r->subjects = alloc_array(count, sizeof(char *));
	subjects_r->count = 0;
	for (size_t i = 0; i < count; i++) {
		const char *subject = windows[i].subject;

		if (subject[0] != '\0' &&
		    !text_is_among(subjects_r->subjects, subjects_r->count,
				   subject))
			subjects_r->subjects[subjects_r->count++] = alloc_text(
				subject);
	}
	windows_clear(windows, count);
}

static bool send_some(struct redis_client *redis, const char *base,
		      uint64_t first, uint64_t count)
{
	bool is_sent = true;

	for (uint64_t i = 0; i < count && is_sent; i++)
		is_sent = send_part(redis, base, first - i, "") &&
			  send_part(redis, base, first - i, ":windows");
	return is_sent;
}

static void add_to_list(struct incident_list *list, uint64_t since_ms,
			struct incident *incident,
			const struct redis_value *windows)
{
	if (list->count == INCIDENT_LIST_MAX ||
	    !is_wanted(incident, since_ms)) {
		incident_clear(incident);
		return;
	}
	list->incidents[list->count] = *incident;
	read_subjects(windows, &list->subjects[list->count++]);
}

static bool take_some(struct redis_client *redis, uint64_t first,
		      uint64_t count, uint64_t since_ms,
		      struct incident_list *list)
{
	bool is_good = true;

	for (uint64_t i = 0; i < count && is_good; i++) {
		struct redis_value *hash = redis_client_take(redis);
		struct redis_value *windows = redis_client_take(redis);
		struct incident incident;

		is_good = hash != NULL && windows != NULL;
		read_incident(hash, first - i, &incident);
		if (is_good)
			add_to_list(list, since_ms, &incident, windows);
		else
			incident_clear(&incident);
		redis_value_free(&hash);
		redis_value_free(&windows);
	}
	return is_good;
}

/* Numbers are as old as they are small, so the newest come first. */
bool incident_list_read(struct redis_client *redis, const char *prefix,
			uint64_t since_ms, struct incident_list *list_r)
{
	char *base = incident_base(prefix);
	uint64_t last = 0, looked = 0;
	bool is_good;

	memset(list_r, 0, sizeof(*list_r));
	list_r->incidents = alloc_array(INCIDENT_LIST_MAX,
					sizeof(*list_r->incidents));
	list_r->subjects = alloc_array(INCIDENT_LIST_MAX,
				       sizeof(*list_r->subjects));
	is_good = redis_client_time(redis, &list_r->now_ms) &&
		  redis_value_take_number(
			  redis_client_command(redis, "GET %s:next", base),
			  &last);
	while (is_good && last != 0 && looked < INCIDENT_LIST_MAX) {
		uint64_t count = last < LIST_AT_ONCE ? last : LIST_AT_ONCE;

		is_good = send_some(redis, base, last, count) &&
			  take_some(redis, last, count, since_ms, list_r);
		last -= count;
		looked += count;
	}
	if (!is_good) {
		redis_client_skip(redis);
		incident_list_clear(list_r);
	}
	free(base);
	return is_good;
}

bool incident_of_subject(struct redis_client *redis, const char *prefix,
			 const char *subject, uint64_t *number_r)
{
	return redis_value_take_number(
		redis_client_command(redis, "GET %s:{incidents}:mark:%s",
				     prefix, subject),
		number_r);
}
