/* SPDX-License-Identifier: ISC */

#include "report_markup.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "report_section.h"

#define WIDTH_MAX   48 /* wider cells push the rest of their row to the right */
#define COLUMNS_MAX 12

struct print {
	const struct report_markup *markup;
	const json_t *document;
	FILE *out;
};

/* What can be seen of a text, and nothing that moves the cursor. */
static char *line_of(const char *text)
{
	size_t length = strlen(text), size = 4 * length + 1;
	char *line = alloc_array(size, 1);
	struct text made;

	text_init(&made, line, size);
	text_add_line(&made, text, length, length);
	return line;
}

void report_markup_put(const struct report_markup *markup, FILE *out,
		       const char *text)
{
	char *line = line_of(text);

	markup->escape(line, out);
	free(line);
}

static void mark(const struct print *print, const char *text)
{
	if (text != NULL)
		fputs(text, print->out);
}

static void put(const struct print *print, const char *before, const char *text,
		const char *after)
{
	mark(print, before);
	report_markup_put(print->markup, print->out, text);
	mark(print, after);
}

static void put_member(const struct print *print, const char *before,
		       const json_t *object, const char *name,
		       const char *after)
{
	put(print, before, document_get_text(object, name), after);
}

static void print_list(const struct print *print, const json_t *texts,
		       const struct report_list_markup *list)
{
	const json_t *text;
	size_t i;

	if (json_array_size(texts) == 0)
		return;
	mark(print, list->begin);
	json_array_foreach(texts, i, text)
		put(print, list->before, json_string_value(text), list->after);
	mark(print, list->end);
}

/* alignment */

/* In characters. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xC0) != 0x80;
	return width;
}

static void widen(int *width, const char *text)
{
	int found = width_of(text);

	if (found > WIDTH_MAX)
		found = WIDTH_MAX;
	if (found > *width)
		*width = found;
}

static void pad(const struct print *print, int count)
{
	if (print->markup->is_aligned && count > 0)
		fprintf(print->out, "%*s", count, "");
}

/* figures */

static void print_figure(const struct print *print, const json_t *figure,
			 int width)
{
	const struct report_markup *markup = print->markup;
	const json_t *value = json_object_get(figure, "value");
	const char *label = document_get_text(figure, "label");
	const char *source = document_get_text(figure, "source");
	char *text = report_value_text(value, report_value_unit(figure));

	put(print, markup->figures.label, label, "");
	pad(print, width - width_of(label) + 2);
	put(print, markup->figures.value,
	    json_is_null(value) ? "not known" : text, "");
	if (report_value_unit(figure) == REPORT_TIME && !json_is_null(value)) {
		fputs(" UTC", print->out);
		if (markup->has_local)
			put_member(print, " (", figure, "local", ")");
	}
	mark(print, markup->figures.end_value);
	if (source[0] != '\0' || markup->figures.has_empty_source)
		put(print, markup->figures.source, source,
		    markup->figures.end_source);
	mark(print, markup->figures.after);
	free(text);
}

static void print_figures(const struct print *print, json_t *figures)
{
	const char *name;
	json_t *figure;
	int width = 0;

	if (json_object_size(figures) == 0)
		return;
	mark(print, print->markup->figures.begin);
	json_object_foreach(figures, name, figure)
		widen(&width, document_get_text(figure, "label"));
	json_object_foreach(figures, name, figure)
		print_figure(print, figure, width);
	mark(print, print->markup->figures.end);
}

/* tables */

/* row NULL: of the head. */
static char *cell_of(const json_t *row, const json_t *column)
{
	char *text, *line;

	if (row == NULL)
		return line_of(document_get_text(column, "title"));
	text = report_value_text(
		json_object_get(row, document_get_text(column, "name")),
		report_value_unit(column));
	line = line_of(text);
	free(text);
	return line;
}

static void print_cell(const struct print *print, const json_t *column,
		       const json_t *row, int width)
{
	const struct report_markup *markup = print->markup;
	enum report_unit unit = report_value_unit(column);
	char *cell = cell_of(row, column);
	int left = width - width_of(cell);

	mark(print,
	     row == NULL ? markup->tables.head_cell : markup->tables.cell);
	if (markup->tables.attributes != NULL)
		mark(print, markup->tables.attributes(unit, row == NULL));
	pad(print, report_unit_is_number(unit) ? left : 0);
	markup->escape(cell, print->out);
	pad(print, report_unit_is_number(unit) ? 0 : left);
	mark(print, row == NULL ? markup->tables.head_cell_end
				: markup->tables.cell_end);
	free(cell);
}

