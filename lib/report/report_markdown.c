/* SPDX-License-Identifier: ISC */

/*
 * Markdown with tables (GitHub's, and most others'). All text goes through
 * put(): what Markdown reads as more than text has a backslash before it, and
 * no address becomes a link.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "report_print.h"
#include "report_value.h"

static void put(FILE *out, const char *text)
{
	size_t length = strlen(text), size = 4 * length + 1;
	char *line = alloc_array(size, 1);
	struct text made;

	text_init(&made, line, size);
	text_add_line(&made, text, length, length);
	for (const char *at = line; *at != '\0'; at++) {
		if (*at == '<' || *at == '>' || *at == '&')
			fputs(*at == '<'   ? "&lt;"
			      : *at == '>' ? "&gt;"
					   : "&amp;",
			      out);
		else if (strncmp(at, "://", 3) == 0)
			fputs("&#58;", out);
		else if (*at == '.' && at - line >= 3 &&
			 strncasecmp(at - 3, "www", 3) == 0)
			fputs("&#46;", out);
		else if (*at == '@')
			fputs("&#64;", out);
		else if (strchr("\\`*_{}[]()#|~!$^=", *at) != NULL ||
			 (at == line && strchr("-+", *at) != NULL))
			fprintf(out, "\\%c", *at);
		else
			putc(*at, out);
	}
	free(line);
}

static void put_member(FILE *out, const json_t *object, const char *name)
{
	put(out, document_get_text(object, name));
}

static void put_source(const json_t *object, FILE *out)
{
	fputs(" | ", out);
	put_member(out, object, "source");
	fputs(" |\n", out);
}

static void print_figures(json_t *figures, FILE *out)
{
	const char *name;
	json_t *figure;

	if (json_object_size(figures) == 0)
		return;
	fputs("| What | Value | Source |\n|---|---|---|\n", out);
	json_object_foreach(figures, name, figure)
	{
		const json_t *value = json_object_get(figure, "value");
		enum report_unit unit = report_value_unit(figure);
		char *text = report_value_text(value, unit);

		fputs("| ", out);
		put_member(out, figure, "label");
		fputs(" | ", out);
		put(out, json_is_null(value) ? "not known" : text);
		if (unit == REPORT_TIME && !json_is_null(value))
			fputs(" UTC", out);
		put_source(figure, out);
		free(text);
	}
	putc('\n', out);
}

static void print_row(const json_t *columns, const json_t *row, FILE *out)
{
	const json_t *column;
	size_t i;

	json_array_foreach(columns, i, column)
	{
		char *text = report_value_text(
			json_object_get(row, document_get_text(column, "name")),
			report_value_unit(column));

		fputs(i == 0 ? "| " : " | ", out);
		put(out, text);
		free(text);
	}
	put_source(row, out);
}

static void print_table(const json_t *table, FILE *out)
{
	const json_t *columns = json_object_get(table, "columns");
	const json_t *rows = json_object_get(table, "rows"), *column, *row;
	size_t i;

	fputs("**", out);
	put_member(out, table, "caption");
	fprintf(out, "**%s\n\n", json_array_size(rows) == 0 ? ": none" : "");
	if (json_array_size(rows) == 0)
		return;
	json_array_foreach(columns, i, column)
	{
		fputs(i == 0 ? "| " : " | ", out);
		put_member(out, column, "title");
	}
	fputs(" | Source |\n", out);
	json_array_foreach(columns, i, column)
	{
		fputs(report_unit_is_number(report_value_unit(column)) ? "|--:"
								       : "|---",
		      out);
	}
	fputs("|---|\n", out);
	json_array_foreach(rows, i, row)
	{
		print_row(columns, row, out);
	}
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

		fputs("- **", out);
		put_member(out, field, "label");
		fputs(is_empty ? ":** *" : ":** ", out);
		put(out, is_empty ? empty : document_get_text(field, "value"));
		fputs(is_empty ? "*" : " (", out);
		if (!is_empty) {
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

static void print_list(const json_t *texts, const char *before,
		       const char *after, FILE *out)
{
	const json_t *text;
	size_t i;

	json_array_foreach(texts, i, text)
	{
		fputs(before, out);
		put(out, json_string_value(text));
		fputs(after, out);
	}
}

static void print_section(const json_t *document, json_t *section, FILE *out)
{
	const json_t *gaps = json_object_get(section, "gaps");
	const char *name;
	json_t *table;

	fprintf(out, "## %" PRIu64 " ", document_get_number(section, "number"));
	put_member(out, section, "title");
	fputs("\n\n", out);
	print_list(json_object_get(section, "text"), "", "\n\n", out);
	print_figures(json_object_get(section, "figures"), out);
	json_object_foreach(json_object_get(section, "tables"), name, table)
	{
		print_table(table, out);
	}
	print_fields(document, json_object_get(section, "fields"), out);
	if (json_array_size(gaps) == 0)
		return;
	fputs("Not known:\n\n", out);
	print_list(gaps, "- ", "\n", out);
	putc('\n', out);
}

void report_print_markdown(const json_t *document, FILE *out)
{
	char *made = report_value_text(json_object_get(document, "made"),
				       REPORT_TIME);
	const char *name;
	json_t *section;

	fprintf(out, "# Incident %" PRIu64 "\n\nReport of ",
		document_get_number(document, "incident"));
	put(out, made);
	fputs(" UTC by ", out);
	put_member(out, document, "by");
	fputs(" on ", out);
	put_member(out, document, "host");
	fputs(". Times are UTC.\n\n", out);
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
