/* SPDX-License-Identifier: ISC */

/*
 * weirctl check: is this file good, and what does it say? Works on any
 * machine, with or without a running milter.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <jansson.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/lint/lint.h"
#include "lib/settings/settings.h"
#include "milter/ctl/context.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/command.h"
#include "milter/common/settings_print.h"

/* Adds where something stands. */
static json_t *with_place(json_t *object, const char *file, unsigned int line)
{
	json_object_set_new(object, "file", document_string(file));
	json_object_set_new(object, "line",
			    line == 0 ? json_null() : document_number(line));
	return object;
}

static json_t *with_text(json_t *object, const char *name, const char *text)
{
	json_object_set_new(object, name, document_string(text));
	return object;
}

static json_t *limit_json(const struct settings *settings,
			  const struct limit *limit)
{
	char key[LIMIT_KEY_TEXT_SIZE];
	char *sentence = limit_describe(limit);
	json_t *object = json_object();

	with_text(object, "name", limit->name);
	with_text(object, "key", limit_format_key(limit->key, key));
	with_text(object, "unit", limit_unit_name(limit->unit));
	json_object_set_new(object, "max", document_number(limit->max));
	json_object_set_new(object, "per_ms", document_number(limit->per_ms));
	with_text(object, "action", limit_action_name(limit->action));
	with_text(object, "count", limit_count_name(limit->count));
	with_place(object, limit->file != NULL ? limit->file : settings->path,
		   (unsigned int)limit->line);
	with_text(object, "sentence", sentence);
	free(sentence);
	return object;
}

static json_t *limits_json(const struct settings *settings)
{
	json_t *array = json_array();

	for (size_t i = 0; settings != NULL && i < settings->limit_count; i++)
		json_array_append_new(
			array, limit_json(settings, &settings->limits[i]));
	return array;
}

static json_t *exempt_json(const struct settings *settings)
{
	json_t *array = json_array();

	for (size_t i = 0; settings != NULL && i < settings->exempt_count;
	     i++) {
		const struct match *exempt = &settings->exempt[i];
		char *options = match_describe(exempt);
		json_t *object = json_object();

		with_place(object,
			   exempt->file != NULL ? exempt->file : settings->path,
			   (unsigned int)exempt->line);
		json_array_append_new(array,
				      with_text(object, "sentence", options));
		free(options);
	}
	return array;
}

static json_t *advice_json(const struct settings *settings)
{
	json_t *array = json_array();
	struct lint_list list = { 0 };

	if (settings != NULL)
		lint_collect(settings, &list);
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(
			array, with_text(with_place(json_object(),
						    list.entries[i].file,
						    list.entries[i].line),
					 "text", list.entries[i].text));
	lint_clear(&list);
	return array;
}

/* The ':' behind the file in "FILE:LINE: text" or "FILE: text", or NULL. */
static const char *find_colon(const char *error)
{
	const char *colon = strchr(error, ':');

	while (colon != NULL) {
		size_t digits = strspn(colon + 1, "0123456789");
		const char *wanted = digits > 0 ? ": " : " ";

		if (strncmp(colon + 1 + digits, wanted, strlen(wanted)) == 0)
			break;
		colon = strchr(colon + 1, ':');
	}
	return colon;
}

/* The line is null where an error is about all of the file. */
static json_t *error_json(const char *error)
{
	json_t *object = json_object();
	const char *colon = find_colon(error), *text = error;
	unsigned int line = 0;
	char *file = NULL;

	if (colon != NULL) {
		line = (unsigned int)strtoul(colon + 1, NULL, 10);
		text = strstr(colon, ": ") + 2;
		file = alloc_copy(error, (size_t)(colon - error));
	}
	with_place(object, file, line);
	free(file);
	return with_text(object, "text", text);
}

static json_t *errors_json(const struct settings_errors *errors)
{
	json_t *array = json_array();

	for (size_t i = 0; i < errors->count; i++)
		json_array_append_new(array, error_json(errors->lines[i]));
	return array;
}

static int print_json(const char *path)
{
	struct settings_errors errors;
	struct settings *settings = settings_read_for_service(path, &errors);
	json_t *answer = json_object();
	int code = settings == NULL ? EX_CONFIG : EX_OK;

	with_text(answer, "file", path);
	json_object_set_new(answer, "charge_at_data",
			    json_boolean(settings != NULL &&
					 settings_charge_at_data(settings)));
	json_object_set_new(answer, "valid", json_boolean(settings != NULL));
	json_object_set_new(answer, "limits", limits_json(settings));
	json_object_set_new(answer, "exempt", exempt_json(settings));
	json_object_set_new(answer, "advice", advice_json(settings));
	json_object_set_new(answer, "errors", errors_json(&errors));
	document_print(answer, stdout);
	settings_errors_clear(&errors);
	settings_release(&settings);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	const char *path;
	int code;

	argc = arguments_read(argc, argv, NULL, 0, 0, 1);
	if (argc == 0)
		return EX_USAGE;
	path = argc == 2 ? argv[1] : globals->path;
	code = globals->is_json ? print_json(path) : settings_print(path);
	if (code == EX_CONFIG && argc == 1)
		context_tell_choice(globals);
	return code;
}

const struct command command_check = {
	.name = "check",
	.arguments = "[FILE]",
	.purpose = "check a configuration, print its limits, give advice",
	.help = "Reads a configuration as weir-milter would, and prints each "
		"limit as a\nsentence, or every mistake with its line. What "
		"is valid but unwise is told\nbehind \"advice:\"; it does "
		"not change the exit code.\n\n"
		"  --json  the same as one JSON value\n\n"
		"example:\n  weirctl check /etc/weir/weir.conf\n",
	.run = run,
};
