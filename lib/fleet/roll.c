/* SPDX-License-Identifier: ISC */

/* The totals are windows like all others, so the script of the mail path
 * adds to them; by EVAL, so that EVALSHA in the command statistics of Redis is
 * mail and nothing else. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/units.h"
#include "lib/store/charge_args.h"
#include "lib/redis/redis_client.h"
#include "lib/store/window_value.h"
#include "lib/base/json.h"
#include "roll.h"
#include "roll_lua.h"
#include "lib/redis/words.h"

const uint64_t roll_span_ms[ROLL_SPANS] = {
	[ROLL_MINUTE] = 60000,
	[ROLL_HOUR] = 3600000,
	[ROLL_DAY] = 86400000,
};

static char *milters_key(const char *prefix, const char *name)
{
	return alloc_format("%s:{milters}:%s", prefix, name);
}

/* saying that one is alive */

json_t *roll_listeners_json(const struct roll_milter *milter)
{
	json_t *array = json_array();

	for (size_t i = 0; i < milter->uncounted_count; i++) {
		json_t *object = json_object();

		json_object_set_new(object, "listener",
				    document_string(milter->uncounted[i].name));
		json_object_set_new(
			object, "messages",
			document_number(milter->uncounted[i].messages));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *milter_json(const struct roll_milter *milter)
{
	json_t *object = json_object(), *verdicts = json_object();

	for (int i = 0; i < ROLL_VERDICTS; i++)
		json_object_set_new(verdicts,
				    verdict_name((enum verdict_kind)i),
				    document_number(milter->verdicts[i]));
	json_object_set_new(object, "host", document_string(milter->host));
	json_object_set_new(object, "version",
			    document_string(milter->version));
	json_object_set_new(object, "listen", document_string(milter->listen));
	json_object_set_new(object, "path", document_string(milter->path));
	json_object_set_new(object, "pid", document_number(milter->pid));
	json_object_set_new(object, "generation",
			    document_number(milter->generation));
	json_object_set_new(object, "started_ms",
			    document_number(milter->started_ms));
	json_object_set_new(object, "orders", document_number(milter->orders));
	json_object_set_new(object, "windows",
			    document_number(milter->windows));
	json_object_set_new(object, "windows_forgotten",
			    document_number(milter->windows_forgotten));
	json_object_set_new(object, "debts_lost",
			    document_number(milter->unsynced_lost));
	json_object_set_new(object, "sessions",
			    document_number(milter->sessions));
	json_object_set_new(object, "verdicts", verdicts);
	json_object_set_new(object, "uncounted", roll_listeners_json(milter));
	return object;
}

static bool run_script(struct redis_client *redis, const char *prefix,
		       const char *name, char *json)
{
	struct words words = { 0 };
	struct redis_value *value;
	bool is_taken;

	words_add(&words, "EVAL");
	words_add_bytes(&words, (const char *)roll_lua, sizeof(roll_lua));
	words_add(&words, "2");
	words_take(&words, milters_key(prefix, "seen"));
	words_take(&words, milters_key(prefix, "info"));
	words_add(&words, name);
	words_take(&words, json);
	words_add_number(&words, ROLL_SILENCE_MS);
	words_add_number(&words, ROLL_KEPT_MS);
	value = words_ask(&words, redis);
	is_taken = value != NULL;
	redis_value_free(&value);
	return is_taken;
}

bool roll_announce(struct redis_client *redis, const char *prefix,
		   const struct roll_milter *milter)
{
	return run_script(redis, prefix, milter->name,
			  document_write(milter_json(milter)));
}

bool roll_leave(struct redis_client *redis, const char *prefix,
		const char *name)
{
	return run_script(redis, prefix, name, alloc_text(""));
}

/* who is alive */

void roll_listeners_clear(struct roll_milter *milter)
{
	for (size_t i = 0; i < milter->uncounted_count; i++)
		free(milter->uncounted[i].name);
	milter->uncounted_count = 0;
}

void roll_milter_clear(struct roll_milter *milter)
{
	roll_listeners_clear(milter);
	free(milter->name);
	free(milter->host);
	free(milter->version);
	free(milter->listen);
	free(milter->path);
	memset(milter, 0, sizeof(*milter));
}

void roll_clear(struct roll *roll)
{
	for (size_t i = 0; i < roll->count; i++)
		roll_milter_clear(&roll->milters[i]);
	free(roll->milters);
	memset(roll, 0, sizeof(*roll));
}

static void take_listeners(const json_t *array, struct roll_milter *milter)
{
	const json_t *object;
	size_t i;

	json_array_foreach(array, i, object)
	{
		if (i == ROLL_LISTENERS)
			break;
		milter->uncounted[i] = (struct roll_listener){
			.name = alloc_text(
				document_get_text(object, "listener")),
			.messages = document_get_number(object, "messages"),
		};
		milter->uncounted_count = i + 1;
	}
}

static void take_info(const struct redis_value *value,
		      struct roll_milter *milter)
{
	size_t length;
	const char *text = redis_value_text(value, &length);
	json_t *object = json_loadb(text, length, 0, NULL);
	const json_t *verdicts = json_object_get(object, "verdicts");

	milter->host = alloc_text(document_get_text(object, "host"));
	milter->version = alloc_text(document_get_text(object, "version"));
	milter->listen = alloc_text(document_get_text(object, "listen"));
	milter->path = alloc_text(document_get_text(object, "path"));
	milter->pid = document_get_number(object, "pid");
	milter->generation = document_get_number(object, "generation");
	milter->started_ms = document_get_number(object, "started_ms");
	milter->orders = document_get_number(object, "orders");
	milter->windows = document_get_number(object, "windows");
	milter->windows_forgotten = document_get_number(object,
							"windows_forgotten");
	milter->unsynced_lost = document_get_number(object, "debts_lost");
	milter->sessions = document_get_number(object, "sessions");
	for (int i = 0; i < ROLL_VERDICTS; i++)
		milter->verdicts[i] = document_get_number(
			verdicts, verdict_name((enum verdict_kind)i));
	take_listeners(json_object_get(object, "uncounted"), milter);
	json_decref(object);
}

/* Names and times come in turns, those heard of last first. */
static void take_names(const struct redis_value *value, struct roll *roll)
{
	size_t count = redis_value_count(value) / 2;

	roll->milters = alloc_array(count, sizeof(*roll->milters));
	for (size_t i = 0; i < count; i++) {
		struct roll_milter *milter = &roll->milters[roll->count];

		milter->seen_ms = redis_value_number_at(value, 2 * i + 1);
		if (milter->seen_ms + ROLL_KEPT_MS < roll->now_ms)
			break;
		milter->name = alloc_text(
			redis_value_text(redis_value_at(value, 2 * i), NULL));
		roll->count++;
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct roll_milter *)a)->name,
		      ((const struct roll_milter *)b)->name);
}

