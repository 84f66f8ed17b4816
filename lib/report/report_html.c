/* SPDX-License-Identifier: ISC */

/*
 * One file: the style is inside, its hash in the policy, and there is no
 * script and no address but "#". All text goes through put().
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/html.h"
#include "lib/base/json.h"
#include "lib/base/sha256.h"
#include "lib/base/text.h"
#include "report_print.h"
#include "report_value.h"

/* What cannot be seen, or turns or hides other letters, is written as \xNN. */
static void put(FILE *out, const char *text)
{
	size_t length = strlen(text), size = 4 * length + 1;
	char *line = alloc_array(size, 1);
	struct text made;

	text_init(&made, line, size);
	text_add_line(&made, text, length, length);
	html_put(line, out);
	free(line);
}

static void put_member(FILE *out, const json_t *object, const char *name)
{
	put(out, document_get_text(object, name));
}

/* the parts of a section */

static void print_sentences(const json_t *sentences, FILE *out)
{
	size_t index;
	const json_t *sentence;

	json_array_foreach(sentences, index, sentence)
	{
		fputs("<p>", out);
		put(out, json_string_value(sentence));
		fputs("</p>\n", out);
	}
}

static void put_source(const json_t *object, FILE *out)
{
	fputs("<td class=\"source\">", out);
	put_member(out, object, "source");
	fputs("</td>", out);
}

static void print_figure(const json_t *figure, FILE *out)
{
	const json_t *value = json_object_get(figure, "value");
	enum report_unit unit = report_value_unit(figure);
	char *text = report_value_text(value, unit);

	fputs("<tr><th scope=\"row\">", out);
	put_member(out, figure, "label");
	fputs("</th><td>", out);
	put(out, json_is_null(value) ? "not known" : text);
	if (unit == REPORT_TIME && !json_is_null(value)) {
		fputs(" UTC (", out);
		put_member(out, figure, "local");
		putc(')', out);
	}
	fputs("</td>", out);
	put_source(figure, out);
	fputs("</tr>\n", out);
	free(text);
}

static void print_figures(json_t *figures, FILE *out)
{
	const char *name;
	json_t *figure;

	if (json_object_size(figures) == 0)
		return;
	fputs("<table><caption>Figures</caption><thead><tr>"
	      "<th scope=\"col\">What</th><th scope=\"col\">Value</th>"
	      "<th scope=\"col\">Source</th></tr></thead><tbody>\n",
	      out);
	json_object_foreach(figures, name, figure)
	{
		print_figure(figure, out);
	}
	fputs("</tbody></table>\n", out);
}

static const char *class_of(enum report_unit unit)
{
	if (unit == REPORT_TIME)
		return " class=\"t\"";
	if (unit == REPORT_RECORD)
		return " class=\"mono\"";
	return report_unit_is_number(unit) ? " class=\"n\"" : "";
}

static void print_cell(const json_t *row, const json_t *column, FILE *out)
{
	enum report_unit unit = report_value_unit(column);
	char *text = report_value_text(
		json_object_get(row, document_get_text(column, "name")), unit);

	fprintf(out, "<td%s>", class_of(unit));
	put(out, text);
	fputs("</td>", out);
	free(text);
}

static void print_rows(const json_t *table, FILE *out)
{
	const json_t *columns = json_object_get(table, "columns"), *row,
		     *column;
	size_t i, j;

	json_array_foreach(json_object_get(table, "rows"), i, row)
	{
		fputs("<tr>", out);
		json_array_foreach(columns, j, column)
		{
			print_cell(row, column, out);
		}
		put_source(row, out);
		fputs("</tr>\n", out);
	}
}

static void print_table(const json_t *table, FILE *out)
{
	const json_t *column;
	size_t i;

	fputs("<table><caption>", out);
	put_member(out, table, "caption");
	if (json_array_size(json_object_get(table, "rows")) == 0) {
		fputs(": none</caption></table>\n", out);
		return;
	}
	fputs("</caption><thead><tr>", out);
	json_array_foreach(json_object_get(table, "columns"), i, column)
	{
		fprintf(out, "<th scope=\"col\"%s>",
			report_unit_is_number(report_value_unit(column))
				? " class=\"n\""
				: "");
		put_member(out, column, "title");
		fputs("</th>", out);
	}
	fputs("<th scope=\"col\">Source</th></tr></thead><tbody>\n", out);
	print_rows(table, out);
	fputs("</tbody></table>\n", out);
}

