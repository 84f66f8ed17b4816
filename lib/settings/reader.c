/* SPDX-License-Identifier: ISC */
/*
 * libconfig's lookup functions answer "no" alike to a setting that is absent
 * and to one of the wrong type, so nothing here uses them: every setting is
 * fetched as such, its type is looked at, and only then its value. The text of
 * one that is none is NULL.
 */
#include "reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "errors.h"
#include "field.h"
#include "suggestion.h"
#include "source.h"

#define PATH_SIZE    256
#define MESSAGE_SIZE 1536
#define NAME_MAX     64

/* The name of a limit says more than its place in the list. */
static const char *element_name(const config_setting_t *element)
{
	const config_setting_t *name;

	if (config_setting_type(element) != CONFIG_TYPE_GROUP)
		return NULL;
	name = config_setting_get_member(element, "name");
	return name == NULL ? NULL : config_setting_get_string(name);
}

void reader_add_path(const config_setting_t *setting, struct text *text)
{
	const config_setting_t *parent = config_setting_parent(setting);
	const char *name = config_setting_name(setting);

	if (parent == NULL)
		return;
	reader_add_path(parent, text);
	if (name == NULL && (name = element_name(setting)) == NULL) {
		text_add_format(text, "[%d]",
				config_setting_index(setting) + 1);
		return;
	}
	if (text->length > 0)
		text_add_string(text, ".");
	text_add_escaped(text, name, strlen(name), NAME_MAX);
}

/* What is there, as the operator would recognise it. */
static void add_found(const config_setting_t *setting, struct text *text)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		text_add_string(text, "a group { }");
		break;
	case CONFIG_TYPE_ARRAY:
		text_add_string(text, "an array [ ]");
		break;
	case CONFIG_TYPE_LIST:
		text_add_string(text, "a list ( )");
		break;
	case CONFIG_TYPE_INT:
		text_add_format(text, "%d", config_setting_get_int(setting));
		break;
	case CONFIG_TYPE_INT64:
		text_add_format(text, "%lld",
				config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		text_add_format(text, "%g", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_BOOL:
		text_add_string(text, config_setting_get_bool(setting)
					      ? "true"
					      : "false");
		break;
	default:
		errors_quote(text, config_setting_get_string(setting));
		break;
	}
}

char *reader_file_name(const struct reader *reader, const char *file)
{
	const char *base = reader->include_directory;
	size_t length = base == NULL ? 0 : strlen(base);

	if (strcmp(file, reader->path) == 0)
		return alloc_text(file);
	if (length > 0 && strncmp(file, base, length) == 0 &&
	    file[length] == '/')
		file += length + 1;
	return source_path(reader->directory, file);
}

/* Includes are named relative to the main file. */
char *reader_file(const struct reader *reader, const config_setting_t *setting)
{
	const char *file = config_setting_source_file(setting);

	if (file == NULL || strcmp(file, reader->path) == 0)
		return NULL;
	return reader_file_name(reader, file);
}

static char *setting_file(const struct reader *reader,
			  const config_setting_t *setting)
{
	char *file = reader_file(reader, setting);

	return file != NULL ? file : alloc_text(reader->path);
}

/* At the line of setting, the first one for the file as a whole. */
static void add_error(struct reader *reader, const config_setting_t *setting,
		      const char *text)
{
	char *file = setting_file(reader, setting);

	errors_add(reader->errors, file,
		   config_setting_parent(setting) != NULL
			   ? config_setting_source_line(setting)
			   : 1,
		   "%s", text);
	free(file);
}

void reader_error(struct reader *reader, const config_setting_t *setting,
		  const char *format, ...)
{
	char path[PATH_SIZE], message[MESSAGE_SIZE], *all;
	struct text text;
	va_list args;

	text_init(&text, path, sizeof(path));
	reader_add_path(setting, &text);
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	all = alloc_format("%s: %s", path, message);
	add_error(reader, setting, all);
	free(all);
}

/* Was it said already that libconfig has cut this number? */
static bool is_misread(const struct reader *reader,
		       const config_setting_t *setting)
{
	char *file;
	bool is_settled;

	if (config_setting_type(setting) != CONFIG_TYPE_INT &&
	    config_setting_type(setting) != CONFIG_TYPE_INT64)
		return false;
	file = setting_file(reader, setting);
	is_settled = errors_in_text(reader->errors, file,
				    config_setting_source_line(setting));
	free(file);
	return is_settled;
}

