/* SPDX-License-Identifier: ISC */

/* jansson writes strings, so none can end early; what is left to see to is what
 * a service reads in a string. */
#include "alert_formats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/fleet/incident_json.h"
#include "alert_text.h"
#include "incident_steps.h"

#define TEST_MS		300000 /* the alert of a test ends by itself */
#define FIRING_LEAST_MS UINT64_C(86400000)

/* A string that is the caller's, as a JSON string; frees it. */
static json_t *take_string(char *text)
{
	json_t *value = document_string(text);

	free(text);
	return value;
}

/* Shown as all text of an alert is: control bytes do not reach a terminal. */
static json_t *line_json(const char *value)
{
	char *buffer;
	struct text text;
	size_t length;

	if (value == NULL || value[0] == '\0')
		return json_null();
	length = strlen(value);
	buffer = alloc_array(4 * length + 1, 1);
	text_init(&text, buffer, 4 * length + 1);
	text_add_line(&text, value, length, length);
	return take_string(buffer);
}

char *alert_thread(const struct alert *alert)
{
	return alloc_format("weir/%s/%s", alert->prefix, alert->uid);
}

/* weir */

static json_t *headers_json(const struct alert *alert)
{
	json_t *array = json_array();

	for (size_t i = 0; i < alert->header_count; i++) {
		const struct alert_header *header = &alert->headers[i];

		json_array_append_new(
			array, document_make("name:s value:s messages:n seen:n",
					     header->name, header->value,
					     header->count, header->seen));
	}
	return array;
}

static json_t *commands_json(const struct alert *alert)
{
	json_t *array = json_array();
	struct incident_steps steps;

	if (alert->detail == NULL)
		return array;
	incident_steps_make(alert->settings, alert->path,
			    &alert->detail->incident, INCIDENT_STEPS_ALERT,
			    &steps);
	for (size_t i = 0; i < steps.count; i++)
		json_array_append_new(array,
				      document_make("command:s purpose:s",
						    steps.list[i].command,
						    steps.list[i].purpose));
	incident_steps_clear(&steps);
	return array;
}

static json_t *milters_json(const struct alert *alert)
{
	json_t *array = json_array();

	for (size_t i = 0; i < alert->milter_count; i++)
		json_array_append_new(array,
				      document_string(alert->milters[i]));
	return array;
}

static json_t *heads_json(const struct alert *alert)
{
	json_t *array = json_array();

	for (size_t i = 0; i < alert->head_count; i++) {
		const struct journal_head *head = &alert->heads[i];

		json_array_append_new(
			array, document_make("journal:s n:n head:s", head->name,
					     head->n, head->hash));
	}
	return array;
}

static json_t *floods_json(const struct alert *alert)
{
	json_t *array = json_array();

	for (size_t i = 0; i < alert->flood_count; i++)
		json_array_append_new(
			array, incident_json(&alert->floods[i], NULL, 0));
	return array;
}

char *alert_format_weir(const struct alert *alert)
{
	json_t *incident = alert->detail == NULL
				   ? json_null()
				   : incident_json_detail(alert->settings,
							  alert->detail);

	return document_write(document_make(
		"weir:s act:s level:s time:m thread:o uid:s prefix:s host:s "
		"subject:o text:o detail:o incident:o floods:o headers:o "
		"commands:o milters:o heads:o report:s",
		WEIR_VERSION, alert_act_name(alert->act),
		incident_level_name(alert->level), alert->when_ms,
		take_string(alert_thread(alert)), alert->uid, alert->prefix,
		alert->host, take_string(alert_subject(alert)),
		take_string(alert_text(alert)), line_json(alert->text),
		incident, floods_json(alert), headers_json(alert),
		commands_json(alert), milters_json(alert), heads_json(alert),
		alert->report));
}

/* pagerduty */

static const char *action_of(const struct alert *alert)
{
	if (alert_act_is_end(alert->act))
		return "resolve";
	return alert->act == ALERT_TAKEN ? "acknowledge" : "trigger";
}

static const char *severity_of(enum incident_level level)
{
	static const char *const names[] = {
		[INCIDENT_NOTICE] = "info",
		[INCIDENT_WARNING] = "warning",
		[INCIDENT_SERIOUS] = "error",
		[INCIDENT_CRITICAL] = "critical",
	};

	return names[level];
}

