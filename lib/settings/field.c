/* SPDX-License-Identifier: ISC */
/*
 * A kind looks at the type first, then at the value, and stores only what is
 * allowed; so the target keeps its default where there was an error.
 */
#include "field.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/letter.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "reader.h"

#define HINT_SIZE    256
#define ALLOWED_SIZE 1024

void field_store(const struct field *field, void *target, uint64_t value)
{
	char *member = (char *)target + field->offset;
	uint32_t narrow = (uint32_t)value;
	bool truth = value != 0;

	if (field->size == sizeof(value))
		memcpy(member, &value, sizeof(value));
	else if (field->size == sizeof(narrow))
		memcpy(member, &narrow, sizeof(narrow));
	else
		memcpy(member, &truth, sizeof(truth));
}

static void store_text(const struct field *field, void *target,
		       const char *value)
{
	char *copy = alloc_text(value), *old;
	char *member = (char *)target + field->offset;

	memcpy(&old, member, sizeof(old));
	free(old);
	memcpy(member, &copy, sizeof(copy));
}

static bool is_in_range(const struct field *field, uint64_t value)
{
	return value >= field->min && value <= field->max;
}

static bool read_bool(struct reader *reader, const struct field *field,
		      const config_setting_t *setting, void *target)
{
	(void)reader;
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		return false;
	field_store(field, target, config_setting_get_bool(setting) ? 1 : 0);
	return true;
}

const struct field_kind field_bool = { .read = read_bool,
				       .words = "true or false" };

static bool read_number(struct reader *reader, const struct field *field,
			const config_setting_t *setting, void *target)
{
	int type = config_setting_type(setting);
	long long value = config_setting_get_int64(setting);

	(void)reader;
	if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) ||
	    value < 0 || !is_in_range(field, (uint64_t)value))
		return false;
	field_store(field, target, (uint64_t)value);
	return true;
}

static void allow_number(const struct field *field, struct text *text)
{
	text_add_format(text, "a whole number from %llu to %llu",
			(unsigned long long)field->min,
			(unsigned long long)field->max);
}

const struct field_kind field_number = { .read = read_number,
					 .allow = allow_number };

static bool read_span(struct reader *reader, const struct field *field,
		      const config_setting_t *setting, void *target)
{
	const char *value = config_setting_get_string(setting);
	uint64_t span_ms;

	(void)reader;
	if (value == NULL || !units_parse_span(value, &span_ms) ||
	    !is_in_range(field, span_ms))
		return false;
	field_store(field, target, span_ms);
	return true;
}

static void allow_span(const struct field *field, struct text *text)
{
	char min[UNITS_TEXT_SIZE], max[UNITS_TEXT_SIZE];

	text_add_format(text, "a span with its unit, \"%s\" to \"%s\"",
			units_format_span(field->min, min),
			units_format_span(field->max, max));
}

const struct field_kind field_span = { .read = read_span, .allow = allow_span };

static bool read_choice(struct reader *reader, const struct field *field,
			const config_setting_t *setting, void *target)
{
	const char *value = config_setting_get_string(setting);
	int found = value == NULL ? -1 : text_find(field->choices, value);

	(void)reader;
	if (found >= 0)
		field_store(field, target, (uint64_t)found);
	return found >= 0;
}

static void allow_choice(const struct field *field, struct text *text)
{
	const char *const *choices = field->choices;

	for (size_t i = 0; choices[i] != NULL; i++) {
		if (i > 0)
			text_add_string(text,
					choices[i + 1] != NULL ? ", " : " or ");
		text_add_format(text, "\"%s\"", choices[i]);
	}
}

const struct field_kind field_choice = { .read = read_choice,
					 .allow = allow_choice };

/* With the hint of the field's check, if that has one. */
static void refuse_text(struct reader *reader, const struct field *field,
			const config_setting_t *setting, const char *hint)
{
	char allowed[ALLOWED_SIZE];
	struct text text;

	text_init(&text, allowed, sizeof(allowed));
	field_allow(field, &text);
	if (hint[0] != '\0')
		text_add_format(&text, " (%s)", hint);
	reader_refuse(reader, setting, allowed);
}

static bool read_text(struct reader *reader, const struct field *field,
		      const config_setting_t *setting, void *target)
{
	char buffer[HINT_SIZE];
	const char *value = config_setting_get_string(setting);
	struct text hint;

	if (value == NULL)
		return false;
	text_init(&hint, buffer, sizeof(buffer));
	if (letter_has_control(value) || !is_in_range(field, strlen(value)) ||
	    (field->check != NULL && !field->check(value, &hint)))
		refuse_text(reader, field, setting, hint.data);
	else
		store_text(field, target, value);
	return true;
}

void field_clear_text(void *member)
{
	char **text = member;

	free(*text);
	*text = NULL;
}

const struct field_kind field_text = { .read = read_text,
				       .clear = field_clear_text };

static bool read_group(struct reader *reader, const struct field *field,
		       const config_setting_t *setting, void *target)
{
	reader_read_group(reader, field->members, setting,
			  (char *)target + field->offset);
	return true;
}

const struct field_kind field_group = { .read = read_group,
					.words = "a group { }" };

void field_allow(const struct field *field, struct text *text)
{
	if (field->kind->allow != NULL)
		field->kind->allow(field, text);
	else
		text_add_string(text, field->allowed != NULL
					      ? field->allowed
					      : field->kind->words);
}

bool field_check_name(const char *value, struct text *hint)
{
	(void)hint;
	return strspn(value,
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		      "0123456789_.-") == strlen(value);
}

bool field_check_graphic(const char *value, struct text *hint)
{
	(void)hint;
	return letter_all_ascii(value, '!');
}

const char field_path_allowed[] = "an absolute path, or \"\"";

bool field_check_path(const char *value, struct text *hint)
{
	(void)hint;
	return value[0] == '\0' || value[0] == '/';
}

void field_default(const struct field *fields, void *target)
{
	for (; fields->name != NULL; fields++) {
		if (fields->members != NULL)
			field_default(fields->members,
				      (char *)target + fields->offset);
		else if (fields->default_text != NULL)
			store_text(fields, target, fields->default_text);
		else if (fields->default_value != 0)
			field_store(fields, target, fields->default_value);
	}
}

void field_clear(const struct field *fields, void *target)
{
	for (; fields->name != NULL; fields++) {
		char *member = (char *)target + fields->offset;

		if (fields->members != NULL)
			field_clear(fields->members, member);
		else if (fields->kind->clear != NULL)
			fields->kind->clear(member);
	}
}
