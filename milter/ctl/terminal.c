/* SPDX-License-Identifier: ISC */

/* Width is counted in code points: what is printed here are addresses and
 * names, and a wide letter in one of them only moves its own line. */
#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "milter/common/clock.h"
#include "terminal.h"

#define WIDTH_USUAL 80
#define WIDTH_MIN   40
#define GAP	    2 /* spaces between columns */

unsigned int terminal_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = 0;
	struct winsize size;

	if (isatty(fileno(out)) == 0)
		return UINT_MAX;
	if (columns != NULL)
		width = strtoul(columns, NULL, 10);
	else if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width == 0 || width > 1000)
		return WIDTH_USUAL;
	return width < WIDTH_MIN ? WIDTH_MIN : (unsigned int)width;
}

bool terminal_has_colour(FILE *out)
{
	const char *forbidden = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (forbidden == NULL || forbidden[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0 && isatty(fileno(out)) != 0;
}

bool terminal_has_blocks(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void terminal_begin(FILE *out, enum terminal_colour colour)
{
	static const char *const codes[] = {
		[TERMINAL_PLAIN] = "",	      [TERMINAL_GOOD] = "\033[32m",
		[TERMINAL_WARN] = "\033[33m", [TERMINAL_BAD] = "\033[31m",
		[TERMINAL_FAINT] = "\033[2m", [TERMINAL_HEAD] = "\033[1m",
	};

	if (colour != TERMINAL_PLAIN && terminal_has_colour(out))
		fputs(codes[colour], out);
}

void terminal_end(FILE *out, enum terminal_colour colour)
{
	if (colour != TERMINAL_PLAIN && terminal_has_colour(out))
		fputs("\033[0m", out);
}

/* How what cannot be shown is written, a byte at a time. */
#define AS_TEXT	   "\\x%02x"
#define AS_SUBJECT "%%%02X"

/* Where the locale cannot show it, a letter that is not ASCII is escaped, too.
 */
static bool is_shown(const char *letter, size_t bytes)
{
	char buffer[16];
	struct text text;

	if (bytes != 1 && !terminal_has_blocks())
		return false;
	if (*letter == ' ' || *letter == '"' || *letter == '\\')
		return true;
	text_init(&text, buffer, sizeof(buffer));
	text_add_escaped(&text, letter, bytes, bytes);
	return text.length == bytes;
}

static char *make_printable(const char *data, size_t length, bool is_subject)
{
	size_t size = 4 * length + 1;
	char *made = alloc_array(size, 1);
	struct text text;

	text_init(&text, made, size);
	while (length != 0) {
		size_t bytes = text_utf8_length(data, length);

		if (bytes == 0)
			bytes = 1;
		if (is_shown(data, bytes))
			text_add(&text, data, bytes);
		else
			for (size_t i = 0; i < bytes; i++)
				text_add_format(&text,
						is_subject ? AS_SUBJECT
							   : AS_TEXT,
						(unsigned char)data[i]);
		data += bytes;
		length -= bytes;
	}
	return made;
}

void terminal_put(FILE *out, const char *data, size_t length)
{
	char *printable = make_printable(data, length, false);

	fputs(printable, out);
	free(printable);
}

void terminal_put_subject(FILE *out, const char *subject)
{
	char *printable = make_printable(subject, strlen(subject), true);

	fputs(printable, out);
	free(printable);
}

/* tables */

struct cell {
	char *text; /* printable */
	enum terminal_colour colour;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct cell *cells;
	size_t count, room;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = alloc_zero(sizeof(*table));

	table->columns = columns;
	table->column_count = count;
	return table;
}

void table_free(struct table **table)
{
	if (*table == NULL)
		return;
	for (size_t i = 0; i < (*table)->count; i++)
		free((*table)->cells[i].text);
	free((*table)->cells);
	free(*table);
	*table = NULL;
}

/* Keeps text, which is printable. */
static void add_cell(struct table *table, char *text,
		     enum terminal_colour colour)
{
	if (table->count == table->room) {
		table->room = table->room == 0 ? 64 : 2 * table->room;
		table->cells = alloc_resize(table->cells, table->room,
					    sizeof(*table->cells));
	}
	table->cells[table->count++] = (struct cell){
		.text = text,
		.colour = colour,
	};
}

void table_add(struct table *table, const char *text)
{
	add_cell(table, make_printable(text, strlen(text), false),
		 TERMINAL_PLAIN);
}

void table_add_subject(struct table *table, const char *subject)
{
	add_cell(table, make_printable(subject, strlen(subject), true),
		 TERMINAL_PLAIN);
}

void table_add_format(struct table *table, enum terminal_colour colour,
		      const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		alloc_fail();
	va_end(arguments);
	add_cell(table, make_printable(text, strlen(text), false), colour);
	free(text);
}

size_t table_rows(const struct table *table)
{
	return table->count / table->column_count;
}

static unsigned int letters_of(const char *text)
{
	unsigned int letters = 0;

	for (; *text != '\0'; text++)
		letters += (*text & 0xc0) != 0x80;
	return letters;
}

static void measure(const struct table *table, unsigned int *widths)
{
	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = letters_of(table->columns[i].title);
	for (size_t i = 0; i < table->count; i++) {
		unsigned int *width = &widths[i % table->column_count];
		unsigned int letters = letters_of(table->cells[i].text);

		if (letters > *width)
			*width = letters;
	}
}

static unsigned int total_of(const struct table *table,
			     const unsigned int *widths)
{
	unsigned int total = 0;

	for (size_t i = 0; i < table->column_count; i++)
		if (widths[i] != 0)
			total += widths[i] + GAP;
	return total - GAP;
}

/* The column that is left out next; column_count when there is none. */
static size_t next_to_go(const struct table *table, const unsigned int *widths)
{
	size_t next = table->column_count;

	for (size_t i = 0; i < table->column_count; i++) {
		unsigned int drop = table->columns[i].drop;

		if (drop != 0 && widths[i] != 0 &&
		    (next == table->column_count ||
		     drop < table->columns[next].drop))
			next = i;
	}
	return next;
}

/* The widest column that may be narrower; column_count when there is none. */
static size_t widest(const struct table *table, const unsigned int *widths)
{
	size_t found = table->column_count;

	for (size_t i = 0; i < table->column_count; i++) {
		unsigned int least = table->columns[i].least_width;

		if (least != 0 && widths[i] > least &&
		    (found == table->column_count || widths[i] > widths[found]))
			found = i;
	}
	return found;
}

/* The width of each column in a terminal of so many letters; 0: left out. */
static void lay_out(const struct table *table, unsigned int *widths,
		    unsigned int room)
{
	size_t last = table->column_count, column;

	measure(table, widths);
	while (total_of(table, widths) > room &&
	       (column = next_to_go(table, widths)) < table->column_count)
		widths[column] = 0;
	while (total_of(table, widths) > room) {
		column = widest(table, widths);
		if (column < table->column_count)
			widths[column]--;
		else if (--last == 0)
			break;
		else
			widths[last] = 0;
	}
}

/* One line of the table while it is written. */
struct line {
	FILE *out;
	unsigned int indent, room; /* room: without the indent */
	unsigned int at;	   /* letters after the indent */
};

static void move_to(struct line *line, unsigned int column)
{
	if (line->at != 0 && column < line->at + GAP) {
		fputc('\n', line->out);
		line->at = 0;
	}
	if (line->at == 0)
		fprintf(line->out, "%*s", (int)line->indent, "");
	fprintf(line->out, "%*s", (int)(column - line->at), "");
	line->at = column;
}

/* A cell that is wider than its column begins on a line of its own, as far to
 * the right as it can; what follows it goes below. */
static void print_cell(struct line *line, const struct table_column *column,
		       const struct cell *cell, unsigned int start,
		       unsigned int width)
{
	unsigned int letters = letters_of(cell->text);

	if (letters == 0)
		return;
	if (letters <= width)
		start += column->align == TABLE_RIGHT ? width - letters : 0;
	else if (start + letters > line->room)
		start = letters < line->room ? line->room - letters : 0;
	move_to(line, start);
	terminal_begin(line->out, cell->colour);
	fputs(cell->text, line->out);
	terminal_end(line->out, cell->colour);
	line->at += letters;
}

static void print_row(struct line *line, const struct table *table,
		      const struct cell *cells, const unsigned int *widths)
{
	unsigned int start = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		if (widths[i] == 0)
			continue;
		print_cell(line, &table->columns[i], &cells[i], start,
			   widths[i]);
		start += widths[i] + GAP;
	}
	fputc('\n', line->out);
	line->at = 0;
}

void table_print(const struct table *table, FILE *out, unsigned int indent)
{
	table_print_wide(table, out, indent, terminal_width(out));
}

void table_print_wide(const struct table *table, FILE *out, unsigned int indent,
		      unsigned int width)
{
	struct line line = { out, indent, width > indent ? width - indent : 1,
			     0 };
	unsigned int *widths;
	struct cell *titles;

	if (table->column_count == 0 || table->count == 0)
		return;
	widths = alloc_array(table->column_count, sizeof(*widths));
	titles = alloc_array(table->column_count, sizeof(*titles));
	lay_out(table, widths, line.room);
	for (size_t i = 0; i < table->column_count; i++)
		titles[i] = (struct cell){ (char *)table->columns[i].title,
					   TERMINAL_HEAD };
	print_row(&line, table, titles, widths);
	for (size_t i = 0; i + table->column_count <= table->count;
	     i += table->column_count)
		print_row(&line, table, table->cells + i, widths);
	free(titles);
	free(widths);
}

/* charts */

/* 0 to 8; what is there at all is seen. */
static unsigned int height_of(uint64_t number, uint64_t most)
{
	double height;

	if (number == 0)
		return 0;
	if (number >= most)
		return 8;
	height = 8.0 * (double)number / (double)most;
	return height < 1 ? 1 : (unsigned int)height;
}

char *terminal_chart(const uint64_t *numbers, size_t count, uint64_t most)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", ".", ":", "-", "=",
					       "+", "*", "%", "#" };
	const char *const *heights = terminal_has_blocks() ? blocks : letters;
	size_t size = count * 4 + 1;
	char *chart = alloc_array(size, 1);
	struct text text;

	if (most == 0)
		for (size_t i = 0; i < count; i++)
			most = numbers[i] > most ? numbers[i] : most;
	text_init(&text, chart, size);
	for (size_t i = 0; i < count; i++)
		text_add_string(&text, heights[height_of(numbers[i], most)]);
	return chart;
}

