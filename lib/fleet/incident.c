/* SPDX-License-Identifier: ISC */

/* What is sent to incident.lua is one JSON object, and so is its answer; by
 * EVAL, so that EVALSHA in the command statistics of Redis is mail and nothing
 * else. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/redis/redis_client.h"
#include "lib/redis/redis_args.h"
#include "incident_lua.h"
#include "incident_parts.h"

/* The answer of the script; NULL: there was none, or no object. */
static json_t *run(struct redis_client *redis, const char *prefix,
		   const char *verb, json_t *request)
{
	struct redis_args args = { 0 };
	struct redis_value *value;
	const char *text;
	size_t length;
	json_t *answer;

	redis_args_add(&args, "EVAL");
	redis_args_add_bytes(&args, (const char *)incident_lua,
			     sizeof(incident_lua));
	redis_args_add(&args, "1");
	redis_args_take(&args, incident_base(prefix));
	redis_args_add(&args, verb);
	redis_args_take(&args, document_write(request));
	value = redis_args_ask(&args, redis);
	if (value == NULL)
		return NULL;
	text = redis_value_text(value, &length);
	answer = json_loadb(text, length, 0, NULL);
	redis_value_free(&value);
	return answer;
}

/* what is reported */

static json_t *rules_json(const struct settings_incident *rules)
{
	return document_make(
		"quiet:n over:n serious_times:n serious_windows:n "
		"serious_after:n critical_times:n "
		"critical_others:n",
		rules->quiet_ms, rules->over_ms, (uint64_t)rules->serious_times,
		(uint64_t)rules->serious_windows, rules->serious_after_ms,
		(uint64_t)rules->critical_times,
		(uint64_t)rules->critical_others);
}

