/* SPDX-License-Identifier: ISC */

/* jansson with no way to fail but memory. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "moment.h"
#include "text.h"
#include "json.h"

/* Bytes that are no UTF-8 sequence become four characters. */
static char *make_utf8(const char *data, size_t length, size_t *length_r)
{
	char *made = alloc_array(4 * length + 1, 1);
	size_t at = 0;

	while (length != 0) {
		size_t bytes = *data == '\0' ? 0
					     : text_utf8_length(data, length);

		if (bytes == 0) {
			at += (size_t)snprintf(made + at, 5, "\\x%02x",
					       (unsigned char)*data);
			bytes = 1;
		} else {
			memcpy(made + at, data, bytes);
			at += bytes;
		}
		data += bytes;
		length -= bytes;
	}
	*length_r = at;
	return made;
}

json_t *document_text(const char *data, size_t length)
{
	size_t made_length;
	json_t *value;
	char *made;

	if (data == NULL)
		return json_null();
	made = make_utf8(data, length, &made_length);
	value = json_stringn(made, made_length);
	free(made);
	if (value == NULL)
		alloc_fail();
	return value;
}

json_t *document_string(const char *text)
{
	return document_text(text, text == NULL ? 0 : strlen(text));
}

json_t *document_vformat(const char *format, va_list arguments)
{
	json_t *value;
	char *text;
	int length = vasprintf(&text, format, arguments);

	if (length < 0)
		alloc_fail();
	value = document_text(text, (size_t)length);
	free(text);
	return value;
}

json_t *document_format(const char *format, ...)
{
	va_list arguments;
	json_t *value;

	va_start(arguments, format);
	value = document_vformat(format, arguments);
	va_end(arguments);
	return value;
}

json_t *document_moment(uint64_t moment_ms)
{
	char buffer[MOMENT_TEXT_SIZE];

	if (moment_ms == 0)
		return json_null();
	return document_string(moment_format_utc(moment_ms, buffer));
}

json_t *document_number(uint64_t number)
{
	return json_integer(number > INT64_MAX ? INT64_MAX
					       : (json_int_t)number);
}

json_t *document_next(char kind, va_list *values)
{
	switch (kind) {
	case 's':
		return document_string(va_arg(*values, const char *));
	case 'n':
		return document_number(va_arg(*values, uint64_t));
	case 'm':
		return document_moment(va_arg(*values, uint64_t));
	case 'b':
		return json_boolean(va_arg(*values, int));
	case 'o':
		return va_arg(*values, json_t *);
	default:
		abort();
	}
}

static void put_members(json_t *object, const char *members, va_list *values)
{
	while (*members != '\0') {
		size_t length = strcspn(members, ":");
		char *name = alloc_copy(members, length);

		members += length + 1;
		json_object_set_new(object, name,
				    document_next(*members, values));
		members += 1 + (members[1] == ' ');
		free(name);
	}
}

json_t *document_make(const char *members, ...)
{
	json_t *object = json_object();
	va_list values;

	va_start(values, members);
	put_members(object, members, &values);
	va_end(values);
	return object;
}

void document_put(json_t *object, const char *members, ...)
{
	va_list values;

	va_start(values, members);
	put_members(object, members, &values);
	va_end(values);
}

json_t *document_texts(char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, document_string(texts[i]));
	return array;
}

void document_put_text(json_t *object, const char *name, const char *text)
{
	json_object_set_new(object, name, document_string(text));
}

void document_put_number(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, document_number(number));
}

const char *document_get_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

uint64_t document_get_number(const json_t *object, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(object, name));

	return number < 0 ? 0 : (uint64_t)number;
}

static const void *value_of(const void *from,
			    const struct document_field *field)
{
	return (const char *)from + field->offset;
}

void document_put_texts(json_t *object, const void *from,
			const struct document_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *const *text = value_of(from, &fields[i]);

		document_put_text(object, fields[i].name, *text);
	}
}

void document_put_numbers(json_t *object, const void *from,
			  const struct document_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const uint64_t *number = value_of(from, &fields[i]);

		document_put_number(object, fields[i].name, *number);
	}
}

void document_get_texts(const json_t *object, void *to_r,
			const struct document_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char **text = (void *)((char *)to_r + fields[i].offset);

		*text = document_get_text(object, fields[i].name);
	}
}

void document_get_numbers(const json_t *object, void *to_r,
			  const struct document_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t *number = (void *)((char *)to_r + fields[i].offset);

		*number = document_get_number(object, fields[i].name);
	}
}

/* ASCII only: a letter of an attacker could move, turn or hide what is on a
 * terminal. jansson leaves DEL as it is. */
static char *dump(json_t *value, size_t flags)
{
	char *text = json_dumps(value,
				flags | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	char *made, *at;

	if (text == NULL)
		alloc_fail();
	json_decref(value);
	if (strchr(text, '\177') == NULL)
		return text;
	made = at = alloc_array(6 * strlen(text) + 1, 1);
	for (const char *from = text; *from != '\0'; from++)
		if (*from == '\177')
			at = stpcpy(at, "\\u007F");
		else
			*at++ = *from;
	*at = '\0';
	free(text);
	return made;
}

void document_print(json_t *value, FILE *out)
{
	char *text = dump(value, JSON_INDENT(2));

	fputs(text, out);
	fputc('\n', out);
	free(text);
}

char *document_write(json_t *value)
{
	return dump(value, JSON_COMPACT);
}