static void print_row(const struct print *print, const json_t *columns,
		      const json_t *row, const int *widths)
{
	const struct report_markup *markup = print->markup;
	const json_t *column;
	size_t i;

	mark(print, row == NULL ? markup->tables.head : markup->tables.row);
	json_array_foreach(columns, i, column)
		print_cell(print, column, row, widths[i]);
	if (row == NULL)
		mark(print, markup->tables.head_end);
	else
		put_member(print, markup->tables.source, row, "source",
			   markup->tables.row_end);
}

static void find_widths(const json_t *columns, const json_t *rows, int *widths)
{
	const json_t *column, *row;
	size_t i, j;

	json_array_foreach(columns, i, column) {
		widen(&widths[i], document_get_text(column, "title"));
		json_array_foreach(rows, j, row) {
			char *cell = cell_of(row, column);

			widen(&widths[i], cell);
			free(cell);
		}
	}
}

static void print_table(const struct print *print, const json_t *table)
{
	const struct report_markup *markup = print->markup;
	const json_t *columns = json_object_get(table, "columns");
	const json_t *rows = report_table_rows(table), *row;
	int widths[COLUMNS_MAX] = { 0 };
	size_t i;

	put_member(print, markup->tables.caption, table, "caption", "");
	if (json_array_size(rows) == 0) {
		mark(print, markup->tables.none);
		return;
	}
	if (markup->is_aligned)
		find_widths(columns, rows, widths);
	print_row(print, columns, NULL, widths);
	if (markup->tables.rule != NULL)
		markup->tables.rule(columns, print->out);
	json_array_foreach(rows, i, row)
		print_row(print, columns, row, widths);
	mark(print, markup->tables.end);
}

/* fields */

static void print_filled(const struct print *print, const json_t *field)
{
	const struct report_markup *markup = print->markup;
	char *when = report_value_text(json_object_get(field, "time"),
				       REPORT_TIME);

	put_member(print, markup->fields.filled, field, "value", "");
	put_member(print, markup->fields.by, field, "by", ", ");
	if (markup->has_when)
		put(print, "", when, " UTC, ");
	put_member(print, "", field, "source", markup->fields.filled_end);
	free(when);
}

static void print_fields(const struct print *print, json_t *fields)
{
	const struct report_markup *markup = print->markup;
	const char *name;
	json_t *field;

	if (json_object_size(fields) == 0)
		return;
	mark(print, markup->fields.begin);
	json_object_foreach(fields, name, field) {
		char *empty = report_value_empty(print->document, name);

		put_member(print, markup->fields.label, field, "label", "");
		if (json_is_null(json_object_get(field, "value")))
			put(print, markup->fields.empty, empty,
			    markup->fields.empty_end);
		else
			print_filled(print, field);
		free(empty);
	}
	mark(print, markup->fields.end);
}

/* all of it */

static void print_section(const struct print *print, const char *name,
			  const json_t *section)
{
	const struct report_markup *markup = print->markup;
	json_t *tables = json_object_get(section, "tables"), *table;

	if (markup->section_id != NULL)
		put(print, markup->section_id, name, "");
	mark(print, markup->section);
	fprintf(print->out, "%" PRIu64 " ",
		document_get_number(section, "number"));
	put_member(print, "", section, "title", markup->section_title);
	print_list(print, json_object_get(section, "text"), &markup->text);
	print_figures(print, json_object_get(section, "figures"));
	if (markup->chart != NULL)
		markup->chart(section, print->out);
	json_object_foreach(tables, name, table)
		print_table(print, table);
	print_fields(print, json_object_get(section, "fields"));
	print_list(print, json_object_get(section, "gaps"), &markup->gaps);
	mark(print, markup->section_end);
}

void report_markup_print(const struct report_markup *markup,
			 const json_t *document, FILE *out)
{
	const struct print print = { markup, document, out };
	json_t *sections = json_object_get(document, "sections"), *section;
	char *made = report_value_text(json_object_get(document, "made"),
				       REPORT_TIME);
	const char *name;

	fprintf(out, "%s%" PRIu64, markup->title,
		document_get_number(document, "incident"));
	put(&print, markup->made, made, " UTC by ");
	put_member(&print, "", document, "by", " on ");
	put_member(&print, "", document, "host", markup->made_end);
	if (markup->contents != NULL)
		markup->contents(sections, out);
	json_object_foreach(sections, name, section)
		print_section(&print, name, section);
	mark(&print, markup->hash);
	put_member(&print, "SHA-256 of the content: ", document, "hash",
		   markup->hash_end);
	free(made);
}