static json_t *sketch_json(const struct sketch *sketch)
{
	json_t *array = json_array();

	for (size_t i = 0; i < sketch->used; i++) {
		json_t *row = json_array();

		json_array_append_new(
			row, document_string(sketch->counters[i].value));
		json_array_append_new(
			row, document_number(sketch->counters[i].count));
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *who_json(const struct flood_window *window)
{
	json_t *object = json_object();

	for (int i = 0; i < FLOOD_DIMENSIONS; i++)
		if (window->who[i].used != 0)
			json_object_set_new(
				object,
				flood_dimension_name((enum flood_dimension)i),
				sketch_json(&window->who[i]));
	return object;
}

static uint64_t age(const struct incident_report *report, uint64_t when_ms)
{
	return when_ms != 0 && when_ms < report->steady_ms
		       ? report->steady_ms - when_ms
		       : 0;
}

static json_t *let_in_json(const struct incident_let_in *total)
{
	json_t *object = document_make("number:n uid:s messages:o",
				       total->number, total->uid,
				       json_integer(total->messages));

	if (total->is_least)
		json_object_set_new(object, "least", json_true());
	return object;
}

static void put_membership(json_t *object, const struct incident_report *report,
			   const struct flood_window *window)
{
	if (window->local != 0) {
		const struct incident_local *local =
			&report->locals[window->local - 1];

		json_object_set_new(
			object, "local",
			document_make("name:s uid:s age:n", local->name,
				      local->uid,
				      age(report, local->opened_ms)));
	} else if (window->incident != 0) {
		json_object_set_new(object, "incident",
				    document_make("number:n uid:s",
						  window->incident,
						  window->uid));
	}
}

static json_t *window_json(const struct incident_report *report,
			   const struct flood_window *window)
{
	char *key = flood_window_key(window);
	json_t *object = document_make(
		"key:s limit:s subject:s per:n max:n marks:o stopped:n held:n "
		"let_in:n monitored:n others:n bytes:n amount:n age:n idle:n "
		"who:o",
		key, window->limit, window->subject, window->per_ms,
		window->max,
		document_texts(window->marks.texts, window->marks.count),
		window->stopped, window->held, window->let_in,
		window->monitored, window->others, window->bytes,
		window->amount, age(report, window->first_ms),
		age(report, window->last_ms), who_json(window));

	free(key);
	if (window->order != 0)
		document_put_number(object, "order", window->order);
	if (window->marks.source != NULL)
		document_put_text(object, "source", window->marks.source);
	if (window->is_least)
		json_object_set_new(object, "least", json_true());
	put_membership(object, report, window);
	return object;
}

static json_t *report_json(const struct incident_report *report)
{
	json_t *windows = json_array(), *let_in = json_array(), *object;

	for (size_t i = 0; i < report->count; i++)
		json_array_append_new(windows,
				      window_json(report, &report->windows[i]));
	for (size_t i = 0; i < report->let_in_count; i++)
		json_array_append_new(let_in, let_in_json(&report->let_in[i]));
	object = document_make("milter:s sequence:n rules:o windows:o let_in:o",
			       report->milter, report->sequence,
			       rules_json(report->rules), windows, let_in);
	if (report->now_ms != 0)
		document_put_number(object, "now", report->now_ms);
	if (report->is_restored)
		json_object_set_new(object, "restored", json_true());
	return object;
}

/* what is answered */

void incident_answer_clear(struct incident_answer *answer)
{
	for (size_t i = 0; i < answer->incident_count; i++)
		incident_clear(&answer->incidents[i]);
	for (size_t i = 0; i < answer->open_count; i++)
		incident_clear(&answer->open[i]);
	for (size_t i = 0; i < answer->act_count; i++) {
		free(answer->acts[i].act);
		free(answer->acts[i].text);
	}
	free(answer->windows);
	free(answer->incidents);
	free(answer->open);
	free(answer->acts);
	memset(answer, 0, sizeof(*answer));
}

const struct incident *
incident_answer_find(const struct incident_answer *answer, uint64_t number)
{
	for (size_t i = 0; i < answer->incident_count; i++)
		if (answer->incidents[i].number == number)
			return &answer->incidents[i];
	return NULL;
}

/* The rows of incidents; how many. */
static size_t read_incidents(const json_t *array, struct incident **incidents_r)
{
	struct incident *incidents = alloc_array(json_array_size(array),
						 sizeof(*incidents));
	const char *name;
	json_t *row, *value;
	size_t i;

	json_array_foreach(array, i, row) {
		json_object_foreach(row, name, value)
			if (json_is_string(value))
				incident_set(&incidents[i], name,
					     json_string_value(value));
		incidents[i].number = document_get_number(row, "number");
		incident_complete(&incidents[i]);
	}
	*incidents_r = incidents;
	return json_array_size(array);
}

static void read_acts(const json_t *array, struct incident_answer *answer)
{
	json_t *row;
	size_t i;

	answer->acts = alloc_array(json_array_size(array),
				   sizeof(*answer->acts));
	json_array_foreach(array, i, row) {
		struct incident_act act = {
			.incident = incident_answer_find(
				answer, document_get_number(row, "number")),
		};

		if (act.incident == NULL)
			continue;
		act.act = alloc_text(document_get_text(row, "act"));
		act.text = alloc_text(document_get_text(row, "text"));
		act.level = act.incident->level;
		incident_level_parse(document_get_text(row, "level"),
				     &act.level);
		answer->acts[answer->act_count++] = act;
	}
}

static void read_answer(const json_t *object, struct incident_answer *answer_r)
{
	const json_t *windows = json_object_get(object, "windows");
	json_t *number;
	size_t i;

	answer_r->now_ms = document_get_number(object, "now");
	answer_r->is_lost = json_is_true(json_object_get(object, "lost"));
	answer_r->windows = alloc_array(json_array_size(windows),
					sizeof(*answer_r->windows));
	json_array_foreach(windows, i, number)
		answer_r->windows[answer_r->window_count++] =
			(uint64_t)json_integer_value(number);
	answer_r->incident_count = read_incidents(
		json_object_get(object, "incidents"), &answer_r->incidents);
	answer_r->open_count = read_incidents(json_object_get(object, "open"),
					      &answer_r->open);
	read_acts(json_object_get(object, "acts"), answer_r);
}

static bool ask(struct redis_client *redis, const char *prefix,
		const char *verb, json_t *request,
		struct incident_answer *answer_r)
{
	json_t *answer = run(redis, prefix, verb, request);
	bool is_answered = answer != NULL;

	memset(answer_r, 0, sizeof(*answer_r));
	if (is_answered)
		read_answer(answer, answer_r);
	json_decref(answer);
	return is_answered;
}

bool incident_report(struct redis_client *redis, const char *prefix,
		     const struct incident_report *report,
		     struct incident_answer *answer_r)
{
	return ask(redis, prefix, "report", report_json(report), answer_r);
}

/* what is restored */

static char *numbers_text(const struct incident_numbers *numbers)
{
	char *text = alloc_text("");

	for (size_t i = 0; i < numbers->count; i++) {
		char *longer = alloc_format(
			"%s%s%llu", text, i == 0 ? "" : ",",
			(unsigned long long)numbers->numbers[i]);

		free(text);
		text = longer;
	}
	return text;
}

static void put_numbers(json_t *object, const char *name,
			const struct incident_numbers *numbers)
{
	char *text = numbers_text(numbers);

	document_put_text(object, name, text);
	free(text);
}

static json_t *known_json(const struct incident_known *known)
{
	const struct incident *incident = &known->incident;
	json_t *object = document_make(
		"number:n uid:s state:s level:s limit:s subject:s source:s "
		"taken_by:s opened:n last:n per:n max:n stopped:n held:n "
		"monitored:n let_in:n mine:o bytes:n others:n peak:n agains:n "
		"taken:n blocked:n marks:o",
		incident->number, incident->uid,
		incident_state_name(incident->state),
		incident_level_name(incident->level), incident->limit,
		incident->subject, incident->source, incident->taken_by,
		incident->opened_ms, incident->last_ms, incident->per_ms,
		incident->max, incident->stopped, incident->held,
		incident->monitored, incident->let_in,
		json_integer(known->let_in), incident->bytes,
		incident->others_hit, incident->peak, incident->agains,
		incident->taken_ms, incident->blocked_ms,
		document_texts(known->marks, known->mark_count));

	if (incident->ended_ms != 0)
		document_put_number(object, "ended", incident->ended_ms);
	if (incident->from_ms != 0)
		document_put_number(object, "from", incident->from_ms);
	if (incident->let_in_least != 0)
		document_put_number(object, "let_in_least", 1);
	put_numbers(object, "before", &incident->before);
	put_numbers(object, "related", &incident->related);
	return object;
}

bool incident_restore(struct redis_client *redis, const char *prefix,
		      const char *milter, const struct incident_known *known,
		      size_t count, struct incident_answer *answer_r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, known_json(&known[i]));
	return ask(redis, prefix, "restore",
		   document_make("incidents:o milter:s", array, milter),
		   answer_r);
}

/* by hand */

static bool by_hand(struct redis_client *redis, const char *prefix,
		    const char *verb, json_t *request, bool *found_r)
{
	json_t *answer = run(redis, prefix, verb, request);
	bool is_answered = answer != NULL;

	*found_r = json_is_true(json_object_get(answer, "found"));
	json_decref(answer);
	return is_answered;
}

static json_t *request_by(uint64_t number, const char *by)
{
	return document_make("number:n by:s", number, by);
}

bool incident_take(struct redis_client *redis, const char *prefix,
		   uint64_t number, const char *by, bool *found_r)
{
	return by_hand(redis, prefix, "take", request_by(number, by), found_r);
}

bool incident_note(struct redis_client *redis, const char *prefix,
		   uint64_t number, const char *by, const char *text,
		   bool *found_r)
{
	json_t *request = request_by(number, by);

	document_put_text(request, "text", text);
	return by_hand(redis, prefix, "note", request, found_r);
}

bool incident_close(struct redis_client *redis, const char *prefix,
		    uint64_t number, const char *by, bool *found_r)
{
	return by_hand(redis, prefix, "close", request_by(number, by), found_r);
}
