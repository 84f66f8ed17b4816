/* SPDX-License-Identifier: ISC */

/*
 * A table of marks, {{NAME}} in page.html, and a table of columns for each
 * table of the page. page.js reads the columns from the heads that are written
 * here, so that they are named once.
 */
#include "page_print.h"

#include <string.h>

#include "lib/base/html.h"
#include "lib/base/json.h"
#include "page_html.h"

enum kind {
	CELL_TEXT,
	CELL_HEAD, /* names the row */
	CELL_NUMBER,
	CELL_LINK,    /* names the row, leads to "href" */
	CELL_CHART,   /* a path, and what it is in NAME_label */
	CELL_BAR,     /* a text, and its path in NAME_bar */
	CELL_COMMAND, /* to copy, and why there is none in "why" */
};

static const char *const kinds[] = { "text",  "head", "number", "link",
				     "chart", "bar",  "command" };

struct column {
	const char *name, *title;
	enum kind kind;
};

static const struct column incidents[] = {
	{ "number", "No.", CELL_LINK },
	{ "level", "Level", CELL_TEXT },
	{ "state", "State", CELL_TEXT },
	{ "since", "Since", CELL_TEXT },
	{ "stopped", "Stopped", CELL_NUMBER },
	{ "held", "Held", CELL_NUMBER },
	{ "let_in", "Let in", CELL_NUMBER },
	{ "who", "Who", CELL_TEXT },
	{ "chart", "A minute", CELL_CHART },
	{ "command", "Command", CELL_COMMAND },
	{ NULL, NULL, CELL_TEXT },
};

static const struct column near[] = {
	{ "subject", "Subject", CELL_HEAD },
	{ "limit", "Limit", CELL_TEXT },
	{ "used", "Used / max", CELL_NUMBER },
	{ "percent", "Percent", CELL_BAR },
	{ "for", "For", CELL_TEXT },
	{ "refused", "Refused", CELL_NUMBER },
	{ "chart", "Window", CELL_CHART },
	{ NULL, NULL, CELL_TEXT },
};

static const struct column hour[] = {
	{ "minute", "Minute", CELL_HEAD },
	{ "accepted", "Accepted", CELL_NUMBER },
	{ "tempfailed", "Tempfailed", CELL_NUMBER },
	{ "rejected", "Rejected", CELL_NUMBER },
	{ "held", "Held", CELL_NUMBER },
	{ NULL, NULL, CELL_TEXT },
};

static const struct column orders[] = {
	{ "order", "Order", CELL_HEAD },   { "subject", "Subject", CELL_TEXT },
	{ "effect", "Effect", CELL_TEXT }, { "left", "Time", CELL_TEXT },
	{ "by", "By", CELL_TEXT },	   { "reason", "Reason", CELL_TEXT },
	{ NULL, NULL, CELL_TEXT },
};

static const struct column system_parts[] = {
	{ "kind", "What", CELL_TEXT },	 { "name", "Name", CELL_HEAD },
	{ "state", "State", CELL_TEXT }, { "detail", "Details", CELL_TEXT },
	{ NULL, NULL, CELL_TEXT },
};

static const struct table {
	const char *name;
	const struct column *columns;
} tables[] = {
	{ "incidents", incidents }, { "near", near },
	{ "hour", hour },	    { "orders", orders },
	{ "system", system_parts },
};

static void print_escaped(const char *before, const char *text,
			  const char *after, FILE *out)
{
	fputs(before, out);
	html_put(text, out);
	fputs(after, out);
}

/* cells */

static const char *shown(const json_t *row, const char *name,
			 const char *suffix)
{
	char full[64];

	snprintf(full, sizeof(full), "%s%s", name, suffix);
	return document_get_text(json_object_get(row, "show"), full);
}

static void print_chart(const json_t *row, const char *name, FILE *out)
{
	print_escaped("<svg viewBox=\"0 0 610 100\" "
		      "preserveAspectRatio=\"none\" role=\"img\" "
		      "aria-label=\"",
		      shown(row, name, "_label"), "\">", out);
	print_escaped("<path d=\"", shown(row, name, ""), "\"/></svg>", out);
}

static void print_bar(const json_t *row, const char *name, FILE *out)
{
	print_escaped("<svg viewBox=\"0 0 100 10\" "
		      "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		      "<path d=\"",
		      shown(row, name, "_bar"), "\"/></svg> ", out);
	html_put(shown(row, name, ""), out);
}

static void print_command(const json_t *row, const char *name, FILE *out)
{
	print_escaped("<code>", shown(row, name, ""), "</code>", out);
	if (shown(row, "why", "")[0] != '\0')
		print_escaped("<small>", shown(row, "why", ""), "</small>",
			      out);
}

static bool is_head(const struct column *column)
{
	return column->kind == CELL_HEAD || column->kind == CELL_LINK;
}

