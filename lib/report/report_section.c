/* SPDX-License-Identifier: ISC */

/* Parts of a section are made when the first of them comes. */
#include "report_section.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/text.h"

static const char *const units[REPORT_UNITS + 1] = {
	[REPORT_WORDS] = "words",   [REPORT_COUNT] = "count",
	[REPORT_BYTES] = "bytes",   [REPORT_SPAN] = "span",
	[REPORT_TIME] = "time",	    [REPORT_SHARE] = "share",
	[REPORT_RECORD] = "record",
};

enum report_unit report_unit_find(const char *name)
{
	int found = text_find(units, name);

	return found < 0 ? REPORT_WORDS : (enum report_unit)found;
}

json_t *report_section_new(unsigned int number, const char *title)
{
	return document_make("number:n title:s", (uint64_t)number, title);
}

/* The member, borrowed; made where it is not there. */
static json_t *part_of(json_t *section, const char *name, json_t *(*make)(void))
{
	json_t *part = json_object_get(section, name);

	if (part == NULL) {
		part = make();
		json_object_set_new(section, name, part);
	}
	return part;
}

void report_section_add_sentence(json_t *section, const char *part,
				 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	json_array_append_new(part_of(section, part, json_array),
			      document_vformat(format, arguments));
	va_end(arguments);
}

static json_t *or_null(json_t *value)
{
	return value == NULL ? json_null() : value;
}

/* The same moment, as people of this host say it. */
static void add_local(json_t *section, const char *name)
{
	json_t *figure = json_object_get(json_object_get(section, "figures"),
					 name);
	char local[MOMENT_TEXT_SIZE];
	uint64_t moment_ms = report_moment_of(figure, "value");

	if (moment_ms != 0)
		json_object_set_new(
			figure, "local",
			json_string(moment_format_local(moment_ms, local)));
}

void report_section_add(json_t *section, const struct report_figure *figure)
{
	json_object_set_new(
		part_of(section, "figures", json_object), figure->name,
		document_make("label:s unit:s value:o source:o", figure->label,
			      units[figure->unit], or_null(figure->value),
			      or_null(figure->source)));
	if (figure->unit == REPORT_TIME)
		add_local(section, figure->name);
}

void report_section_add_numbers(json_t *section,
				const struct report_number *numbers,
				size_t count, json_t *source)
{
	for (size_t i = 0; i < count; i++)
		report_section_add(section,
				   &(struct report_figure){
					   numbers[i].name, numbers[i].label,
					   numbers[i].unit,
					   document_number(numbers[i].value),
					   json_incref(source) });
}

json_t *report_section_table(json_t *section, const char *name,
			     const char *caption,
			     const struct report_column *columns)
{
	json_t *titles = json_array(), *table;

	for (; columns->name != NULL; columns++)
		json_array_append_new(
			titles,
			document_make("name:s title:s unit:s", columns->name,
				      columns->title, units[columns->unit]));
	table = document_make("caption:s columns:o rows:o", caption, titles,
			      json_array());
	json_object_set_new(part_of(section, "tables", json_object), name,
			    table);
	return table;
}

static json_t *value_of(char kind, va_list *values)
{
	uint64_t number;

	if (kind != 'n')
		return document_next(kind, values);
	number = va_arg(*values, uint64_t);
	return number == REPORT_NOT_KNOWN ? json_null()
					  : document_number(number);
}

void report_row_add(json_t *table, json_t *source, const char *kinds, ...)
{
	const json_t *columns = json_object_get(table, "columns"), *column;
	json_t *row = json_object();
	va_list values;
	size_t i;

	va_start(values, kinds);
	json_array_foreach(columns, i, column)
		json_object_set_new(row, document_get_text(column, "name"),
				    value_of(kinds[i], &values));
	json_object_set_new(row, "source", source);
	va_end(values);
	json_array_append_new(report_table_rows(table), row);
}

json_t *report_table_rows(const json_t *table)
{
	return json_object_get(table, "rows");
}

uint64_t report_moment_of(const json_t *object, const char *name)
{
	uint64_t moment_ms;

	return moment_parse(document_get_text(object, name), 0, &moment_ms)
		       ? moment_ms
		       : 0;
}

static bool is_before(const json_t *a, const json_t *b)
{
	return strcmp(document_get_text(a, "time"),
		      document_get_text(b, "time")) < 0;
}

/* Most rows come in order, so few move. */
void report_rows_sort(json_t *rows)
{
	for (size_t i = 1; i < json_array_size(rows); i++) {
		json_t *row = json_incref(json_array_get(rows, i));
		size_t at = i;

		while (at > 0 && is_before(row, json_array_get(rows, at - 1)))
			at--;
		if (at != i) {
			json_array_remove(rows, i);
			json_array_insert(rows, at, row);
		}
		json_decref(row);
	}
}
