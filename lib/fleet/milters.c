/* SPDX-License-Identifier: ISC */

/* The members of the object have the names of the fields. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/redis/redis_client.h"
#include "lib/redis/redis_args.h"
#include "milters.h"
#include "milters_lua.h"
#include "totals.h"

static const struct document_field texts[] = {
	{ "host", offsetof(struct milter, host) },
	{ "version", offsetof(struct milter, version) },
	{ "listen", offsetof(struct milter, listen) },
	{ "path", offsetof(struct milter, path) },
};

static const struct document_field numbers[] = {
	{ "pid", offsetof(struct milter, pid) },
	{ "generation", offsetof(struct milter, generation) },
	{ "started_ms", offsetof(struct milter, started_ms) },
	{ "orders", offsetof(struct milter, orders) },
	{ "windows", offsetof(struct milter, windows) },
	{ "windows_forgotten", offsetof(struct milter, windows_forgotten) },
	{ "debts_lost", offsetof(struct milter, unsynced_lost) },
	{ "sessions", offsetof(struct milter, sessions) },
	{ "journal_behind_ms", offsetof(struct milter, journal_behind_ms) },
	{ "journal_waiting", offsetof(struct milter, journal_waiting) },
	{ "journal_lost", offsetof(struct milter, journal_lost) },
};

#define TEXTS	(sizeof(texts) / sizeof(texts[0]))
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static char **text_of(struct milter *milter, size_t index)
{
	return (char **)(void *)((char *)milter + texts[index].offset);
}

static char *milters_key(const char *prefix, const char *name)
{
	return alloc_format("%s:{milters}:%s", prefix, name);
}

/* announcing */

static json_t *listeners_json(const struct milter *milter)
{
	json_t *array = json_array();

	for (size_t i = 0; i < milter->uncounted_count; i++) {
		const struct milter_listener *listener = &milter->uncounted[i];

		json_array_append_new(array,
				      document_make("listener:s messages:n",
						    listener->name,
						    listener->messages));
	}
	return array;
}

json_t *milter_json(const struct milter *milter)
{
	json_t *object = json_object();

	document_put_texts(object, milter, texts, TEXTS);
	document_put_numbers(object, milter, numbers, NUMBERS);
	json_object_set_new(object, "verdicts", totals_json(milter->verdicts));
	json_object_set_new(object, "uncounted", listeners_json(milter));
	return object;
}

static bool run_script(struct redis_client *redis, const char *prefix,
		       const char *name, char *json)
{
	struct redis_args args = { 0 };

	redis_args_add_script(&args, milters_lua, sizeof(milters_lua), 2);
	redis_args_take(&args, milters_key(prefix, "seen"));
	redis_args_take(&args, milters_key(prefix, "info"));
	redis_args_add(&args, name);
	redis_args_take(&args, json);
	redis_args_add_number(&args, MILTERS_SILENCE_MS);
	redis_args_add_number(&args, MILTERS_KEPT_MS);
	return redis_args_do(&args, redis);
}

bool milters_announce(struct redis_client *redis, const char *prefix,
		      const struct milter *milter)
{
	return run_script(redis, prefix, milter->name,
			  document_write(milter_json(milter)));
}

bool milters_leave(struct redis_client *redis, const char *prefix,
		   const char *name)
{
	return run_script(redis, prefix, name, alloc_text(""));
}

/* reading */

void milter_listeners_clear(struct milter *milter)
{
	for (size_t i = 0; i < milter->uncounted_count; i++)
		free(milter->uncounted[i].name);
	milter->uncounted_count = 0;
}

static void milter_clear(struct milter *milter)
{
	milter_listeners_clear(milter);
	free(milter->name);
	for (size_t i = 0; i < TEXTS; i++)
		free(*text_of(milter, i));
	memset(milter, 0, sizeof(*milter));
}

void milters_clear(struct milters *milters)
{
	for (size_t i = 0; i < milters->count; i++)
		milter_clear(&milters->list[i]);
	free(milters->list);
	memset(milters, 0, sizeof(*milters));
}

static void take_listeners(const json_t *array, struct milter *milter)
{
	const json_t *object;
	size_t i;

	json_array_foreach(array, i, object) {
		if (i == MILTER_LISTENERS_MAX)
			break;
		milter->uncounted[i] = (struct milter_listener){
			.name = alloc_text(
				document_get_text(object, "listener")),
			.messages = document_get_number(object, "messages"),
		};
		milter->uncounted_count = i + 1;
	}
}

static void take_info(const struct redis_value *value, struct milter *milter)
{
	size_t length;
	const char *text = redis_value_text(value, &length);
	json_t *object = json_loadb(text, length, 0, NULL);
	const json_t *verdicts = json_object_get(object, "verdicts");

	for (size_t i = 0; i < TEXTS; i++)
		*text_of(milter, i) = alloc_text(
			document_get_text(object, texts[i].name));
	document_get_numbers(object, milter, numbers, NUMBERS);
	for (int i = 0; i < VERDICT_KINDS; i++)
		milter->verdicts[i] = document_get_number(
			verdicts, verdict_name((enum verdict_kind)i));
	take_listeners(json_object_get(object, "uncounted"), milter);
	json_decref(object);
}

/* Names and times come in turns, the last one seen first. */
static void take_names(const struct redis_value *value, struct milters *milters)
{
	size_t count = redis_value_count(value) / 2;

	milters->list = alloc_array(count, sizeof(*milters->list));
	for (size_t i = 0; i < count; i++) {
		struct milter *milter = &milters->list[milters->count];

		milter->seen_ms = redis_value_number_at(value, 2 * i + 1);
		if (milter->seen_ms + MILTERS_KEPT_MS < milters->now_ms)
			break;
		milter->name = alloc_text(redis_value_text_at(value, 2 * i));
		milters->count++;
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct milter *)a)->name,
		      ((const struct milter *)b)->name);
}

static bool ask_infos(struct redis_client *redis, const char *prefix,
		      struct milters *milters)
{
	struct redis_args args = { 0 };
	struct redis_value *value;
	bool is_answered;

	if (milters->count == 0)
		return true;
	redis_args_add(&args, "HMGET");
	redis_args_take(&args, milters_key(prefix, "info"));
	for (size_t i = 0; i < milters->count; i++)
		redis_args_add(&args, milters->list[i].name);
	value = redis_args_ask(&args, redis);
	is_answered = value != NULL;
	for (size_t i = 0; i < milters->count; i++)
		take_info(redis_value_at(value, i), &milters->list[i]);
	qsort(milters->list, milters->count, sizeof(*milters->list),
	      compare_names);
	redis_value_free(&value);
	return is_answered;
}

bool milters_read(struct redis_client *redis, const char *prefix,
		  struct milters *milters_r)
{
	struct redis_value *names;
	bool is_answered;

	memset(milters_r, 0, sizeof(*milters_r));
	if (!redis_client_time(redis, &milters_r->now_ms))
		return false;
	names = redis_client_command(
		redis, "ZREVRANGE %s:{milters}:seen 0 999 WITHSCORES", prefix);
	is_answered = names != NULL;
	if (is_answered) {
		take_names(names, milters_r);
		is_answered = ask_infos(redis, prefix, milters_r);
	}
	if (!is_answered)
		milters_clear(milters_r);
	redis_value_free(&names);
	return is_answered;
}