void reader_refuse(struct reader *reader, const config_setting_t *setting,
		   const char *allowed)
{
	char found[ERRORS_QUOTE_SIZE];
	struct text text;

	if (is_misread(reader, setting))
		return;
	text_init(&text, found, sizeof(found));
	add_found(setting, &text);
	reader_error(reader, setting, "found %s, allowed is %s", found,
		     allowed);
}

static bool is_sequence(const config_setting_t *setting)
{
	return config_setting_type(setting) == CONFIG_TYPE_ARRAY ||
	       config_setting_type(setting) == CONFIG_TYPE_LIST;
}

unsigned int reader_count(const config_setting_t *setting)
{
	return is_sequence(setting)
		       ? (unsigned int)config_setting_length(setting)
		       : 1;
}

const config_setting_t *reader_element(const config_setting_t *setting,
				       unsigned int index)
{
	return is_sequence(setting) ? config_setting_get_elem(setting, index)
				    : setting;
}

void reader_refuse_double(struct reader *reader, const config_setting_t *list,
			  unsigned int index)
{
	const config_setting_t *group = reader_element(list, index);
	const char *name = element_name(group);

	for (unsigned int i = 0; i < index; i++) {
		const config_setting_t *other = reader_element(list, i);
		const char *taken = element_name(other);

		if (taken == NULL || strcmp(taken, name) != 0)
			continue;
		reader_error(reader, config_setting_get_member(group, "name"),
			     "found \"%s\" a second time (first at line %u), "
			     "allowed is a name of its own",
			     name, config_setting_source_line(other));
		return;
	}
}

static void refuse_unknown(struct reader *reader, const struct field *fields,
			   const config_setting_t *setting)
{
	char known[MESSAGE_SIZE];
	struct suggestion suggestion;
	struct text text;

	suggestion_init(&suggestion, config_setting_name(setting));
	text_init(&text, known, sizeof(known));
	for (; fields->name != NULL; fields++) {
		suggestion_offer(&suggestion, fields->name);
		text_add_format(&text, "%s%s", text.length > 0 ? ", " : "",
				fields->name);
	}
	if (suggestion.name != NULL)
		reader_error(reader, setting,
			     "found an unknown setting, did you mean %s?",
			     suggestion.name);
	else
		reader_error(reader, setting,
			     "found an unknown setting, allowed here are "
			     "%s",
			     known);
}

static bool is_known(const struct field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0)
			return true;
	return false;
}

void reader_miss(struct reader *reader, const config_setting_t *group,
		 const char *name, const char *required)
{
	char path[PATH_SIZE], *all;
	struct text text;

	text_init(&text, path, sizeof(path));
	reader_add_path(group, &text);
	all = alloc_format("%s%s%s: found nothing, required is %s", path,
			   path[0] != '\0' ? "." : "", name, required);
	add_error(reader, group, all);
	free(all);
}

static void read_field(struct reader *reader, const struct field *field,
		       const config_setting_t *group, void *target)
{
	const config_setting_t *setting = config_setting_get_member(
		group, field->name);
	char allowed[MESSAGE_SIZE];
	struct text text;

	text_init(&text, allowed, sizeof(allowed));
	field_allow(field, &text);
	if (setting != NULL) {
		if (!field->kind->read(reader, field, setting, target))
			reader_refuse(reader, setting, allowed);
		return;
	}
	if (field->is_required)
		reader_miss(reader, group, field->name, allowed);
}

bool reader_read_group(struct reader *reader, const struct field *fields,
		       const config_setting_t *group, void *target)
{
	const config_setting_t *setting;

	if (config_setting_type(group) != CONFIG_TYPE_GROUP) {
		reader_refuse(reader, group, "a group { }");
		return false;
	}
	for (int i = 0; i < config_setting_length(group); i++) {
		setting = config_setting_get_elem(group, (unsigned int)i);
		if (!is_known(fields, config_setting_name(setting)))
			refuse_unknown(reader, fields, setting);
	}
	for (; fields->name != NULL; fields++)
		read_field(reader, fields, group, target);
	return true;
}