char *alert_format_pagerduty(const struct alert *alert, const char *key)
{
	json_t *details = document_make("text:o",
					take_string(alert_text(alert)));
	json_t *payload = document_make(
		"summary:o source:s severity:s timestamp:m component:s group:s "
		"custom_details:o class:s",
		take_string(alert_subject(alert)), alert->host,
		severity_of(alert->level), alert->when_ms, "weir",
		alert->prefix, details, alert_act_name(alert->act));

	return document_write(document_make(
		"routing_key:s event_action:s dedup_key:o payload:o client:s",
		key, action_of(alert), take_string(alert_thread(alert)),
		payload, "weir"));
}

/* slack */

static const char *slack_of(char letter)
{
	switch (letter) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '`':
		return "'"; /* three of them would end the block */
	default:
		return NULL;
	}
}

static void add_slack(struct text *text, const char *from)
{
	for (; *from != '\0'; from++) {
		const char *instead = slack_of(*from);

		if (instead != NULL)
			text_add_string(text, instead);
		else
			text_add(text, from, 1);
	}
}

char *alert_format_slack(const struct alert *alert)
{
	char *subject = alert_subject(alert), *body = alert_text(alert);
	size_t size = 5 * (strlen(subject) + strlen(body)) + 20;
	char *buffer = alloc_array(size, 1);
	struct text text;

	text_init(&text, buffer, size);
	text_add_string(&text, "```\n");
	add_slack(&text, subject);
	text_add_string(&text, "\n\n");
	add_slack(&text, body);
	text_add_string(&text, "```");
	free(subject);
	free(body);
	return document_write(document_make("text:o", take_string(buffer)));
}

/* alertmanager */

static uint64_t end_of(const struct alert *alert, bool is_firing)
{
	uint64_t over_ms = alert->settings->incident.over_ms;

	if (!is_firing)
		return alert->when_ms;
	if (alert->act == ALERT_TEST)
		return alert->when_ms + TEST_MS;
	return alert->when_ms +
	       (over_ms > FIRING_LEAST_MS ? over_ms : FIRING_LEAST_MS);
}

static uint64_t begin_of(const struct alert *alert)
{
	uint64_t begin_ms = alert->detail == NULL
				    ? alert->when_ms
				    : alert->detail->incident.opened_ms;

	return begin_ms < alert->when_ms ? begin_ms : alert->when_ms;
}

/* "WeirRedisAway" is the name of its end, too: labels are what an alert is
 * known again by. */
static const char *alertname_of(const struct alert *alert)
{
	switch (alert->act) {
	case ALERT_REDIS_AWAY:
	case ALERT_REDIS_BACK:
		return "WeirRedisAway";
	case ALERT_MILTER_SILENT:
	case ALERT_MILTER_BACK:
		return "WeirMilterSilent";
	case ALERT_CHANNEL_FAILING:
	case ALERT_CHANNEL_WORKS:
		return "WeirChannelFailing";
	case ALERT_TEST:
		return "WeirTest";
	case ALERT_DIGEST:
		return "WeirIncidents";
	default:
		return "WeirIncident";
	}
}

static json_t *element_of(const struct alert *alert, enum incident_level level)
{
	bool is_firing = !alert_act_is_end(alert->act) && level == alert->level;
	json_t *labels = document_make(
		"alertname:s severity:s weir:s uid:s", alertname_of(alert),
		incident_level_name(level), alert->prefix, alert->uid);
	json_t *annotations;

	if (alert->detail != NULL)
		json_object_set_new(
			labels, "incident",
			document_format("%" PRIu64,
					alert->detail->incident.number));
	annotations = document_make("summary:o description:o",
				    take_string(alert_subject(alert)),
				    take_string(alert_text(alert)));
	return document_make("labels:o annotations:o startsAt:m endsAt:m",
			     labels, annotations, begin_of(alert),
			     end_of(alert, is_firing));
}

char *alert_format_alertmanager(const struct alert *alert)
{
	json_t *array = json_array();

	json_array_append_new(array, element_of(alert, alert->level));
	if (alert->detail == NULL)
		return document_write(array);
	for (int level = 0; level < (int)alert->level; level++)
		json_array_append_new(
			array, element_of(alert, (enum incident_level)level));
	return document_write(array);
}
