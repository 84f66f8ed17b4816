/* SPDX-License-Identifier: ISC */

/* The bodies of web requests, and that no stranger adds to them. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alert/alert_formats.h"
#include "lib/alert/alert_text.h"
#include "t/alert/sample_alert.h"

static struct settings *settings;
static struct sample_alert sample;

static void setup(void)
{
	settings = sample_alert_settings();
	sample_alert_make(&sample, settings);
}

static void teardown(void)
{
	settings_release(&settings);
}

static json_t *read_json(char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(value != NULL, "%s in %s", error.text, text);
	ck_assert_ptr_null(strchr(text, '\n'));
	free(text);
	return value;
}

static const char *get(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	ck_assert_msg(text != NULL, "no %s", name);
	return text;
}

static char *names_of(const json_t *object)
{
	static char names[512];
	const char *name;
	json_t *value;

	names[0] = '\0';
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		strcat(names, names[0] == '\0' ? "" : " ");
		strcat(names, name);
	}
	return names;
}

START_TEST(weir)
{
	json_t *object = read_json(alert_format_weir(&sample.alert));
	json_t *commands = json_object_get(object, "commands");
	char *text = alert_text(&sample.alert);

	ck_assert_str_eq(names_of(object),
			 "weir act level time thread uid prefix host subject "
			 "text detail incident floods headers commands milters "
			 "heads report");
	ck_assert_str_eq(get(object, "act"), "opened");
	ck_assert_str_eq(get(object, "level"), "warning");
	ck_assert_str_eq(get(object, "time"), "2026-11-25T10:44:21.000Z");
	ck_assert_str_eq(get(object, "thread"), "weir/weir/1795603449000-17");
	ck_assert_str_eq(get(object, "text"), text);
	ck_assert_int_eq(
		json_integer_value(json_object_get(
			json_object_get(object, "incident"), "stopped")),
		352);
	ck_assert_str_eq(get(json_array_get(commands, 1), "command"),
			 "weirctl block --incident 17 --for 2h");
	json_decref(object);
	free(text);
}
END_TEST

static const struct {
	enum alert_act act;
	const char *action;
} actions[] = {
	{ ALERT_OPENED, "trigger" },	 { ALERT_SERIOUS, "trigger" },
	{ ALERT_CONTAINED, "trigger" },	 { ALERT_TAKEN, "acknowledge" },
	{ ALERT_QUIET, "resolve" },	 { ALERT_OVER, "resolve" },
	{ ALERT_AGAIN, "trigger" },	 { ALERT_REDIS_AWAY, "trigger" },
	{ ALERT_REDIS_BACK, "resolve" }, { ALERT_TEST, "trigger" },
};

START_TEST(pagerduty)
{
	json_t *object, *payload;

	sample.alert.act = actions[_i].act;
	if (actions[_i].act > ALERT_DIGEST)
		sample.alert.detail = NULL;
	object = read_json(alert_format_pagerduty(&sample.alert, "R0UT1NG"));
	payload = json_object_get(object, "payload");
	ck_assert_str_eq(get(object, "routing_key"), "R0UT1NG");
	ck_assert_str_eq(get(object, "event_action"), actions[_i].action);
	ck_assert_str_eq(get(object, "dedup_key"),
			 "weir/weir/1795603449000-17");
	ck_assert_str_eq(get(payload, "severity"), "warning");
	ck_assert_str_eq(get(payload, "source"), "gw1.example.net");
	ck_assert_ptr_nonnull(strstr(get(payload, "summary"), "[weir] "));
	json_decref(object);
}
END_TEST

static const char *label(const json_t *array, size_t index, const char *name)
{
	return get(json_object_get(json_array_get(array, index), "labels"),
		   name);
}

/* What was told as a warning does not stay there beside what is serious. */
START_TEST(alertmanager_rises)
{
	json_t *array;

	sample.alert.act = ALERT_SERIOUS;
	sample.alert.level = INCIDENT_SERIOUS;
	array = read_json(alert_format_alertmanager(&sample.alert));
	ck_assert_uint_eq(json_array_size(array), 3);
	ck_assert_str_eq(label(array, 0, "alertname"), "WeirIncident");
	ck_assert_str_eq(label(array, 0, "incident"), "17");
	ck_assert_str_eq(label(array, 0, "severity"), "serious");
	ck_assert_str_eq(get(json_array_get(array, 0), "startsAt"),
			 "2026-11-25T10:44:09.000Z");
	ck_assert_str_eq(get(json_array_get(array, 0), "endsAt"),
			 "2026-11-26T10:44:21.000Z");
	ck_assert_str_eq(label(array, 2, "severity"), "warning");
	ck_assert_str_eq(get(json_array_get(array, 2), "endsAt"),
			 "2026-11-25T10:44:21.000Z");
	json_decref(array);
}
END_TEST