/* progress */

#define PROGRESS_EVERY_MS 100
#define PROGRESS_BAR	  30

void progress_begin(struct progress *progress, const char *what, uint64_t total)
{
	*progress = (struct progress){
		.what = what,
		.total = total,
		.began_ms = clock_steady_ms(),
		.is_shown = isatty(STDERR_FILENO) != 0,
	};
}

static void draw_bar(const struct progress *progress, uint64_t done)
{
	double part = done < progress->total
			      ? (double)done / (double)progress->total
			      : 1;
	int full = (int)(part * PROGRESS_BAR);

	fprintf(stderr, "\r[%.*s%*s] %3d%%  %" PRIu64 " of %" PRIu64 " %s ",
		full, "##############################", PROGRESS_BAR - full, "",
		(int)(part * 100), done, progress->total, progress->what);
}

void progress_set(struct progress *progress, uint64_t done)
{
	uint64_t now_ms;

	if (!progress->is_shown)
		return;
	now_ms = clock_steady_ms();
	if (progress->drawn_ms != 0 &&
	    now_ms - progress->drawn_ms < PROGRESS_EVERY_MS)
		return;
	progress->drawn_ms = now_ms;
	if (progress->total != 0)
		draw_bar(progress, done);
	else
		fprintf(stderr, "\r%" PRIu64 " %s ", done, progress->what);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown && progress->drawn_ms != 0)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
}
