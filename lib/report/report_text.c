/* SPDX-License-Identifier: ISC */

/* For a terminal and for mail. All text goes through line_of(). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "report_print.h"
#include "report_value.h"

#define COLUMN_MAX                                                \
	48 /* wider cells push the rest of their row to the right \
	    */
#define COLUMNS_MAX 12

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

static void put(FILE *out, const char *text)
{
	char *line = line_of(text);

	fputs(line, out);
	free(line);
}

static void put_member(FILE *out, const json_t *object, const char *name)
{
	put(out, document_get_text(object, name));
}

/* In characters. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xC0) != 0x80;
	return width;
}

static void pad(FILE *out, int count)
{
	if (count > 0)
		fprintf(out, "%*s", count, "");
}

/* tables */

static char *cell_of(const json_t *row, const json_t *column)
{
	char *text = report_value_text(
		json_object_get(row, document_get_text(column, "name")),
		report_value_unit(column));
	char *line = line_of(text);

	free(text);
	return line;
}

static void widen(int *width, const char *text)
{
	int found = width_of(text);

	if (found > COLUMN_MAX)
		found = COLUMN_MAX;
	if (found > *width)
		*width = found;
}

static void put_cell(FILE *out, const json_t *column, int width,
		     const char *text)
{
	int left = width - width_of(text);

	if (report_unit_is_number(report_value_unit(column)))
		pad(out, left);
	fputs(text, out);
	if (!report_unit_is_number(report_value_unit(column)))
		pad(out, left);
	fputs("  ", out);
}

static void print_row(const json_t *columns, const json_t *row,
		      const int *widths, FILE *out)
{
	const json_t *column;
	size_t i;

	fputs("  ", out);
	json_array_foreach(columns, i, column)
	{
		char *cell = row == NULL ? line_of(document_get_text(column,
								     "title"))
					 : cell_of(row, column);

		put_cell(out, column, widths[i], cell);
		free(cell);
	}
	if (row == NULL)
		fputs("Source", out);
	else
		put_member(out, row, "source");
	putc('\n', out);
}

static void print_table(const json_t *table, FILE *out)
{
	const json_t *columns = json_object_get(table, "columns");
	const json_t *rows = json_object_get(table, "rows"), *column, *row;
	int widths[COLUMNS_MAX] = { 0 };
	size_t i, j;

	put_member(out, table, "caption");
	fputs(json_array_size(rows) == 0 ? ": none\n\n" : ":\n", out);
	if (json_array_size(rows) == 0)
		return;
	json_array_foreach(columns, i, column)
	{
		widen(&widths[i], document_get_text(column, "title"));
		json_array_foreach(rows, j, row)
		{
			char *cell = cell_of(row, column);

			widen(&widths[i], cell);
			free(cell);
		}
	}
	print_row(columns, NULL, widths, out);
	json_array_foreach(rows, i, row)
	{
		print_row(columns, row, widths, out);
	}
	putc('\n', out);
}

/* the other parts */

static void print_figures(json_t *figures, FILE *out)
{
	const char *name;
	json_t *figure;
	int width = 0;

	json_object_foreach(figures, name, figure)
	{
		widen(&width, document_get_text(figure, "label"));
	}
	json_object_foreach(figures, name, figure)
	{
		const json_t *value = json_object_get(figure, "value");
		const char *label = document_get_text(figure, "label");
		const char *source = document_get_text(figure, "source");
		char *text = report_value_text(value,
					       report_value_unit(figure));

		fprintf(out, "  %s", label);
		pad(out, width - width_of(label) + 2);
		put(out, json_is_null(value) ? "not known" : text);
		if (report_value_unit(figure) == REPORT_TIME &&
		    !json_is_null(value))
			fputs(" UTC", out);
		if (source[0] != '\0') {
			fputs("  [", out);
			put(out, source);
			putc(']', out);
		}
		putc('\n', out);
		free(text);
	}
	if (json_object_size(figures) != 0)
		putc('\n', out);
}

static void print_fields(const json_t *document, json_t *fields, FILE *out)
{
	const char *name;
	json_t *field;

	json_object_foreach(fields, name, field)
	{
		char *empty = report_value_empty(document, name);
		bool is_empty = json_is_null(json_object_get(field, "value"));

		put_member(out, field, "label");
		fputs(":\n  ", out);
		put(out, is_empty ? empty : document_get_text(field, "value"));
		if (!is_empty) {
			fputs(" (", out);
			put_member(out, field, "by");
			fputs(", ", out);
			put_member(out, field, "source");
			putc(')', out);
		}
		putc('\n', out);
		free(empty);
	}
	if (json_object_size(fields) != 0)
		putc('\n', out);
}

static void print_list(const json_t *texts, const char *before, FILE *out)
{
	const json_t *text;
	size_t i;

	json_array_foreach(texts, i, text)
	{
		fputs(before, out);
		put(out, json_string_value(text));
		putc('\n', out);
	}
	if (json_array_size(texts) != 0)
		putc('\n', out);
}

static void print_section(const json_t *document, json_t *section, FILE *out)
{
	const json_t *gaps = json_object_get(section, "gaps");
	const char *name;
	json_t *table;

	fprintf(out, "%" PRIu64 " ", document_get_number(section, "number"));
	put_member(out, section, "title");
	fputs("\n\n", out);
	print_list(json_object_get(section, "text"), "", out);
	print_figures(json_object_get(section, "figures"), out);
	json_object_foreach(json_object_get(section, "tables"), name, table)
	{
		print_table(table, out);
	}
	print_fields(document, json_object_get(section, "fields"), out);
	if (json_array_size(gaps) != 0)
		fputs("Not known:\n", out);
	print_list(gaps, "  ", out);
}

void report_print_text(const json_t *document, FILE *out)
{
	char *made = report_value_text(json_object_get(document, "made"),
				       REPORT_TIME);
	const char *name;
	json_t *section;

	fprintf(out, "Incident %" PRIu64 "\n",
		document_get_number(document, "incident"));
	fprintf(out, "Report of %s UTC by ", made);
	put_member(out, document, "by");
	fputs(" on ", out);
	put_member(out, document, "host");
	fputs("; times are UTC\n\n", out);
	json_object_foreach(json_object_get(document, "sections"), name,
			    section)
	{
		print_section(document, section, out);
	}
	fputs("SHA-256 of the content: ", out);
	put_member(out, document, "hash");
	putc('\n', out);
	free(made);
}