/* The end has the labels of the beginning. */
START_TEST(alertmanager_ends)
{
	json_t *array;

	sample.alert.detail = NULL;
	sample.alert.act = ALERT_REDIS_BACK;
	array = read_json(alert_format_alertmanager(&sample.alert));
	ck_assert_uint_eq(json_array_size(array), 1);
	ck_assert_str_eq(label(array, 0, "alertname"), "WeirRedisAway");
	ck_assert_str_eq(get(json_array_get(array, 0), "endsAt"),
			 "2026-11-25T10:44:21.000Z");
	json_decref(array);
}
END_TEST

START_TEST(slack)
{
	json_t *object = read_json(alert_format_slack(&sample.alert));

	ck_assert_str_eq(names_of(object), "text");
	ck_assert_int_eq(strncmp(get(object, "text"),
				 "```\n[weir] incident 17: "
				 "sender:script@dev.example, 352 stopped",
				 60),
			 0);
	json_decref(object);
}
END_TEST

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' && *text != '\n')
			return true;
	return false;
}

/* One block of code, whose end is the end of the text: no mention, link or
 * mark-up. */
START_TEST(strangers_in_slack)
{
	const char *text;
	json_t *object;

	sample_alert_poison(&sample, sample_hostile[_i]);
	object = read_json(alert_format_slack(&sample.alert));
	text = get(object, "text");
	ck_assert_ptr_null(strpbrk(text, "<>"));
	ck_assert_ptr_eq(strchr(text + 3, '`'), text + strlen(text) - 3);
	ck_assert(!has_control(text));
	json_decref(object);
}
END_TEST

/* The same members, whatever is in them, and clean where people read it. */
START_TEST(strangers_in_json)
{
	json_t *object;
	char *members;

	sample_alert_poison(&sample, sample_hostile[_i]);
	object = read_json(alert_format_weir(&sample.alert));
	ck_assert_uint_eq(json_object_size(object), 18);
	ck_assert_str_eq(get(object, "act"), "opened");
	ck_assert(!has_control(get(object, "text")));
	ck_assert(!has_control(get(object, "subject")));
	ck_assert(!has_control(get(object, "detail")));
	json_decref(object);
	object = read_json(alert_format_pagerduty(&sample.alert, "key"));
	members = names_of(object);
	ck_assert_str_eq(members, "routing_key event_action dedup_key payload "
				  "client");
	ck_assert(!has_control(
		get(json_object_get(object, "payload"), "summary")));
	json_decref(object);
	object = read_json(alert_format_alertmanager(&sample.alert));
	ck_assert_str_eq(
		names_of(json_object_get(json_array_get(object, 0), "labels")),
		"alertname severity weir uid incident");
	json_decref(object);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert_formats");
	TCase *cases = tcase_create("formats");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, weir);
	tcase_add_loop_test(cases, pagerduty, 0,
			    (int)(sizeof(actions) / sizeof(actions[0])));
	tcase_add_test(cases, alertmanager_rises);
	tcase_add_test(cases, alertmanager_ends);
	tcase_add_test(cases, slack);
	tcase_add_loop_test(cases, strangers_in_slack, 0,
			    sample_hostile_count());
	tcase_add_loop_test(cases, strangers_in_json, 0,
			    sample_hostile_count());
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