/* What a narrow screen has before the cell is its label. */
static void print_cell(const json_t *row, const struct column *column,
		       FILE *out)
{
	const char *name = column->name;

	fprintf(out, "<%s class=\"%s %s\" data-label=\"%s\">",
		is_head(column) ? "th scope=\"row\"" : "td",
		kinds[column->kind], name, column->title);
	switch (column->kind) {
	case CELL_LINK:
		print_escaped("<a href=\"", shown(row, "href", ""), "\">", out);
		print_escaped("", shown(row, name, ""), "</a>", out);
		break;
	case CELL_CHART:
		print_chart(row, name, out);
		break;
	case CELL_BAR:
		print_bar(row, name, out);
		break;
	case CELL_COMMAND:
		print_command(row, name, out);
		break;
	case CELL_HEAD:
	case CELL_NUMBER:
	case CELL_TEXT:
		html_put(shown(row, name, ""), out);
		break;
	}
	fputs(is_head(column) ? "</th>" : "</td>", out);
}

/* tables */

static void print_table(const struct table *table, const json_t *document,
			FILE *out)
{
	const json_t *rows = json_object_get(document, table->name), *row;
	size_t i;

	fputs("<thead><tr>", out);
	for (const struct column *column = table->columns; column->name != NULL;
	     column++)
		fprintf(out,
			"<th scope=\"col\" data-name=\"%s\" "
			"data-kind=\"%s\"%s>%s</th>",
			column->name, kinds[column->kind],
			column->kind == CELL_NUMBER ? " class=\"number\"" : "",
			column->title);
	fputs("</tr></thead>\n<tbody>\n", out);
	json_array_foreach(rows, i, row) {
		print_escaped("<tr class=\"", document_get_text(row, "class"),
			      "\">", out);
		for (const struct column *column = table->columns;
		     column->name != NULL; column++)
			print_cell(row, column, out);
		fputs("</tr>\n", out);
	}
	fputs("</tbody>", out);
}

/* marks */

struct print {
	const json_t *document;
	const struct page_print_options *options;
};

static void print_refresh(const struct print *page, FILE *out)
{
	if (!page->options->is_paused)
		fputs("<noscript><meta http-equiv=\"refresh\" content=\"3\">"
		      "</noscript>",
		      out);
}

/* Without a script; page.js puts a button in its place. */
static void print_pause(const struct print *page, FILE *out)
{
	fputs(page->options->is_paused
		      ? "<a id=\"pause\" href=\"./\">resume</a>"
		      : "<a id=\"pause\" href=\"?pause\">pause</a>",
	      out);
}

static void print_now(const struct print *page, FILE *out)
{
	html_put(page->options->now, out);
}

static void print_warnings(const struct print *page, FILE *out)
{
	const json_t *warnings = json_object_get(page->document, "warnings");
	const json_t *warning;
	size_t i;

	json_array_foreach(warnings, i, warning)
		print_escaped("<li>", json_string_value(warning), "</li>", out);
}

static void print_all(const struct print *page, FILE *out)
{
	const json_t *notes = json_object_get(page->document, "notes");

	if (page->options->wants_all)
		fputs("<a href=\"./\">only the first 20</a>", out);
	else
		fprintf(out, "<a id=\"all\" href=\"?all\"%s>all</a>",
			strstr(document_get_text(notes, "near"), "are shown") !=
					NULL
				? ""
				: " hidden");
}

static void print_mood(const struct print *page, FILE *out)
{
	html_put(document_get_text(page->document, "mood"), out);
	if (json_is_true(json_object_get(page->document, "stale")))
		fputs(" stale", out);
}

static const struct mark {
	const char *name;
	void (*print)(const struct print *page, FILE *out);
} marks[] = {
	{ "refresh", print_refresh }, { "pause", print_pause },
	{ "now", print_now },	      { "warnings", print_warnings },
	{ "all", print_all },	      { "mood", print_mood },
};

static const json_t *find_object(const json_t *document, const char **name)
{
	static const char *const objects[] = { "chart.", "notes." };

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		size_t length = strlen(objects[i]);
		char key[16];

		if (strncmp(*name, objects[i], length) != 0)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)length - 1, *name);
		*name += length;
		return json_object_get(document, key);
	}
	return document;
}

/* A function, a table, or a text of the document. */
static void print_mark(const struct print *page, const char *name, FILE *out)
{
	const json_t *object;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strcmp(name, marks[i].name) == 0) {
			marks[i].print(page, out);
			return;
		}
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(name, tables[i].name) == 0) {
			print_table(&tables[i], page->document, out);
			return;
		}
	object = find_object(page->document, &name);
	html_put(document_get_text(object, name), out);
}

void page_print(const json_t *document,
		const struct page_print_options *options, FILE *out)
{
	const struct print page = { document, options };
	const char *rest = (const char *)page_html;
	const char *end = rest + sizeof(page_html);

	while (rest < end) {
		const char *open = memmem(rest, (size_t)(end - rest), "{{", 2);
		const char *close;
		char name[32];

		if (open == NULL)
			break;
		close = memmem(open, (size_t)(end - open), "}}", 2);
		fwrite(rest, 1, (size_t)(open - rest), out);
		snprintf(name, sizeof(name), "%.*s", (int)(close - open - 2),
			 open + 2);
		print_mark(&page, name, out);
		rest = close + 2;
	}
	fwrite(rest, 1, (size_t)(end - rest), out);
}
