/* SPDX-License-Identifier: ISC */

/* For a terminal and for mail. */
#include "report_markup.h"
#include "report_print.h"

static void escape(const char *line, FILE *out)
{
	fputs(line, out);
}

static const struct report_markup markup = {
	.escape = escape,
	.is_aligned = true,
	.title = "Incident ",
	.made = "\nReport of ",
	.made_end = "; times are UTC\n\n",
	.section_title = "\n\n",
	.text = { "", "", "\n", "\n" },
	.gaps = { "Not known:\n", "  ", "\n", "\n" },
	.figures = {
		.label = "  ",
		.source = "  [",
		.end_source = "]",
		.after = "\n",
		.end = "\n",
	},
	.tables = {
		.none = ": none\n\n",
		.head = ":\n  ",
		.head_cell_end = "  ",
		.head_end = "Source\n",
		.row = "  ",
		.cell_end = "  ",
		.row_end = "\n",
		.end = "\n",
	},
	.fields = {
		.filled = ":\n  ",
		.by = " (",
		.filled_end = ")\n",
		.empty = ":\n  ",
		.empty_end = "\n",
		.end = "\n",
	},
	.hash_end = "\n",
};

void report_print_text(const json_t *document, FILE *out)
{
	report_markup_print(&markup, document, out);
}
