/* SPDX-License-Identifier: ISC */

/*
 * Markdown with tables (GitHub's, and most others'). What Markdown reads as
 * more than text has a backslash before it, and no address becomes a link.
 */
#include <string.h>

#include "report_markup.h"
#include "report_print.h"

static void escape(const char *line, FILE *out)
{
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
}

static void print_rule(const json_t *columns, FILE *out)
{
	const json_t *column;
	size_t i;

	json_array_foreach(columns, i, column) {
		fputs(report_unit_is_number(report_value_unit(column)) ? "|--:"
								       : "|---",
		      out);
	}
	fputs("|---|\n", out);
}

static const struct report_markup markup = {
	.escape = escape,
	.title = "# Incident ",
	.made = "\n\nReport of ",
	.made_end = ". Times are UTC.\n\n",
	.section = "## ",
	.section_title = "\n\n",
	.text = { "", "", "\n\n", "" },
	.gaps = { "Not known:\n\n", "- ", "\n", "\n" },
	.figures = {
		.begin = "| What | Value | Source |\n|---|---|---|\n",
		.label = "| ",
		.value = " | ",
		.source = " | ",
		.end_source = " |\n",
		.has_empty_source = true,
		.end = "\n",
	},
	.tables = {
		.caption = "**",
		.none = "**: none\n\n",
		.head = "**\n\n",
		.head_cell = "| ",
		.head_cell_end = " ",
		.head_end = "| Source |\n",
		.rule = print_rule,
		.cell = "| ",
		.cell_end = " ",
		.source = "| ",
		.row_end = " |\n",
		.end = "\n",
	},
	.fields = {
		.label = "- **",
		.filled = ":** ",
		.by = " (",
		.filled_end = ")\n",
		.empty = ":** *",
		.empty_end = "*\n",
		.end = "\n",
	},
	.hash_end = "\n",
};

void report_print_markdown(const json_t *document, FILE *out)
{
	report_markup_print(&markup, document, out);
}
