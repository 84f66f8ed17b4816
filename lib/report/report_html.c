/* SPDX-License-Identifier: ISC */

/*
 * One file: the style is inside, its hash in the policy, and there is no
 * script and no address but "#".
 */
#include <inttypes.h>
#include <string.h>

#include "lib/base/html.h"
#include "lib/base/json.h"
#include "lib/base/sha256.h"
#include "report_markup.h"
#include "report_print.h"

static const struct report_markup markup;

static void put(FILE *out, const char *text)
{
	report_markup_put(&markup, out, text);
}

static void print_chart(const json_t *section, FILE *out)
{
	report_print_svg(section, out, put);
}

static const char *attributes_of(enum report_unit unit, bool is_head)
{
	if (report_unit_is_number(unit))
		return " class=\"n\">";
	if (unit == REPORT_TIME && !is_head)
		return " class=\"t\">";
	return unit == REPORT_RECORD && !is_head ? " class=\"mono\">" : ">";
}

static void print_contents(json_t *sections, FILE *out)
{
	const char *name;
	json_t *section;

	fputs("<nav aria-label=\"Sections\"><ol>\n", out);
	json_object_foreach(sections, name, section) {
		fputs("<li><a href=\"#", out);
		put(out, name);
		fprintf(out, "\">%" PRIu64 " ",
			document_get_number(section, "number"));
		put(out, document_get_text(section, "title"));
		fputs("</a></li>\n", out);
	}
	fputs("</ol></nav>\n<main>\n", out);
}

static const struct report_markup markup = {
	.escape = html_put,
	.has_local = true,
	.has_when = true,
	.title = "<header><h1>Incident ",
	.made = "</h1><p>Report of ",
	.made_end = ". Times are UTC where no zone is given; every figure "
		    "names its source, mostly a record of the journal "
		    "(HOST NUMBER).</p></header>\n",
	.contents = print_contents,
	.section_id = "<section id=\"",
	.section = "\"><h2>",
	.section_title = "</h2>\n",
	.section_end = "</section>\n",
	.text = { "", "<p>", "</p>\n", "" },
	.gaps = { "<div class=\"gaps\"><h3>Not known</h3><ul>\n", "<li>",
		  "</li>\n", "</ul></div>\n" },
	.chart = print_chart,
	.figures = {
		.begin = "<table><caption>Figures</caption><thead><tr>"
			 "<th scope=\"col\">What</th>"
			 "<th scope=\"col\">Value</th>"
			 "<th scope=\"col\">Source</th></tr></thead><tbody>\n",
		.label = "<tr><th scope=\"row\">",
		.value = "</th><td>",
		.end_value = "</td>",
		.source = "<td class=\"source\">",
		.end_source = "</td>",
		.has_empty_source = true,
		.after = "</tr>\n",
		.end = "</tbody></table>\n",
	},
	.tables = {
		.caption = "<table><caption>",
		.none = ": none</caption></table>\n",
		.head = "</caption><thead><tr>",
		.head_cell = "<th scope=\"col\"",
		.head_cell_end = "</th>",
		.head_end = "<th scope=\"col\">Source</th></tr></thead>"
			    "<tbody>\n",
		.row = "<tr>",
		.cell = "<td",
		.cell_end = "</td>",
		.source = "<td class=\"source\">",
		.row_end = "</td></tr>\n",
		.end = "</tbody></table>\n",
		.attributes = attributes_of,
	},
	.fields = {
		.begin = "<dl>\n",
		.label = "<dt>",
		.filled = "</dt><dd>",
		.by = "<br><span class=\"hint\">",
		.filled_end = "</span></dd>\n",
		.empty = "</dt><dd class=\"empty\"><span class=\"hint\">",
		.empty_end = "</span></dd>\n",
		.end = "</dl>\n",
	},
	.hash = "</main><footer><p class=\"mono\">",
	.hash_end = "</p></footer>\n</body></html>\n",
};

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
	put(out, document_get_text(document, "title"));
	fprintf(out, "</title>\n<style>%s</style>\n</head><body>\n",
		report_style);
}

void report_print_html(const json_t *document, FILE *out)
{
	print_head(document, out);
	report_markup_print(&markup, document, out);
}