static bool ask_infos(struct redis_client *redis, const char *prefix,
		      struct roll *roll)
{
	struct words words = { 0 };
	struct redis_value *value;
	bool is_answered;

	if (roll->count == 0)
		return true;
	words_add(&words, "HMGET");
	words_take(&words, milters_key(prefix, "info"));
	for (size_t i = 0; i < roll->count; i++)
		words_add(&words, roll->milters[i].name);
	value = words_ask(&words, redis);
	is_answered = value != NULL;
	for (size_t i = 0; i < roll->count; i++)
		take_info(redis_value_at(value, i), &roll->milters[i]);
	qsort(roll->milters, roll->count, sizeof(*roll->milters),
	      compare_names);
	redis_value_free(&value);
	return is_answered;
}

bool roll_read(struct redis_client *redis, const char *prefix,
	       struct roll *roll_r)
{
	char *key = milters_key(prefix, "seen");
	struct redis_value *time = redis_client_say(redis, "TIME", NULL);
	struct redis_value *names = redis_client_say(
		redis, "ZREVRANGE", key, "0", "999", "WITHSCORES", NULL);
	bool is_answered = time != NULL && names != NULL;

	memset(roll_r, 0, sizeof(*roll_r));
	if (is_answered) {
		roll_r->now_ms = redis_value_time_ms(time);
		take_names(names, roll_r);
		is_answered = ask_infos(redis, prefix, roll_r);
	}
	if (!is_answered)
		roll_clear(roll_r);
	redis_value_free(&time);
	redis_value_free(&names);
	free(key);
	return is_answered;
}

