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
	json_t *object = json_object();

	document_put_number(object, "quiet", rules->quiet_ms);
	document_put_number(object, "over", rules->over_ms);
	document_put_number(object, "serious_times", rules->serious_times);
	document_put_number(object, "serious_windows", rules->serious_windows);
	document_put_number(object, "serious_after", rules->serious_after_ms);
	document_put_number(object, "critical_times", rules->critical_times);
	document_put_number(object, "critical_others", rules->critical_others);
	return object;
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

static void put_what_it_is(json_t *object, const struct flood_window *window)
{
	char *key = flood_window_key(window);

	document_put_text(object, "key", key);
	document_put_text(object, "limit", window->limit);
	document_put_text(object, "subject", window->subject);
	document_put_number(object, "per", window->per_ms);
	document_put_number(object, "max", window->max);
	if (window->order != 0)
		document_put_number(object, "order", window->order);
	json_object_set_new(
		object, "marks",
		document_texts(window->marks.texts, window->marks.count));
	if (window->marks.source != NULL)
		document_put_text(object, "source", window->marks.source);
	free(key);
}

static void put_counts(json_t *object, const struct incident_report *report,
		       const struct flood_window *window)
{
	document_put_number(object, "stopped", window->stopped);
	document_put_number(object, "held", window->held);
	document_put_number(object, "let_in", window->let_in);
	if (window->is_least)
		json_object_set_new(object, "least", json_true());
	document_put_number(object, "monitored", window->monitored);
	document_put_number(object, "others", window->others);
	document_put_number(object, "bytes", window->bytes);
	document_put_number(object, "amount", window->amount);
	document_put_number(object, "age", age(report, window->first_ms));
	document_put_number(object, "idle", age(report, window->last_ms));
	json_object_set_new(object, "who", who_json(window));
}

static json_t *let_in_json(const struct incident_let_in *total)
{
	json_t *object = json_object();

	document_put_number(object, "number", total->number);
	document_put_text(object, "uid", total->uid);
	json_object_set_new(object, "messages", json_integer(total->messages));
	if (total->is_least)
		json_object_set_new(object, "least", json_true());
	return object;
}

static void put_membership(json_t *object, const struct incident_report *report,
			   const struct flood_window *window)
{
	json_t *member = json_object();

	if (window->local != 0) {
		const struct incident_local *local =
			&report->locals[window->local - 1];

		document_put_text(member, "name", local->name);
		document_put_text(member, "uid", local->uid);
		document_put_number(member, "age",
				    age(report, local->opened_ms));
		json_object_set_new(object, "local", member);
	} else if (window->incident != 0) {
		document_put_number(member, "number", window->incident);
		document_put_text(member, "uid", window->uid);
		json_object_set_new(object, "incident", member);
	} else {
		json_decref(member);
	}
}

static json_t *window_json(const struct incident_report *report,
			   const struct flood_window *window)
{
	json_t *object = json_object();

	put_what_it_is(object, window);
	put_counts(object, report, window);
	put_membership(object, report, window);
	return object;
}

static json_t *report_json(const struct incident_report *report)
{
	json_t *object = json_object(), *windows = json_array();
	json_t *let_in = json_array();

	for (size_t i = 0; i < report->count; i++)
		json_array_append_new(windows,
				      window_json(report, &report->windows[i]));
	for (size_t i = 0; i < report->let_in_count; i++)
		json_array_append_new(let_in, let_in_json(&report->let_in[i]));
	document_put_text(object, "milter", report->milter);
	document_put_number(object, "sequence", report->sequence);
	if (report->now_ms != 0)
		document_put_number(object, "now", report->now_ms);
	if (report->is_restored)
		json_object_set_new(object, "restored", json_true());
	json_object_set_new(object, "rules", rules_json(report->rules));
	json_object_set_new(object, "windows", windows);
	json_object_set_new(object, "let_in", let_in);
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
	json_t *object = json_object();

	document_put_number(object, "number", incident->number);
	document_put_text(object, "uid", incident->uid);
	document_put_text(object, "state",
			  incident_state_name(incident->state));
	document_put_text(object, "level",
			  incident_level_name(incident->level));
	document_put_text(object, "limit", incident->limit);
	document_put_text(object, "subject", incident->subject);
	document_put_text(object, "source", incident->source);
	document_put_text(object, "taken_by", incident->taken_by);
	document_put_number(object, "opened", incident->opened_ms);
	document_put_number(object, "last", incident->last_ms);
	if (incident->ended_ms != 0)
		document_put_number(object, "ended", incident->ended_ms);
	if (incident->from_ms != 0)
		document_put_number(object, "from", incident->from_ms);
	document_put_number(object, "per", incident->per_ms);
	document_put_number(object, "max", incident->max);
	document_put_number(object, "stopped", incident->stopped);
	document_put_number(object, "held", incident->held);
	document_put_number(object, "monitored", incident->monitored);
	document_put_number(object, "let_in", incident->let_in);
	if (incident->let_in_least != 0)
		document_put_number(object, "let_in_least", 1);
	json_object_set_new(object, "mine", json_integer(known->let_in));
	document_put_number(object, "bytes", incident->bytes);
	document_put_number(object, "others", incident->others_hit);
	document_put_number(object, "peak", incident->peak);
	document_put_number(object, "agains", incident->agains);
	document_put_number(object, "taken", incident->taken_ms);
	document_put_number(object, "blocked", incident->blocked_ms);
	put_numbers(object, "before", &incident->before);
	put_numbers(object, "related", &incident->related);
	json_object_set_new(object, "marks",
			    document_texts(known->marks, known->mark_count));
	return object;
}

bool incident_restore(struct redis_client *redis, const char *prefix,
		      const char *milter, const struct incident_known *known,
		      size_t count, struct incident_answer *answer_r)
{
	json_t *request = json_object(), *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, known_json(&known[i]));
	json_object_set_new(request, "incidents", array);
	document_put_text(request, "milter", milter);
	return ask(redis, prefix, "restore", request, answer_r);
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
	json_t *object = json_object();

	document_put_number(object, "number", number);
	document_put_text(object, "by", by);
	return object;
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
