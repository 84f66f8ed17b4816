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

#define PROGRAMS (SETTINGS_OF_MILTER | SETTINGS_OF_KEEPER)

/* 0: no line. */
static json_t *line_json(unsigned int line)
{
	return line == 0 ? json_null() : document_number(line);
}

static json_t *limit_json(const struct settings *settings,
			  const struct limit *limit)
{
	char key[LIMIT_KEY_TEXT_SIZE];
	char *sentence = limit_describe(limit);
	const char *file = limit->file != NULL ? limit->file : settings->path;
	json_t *object = document_make(
		"name:s key:s unit:s max:n per_ms:n action:s count:s file:s "
		"line:o sentence:s",
		limit->name, limit_format_key(limit->key, key),
		limit_unit_name(limit->unit), limit->max, limit->per_ms,
		limit_action_name(limit->action),
		limit_count_name(limit->count), file,
		line_json((unsigned int)limit->line), sentence);

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

/* A text about a place in a file. */
static json_t *place_json(const char *file, unsigned int line, const char *name,
			  const char *text)
{
	return json_pack("{s:o, s:o, s:o}", "file", document_string(file),
			 "line", line_json(line), name, document_string(text));
}

static json_t *exempt_json(const struct settings *settings)
{
	json_t *array = json_array();

	for (size_t i = 0; settings != NULL && i < settings->exempt_count;
	     i++) {
		const struct match *exempt = &settings->exempt[i];
		char *sentence = match_describe(exempt);

		json_array_append_new(
			array, place_json(exempt->file != NULL ? exempt->file
							       : settings->path,
					  (unsigned int)exempt->line,
					  "sentence", sentence));
		free(sentence);
	}
	return array;
}

static json_t *advice_json(const struct lint_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array,
				      place_json(list->entries[i].file,
						 list->entries[i].line, "text",
						 list->entries[i].text));
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
	const char *colon = find_colon(error), *text = error;
	unsigned int line = 0;
	char *file = NULL;
	json_t *object;

	if (colon != NULL) {
		line = (unsigned int)strtoul(colon + 1, NULL, 10);
		text = strstr(colon, ": ") + 2;
		file = alloc_copy(error, (size_t)(colon - error));
	}
	object = place_json(file, line, "text", text);
	free(file);
	return object;
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
	struct lint_list advice;
	struct settings *settings = settings_check(path, PROGRAMS, &errors,
						   &advice);
	int code = settings == NULL ? EX_CONFIG : EX_OK;

	document_print(
		document_make(
			"file:s listen:s charge_at_data:b valid:b limits:o "
			"exempt:o advice:o errors:o",
			path, settings != NULL ? settings->listen : NULL,
			settings != NULL && settings_charge_at_data(settings),
			settings != NULL, limits_json(settings),
			exempt_json(settings), advice_json(&advice),
			errors_json(&errors)),
		stdout);
	settings_errors_clear(&errors);
	lint_clear(&advice);
	settings_release(&settings);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	const char *path;
	int code;

	if (arguments_read(argc, argv, NULL, 0, 0, 1) == 0)
		return EX_USAGE;
	path = argv[1] != NULL ? argv[1] : globals->path;
	code = globals->is_json ? print_json(path)
				: settings_print(path, PROGRAMS);
	if (code == EX_CONFIG && argv[1] == NULL)
		context_report_choice(globals);
	return code;
}

const struct command command_check = {
	.name = "check",
	.arguments = "[FILE]",
	.purpose = "check a configuration, print its limits and warnings",
	.help = "Reads a configuration as weir-milter would, and prints each limit as a\n"
		"sentence, or every error with its line. Warnings about valid but unwise\n"
		"settings follow as \"advice:\"; they do not change the exit code. Works offline.\n\n"
		"  --json  the same as one JSON value\n\n"
		"example:\n"
		"  weirctl check /etc/weir/weir.conf\n",
	.run = run,
};