/* totals */

static char *total_key(int verdict, int span)
{
	char per[UNITS_TEXT_SIZE];

	return alloc_format("{totals}:%s:%s",
			    verdict_name((enum verdict_kind)verdict),
			    units_format_span(roll_span_ms[span], per));
}

static size_t fill_charges(const uint64_t verdicts[ROLL_VERDICTS],
			   struct charge *charges)
{
	size_t count = 0;

	for (int i = 0; i < ROLL_VERDICTS * ROLL_SPANS; i++) {
		int verdict = i / ROLL_SPANS, span = i % ROLL_SPANS;
		char *key;

		if (verdicts[verdict] == 0)
			continue;
		key = total_key(verdict, span);
		charges[count++] = (struct charge){
			.key = key,
			.key_length = strlen(key),
			.shape = window_shape_of(roll_span_ms[span]),
			.cost = verdicts[verdict],
			.max = WINDOW_COUNT_MAX,
		};
	}
	return count;
}

bool roll_count(struct redis_client *redis, const char *prefix,
		const uint64_t verdicts[ROLL_VERDICTS])
{
	struct charge charges[ROLL_VERDICTS * ROLL_SPANS];
	size_t count = fill_charges(verdicts, charges);
	struct words words = { 0 };
	struct charge_args arguments;
	struct redis_value *value;
	bool is_taken;

	if (count == 0)
		return true;
	charge_args_make(&arguments, prefix, STORE_ADD, charges, count,
			 (struct charge_time){ 0, 0 });
	words_add(&words, "EVAL");
	words_add_bytes(&words, charge_script, charge_script_length);
	for (size_t i = 0; i < arguments.count; i++)
		words_add_bytes(&words, arguments.texts[i],
				arguments.lengths[i]);
	value = words_ask(&words, redis);
	is_taken = value != NULL;
	redis_value_free(&value);
	charge_args_clear(&arguments);
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)charges[i].key);
	return is_taken;
}

static bool send_total(struct redis_client *redis, const char *prefix,
		       int verdict, int span)
{
	struct words words = { 0 };
	char *key = total_key(verdict, span);

	words_add(&words, "HGETALL");
	words_take(&words, alloc_format("%s:%s", prefix, key));
	free(key);
	return words_send(&words, redis);
}

bool roll_totals_read(struct redis_client *redis, const char *prefix,
		      uint64_t now_ms, struct roll_totals *totals_r)
{
	const int count = ROLL_VERDICTS * ROLL_SPANS;
	bool is_good = true;

	for (int span = 0; span < ROLL_SPANS; span++)
		totals_r->shapes[span] = window_shape_of(roll_span_ms[span]);
	for (int i = 0; i < count && is_good; i++)
		is_good = send_total(redis, prefix, i / ROLL_SPANS,
				     i % ROLL_SPANS);
	for (int i = 0; i < count && is_good; i++) {
		int verdict = i / ROLL_SPANS, span = i % ROLL_SPANS;
		struct redis_value *value = redis_client_take(redis);

		is_good = value != NULL;
		if (is_good)
			window_value_read(value, &totals_r->shapes[span],
					  now_ms,
					  &totals_r->windows[verdict][span]);
		redis_value_free(&value);
	}
	if (!is_good)
		redis_client_skip(redis);
	return is_good;
}