static void print_filled(const json_t *field, FILE *out)
{
	char *when = report_value_text(json_object_get(field, "time"),
				       REPORT_TIME);

	fputs("<dd>", out);
	put_member(out, field, "value");
	fputs("<br><span class=\"hint\">", out);
	put_member(out, field, "by");
	fputs(", ", out);
	put(out, when);
	fputs(" UTC, ", out);
	put_member(out, field, "source");
	fputs("</span></dd>\n", out);
	free(when);
}

static void print_fields(const json_t *document, json_t *fields, FILE *out)
{
	const char *name;
	json_t *field;

	if (json_object_size(fields) == 0)
		return;
	fputs("<dl>\n", out);
	json_object_foreach(fields, name, field)
	{
		char *empty = report_value_empty(document, name);

		fputs("<dt>", out);
		put_member(out, field, "label");
		fputs("</dt>", out);
		if (!json_is_null(json_object_get(field, "value"))) {
			print_filled(field, out);
		} else {
			fputs("<dd class=\"empty\"><span class=\"hint\">", out);
			put(out, empty);
			fputs("</span></dd>\n", out);
		}
		free(empty);
	}
	fputs("</dl>\n", out);
}

static void print_gaps(const json_t *gaps, FILE *out)
{
	const json_t *gap;
	size_t i;

	if (json_array_size(gaps) == 0)
		return;
	fputs("<div class=\"gaps\"><h3>Not known</h3><ul>\n", out);
	json_array_foreach(gaps, i, gap)
	{
		fputs("<li>", out);
		put(out, json_string_value(gap));
		fputs("</li>\n", out);
	}
	fputs("</ul></div>\n", out);
}

static void print_section(const json_t *document, const char *name,
			  json_t *section, FILE *out)
{
	const char *table_name;
	json_t *table;

	fputs("<section id=\"", out);
	put(out, name);
	fprintf(out, "\"><h2>%" PRIu64 " ",
		document_get_number(section, "number"));
	put_member(out, section, "title");
	fputs("</h2>\n", out);
	print_sentences(json_object_get(section, "text"), out);
	print_figures(json_object_get(section, "figures"), out);
	report_print_svg(section, out, put);
	json_object_foreach(json_object_get(section, "tables"), table_name,
			    table)
	{
		print_table(table, out);
	}
	print_fields(document, json_object_get(section, "fields"), out);
	print_gaps(json_object_get(section, "gaps"), out);
	fputs("</section>\n", out);
}

/* the page */

static void print_head(const json_t *document, FILE *out)
{
	char hash[SHA256_BASE64_SIZE];

	sha256_base64(report_style, strlen(report_style), hash);
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\""
		"default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
		"form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<meta name=\"robots\" content=\"noindex\">\n<title>",
		hash);
	put_member(out, document, "title");
	fprintf(out, "</title>\n<style>%s</style>\n</head><body>\n",
		report_style);
}

static void print_contents(json_t *sections, FILE *out)
{
	const char *name;
	json_t *section;

	fputs("<nav aria-label=\"Sections\"><ol>\n", out);
	json_object_foreach(sections, name, section)
	{
		fputs("<li><a href=\"#", out);
		put(out, name);
		fprintf(out, "\">%" PRIu64 " ",
			document_get_number(section, "number"));
		put_member(out, section, "title");
		fputs("</a></li>\n", out);
	}
	fputs("</ol></nav>\n", out);
}

static void print_header(const json_t *document, FILE *out)
{
	char *made = report_value_text(json_object_get(document, "made"),
				       REPORT_TIME);

	fprintf(out, "<header><h1>Incident %" PRIu64 "</h1><p>Report of ",
		document_get_number(document, "incident"));
	put(out, made);
	fputs(" UTC by ", out);
	put_member(out, document, "by");
	fputs(" on ", out);
	put_member(out, document, "host");
	fputs(". Times are UTC where no zone is given; every figure names its "
	      "source, mostly a record of the journal (HOST NUMBER).</p>"
	      "</header>\n",
	      out);
	free(made);
}

void report_print_html(const json_t *document, FILE *out)
{
	json_t *sections = json_object_get(document, "sections"), *section;
	const char *name;

	print_head(document, out);
	print_header(document, out);
	print_contents(sections, out);
	fputs("<main>\n", out);
	json_object_foreach(sections, name, section)
	{
		print_section(document, name, section, out);
	}
	fputs("</main><footer><p class=\"mono\">SHA-256 of the content: ", out);
	put_member(out, document, "hash");
	fputs("</p></footer>\n</body></html>\n", out);
}
