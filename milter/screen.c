/* SPDX-License-Identifier: ISC */

/* Width is counted in code points: what is printed here are addresses and
 * names, and a wide letter in one of them only moves its own line. */
#include <inttypes.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../lib/base/alloc.h"
#include "../lib/base/text.h"
#include "clock.h"
#include "screen.h"

#define WIDTH_USUAL 80
#define WIDTH_LEAST 40
#define GAP	    2 /* spaces between columns */

unsigned int screen_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = 0;
	struct winsize size;

	if (columns != NULL)
		width = strtoul(columns, NULL, 10);
	else if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width == 0 || width > 1000)
		return WIDTH_USUAL;
	return width < WIDTH_LEAST ? WIDTH_LEAST : (unsigned int)width;
}

bool screen_has_colour(FILE *out)
{
	const char *forbidden = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (forbidden == NULL || forbidden[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0 && isatty(fileno(out)) != 0;
}

bool screen_has_blocks(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void screen_begin(FILE *out, enum screen_colour colour)
{
	static const char *const codes[] = {
		[SCREEN_PLAIN] = "",	    [SCREEN_GOOD] = "\033[32m",
		[SCREEN_WARN] = "\033[33m", [SCREEN_BAD] = "\033[31m",
		[SCREEN_FAINT] = "\033[2m", [SCREEN_HEAD] = "\033[1m",
	};

	if (colour != SCREEN_PLAIN && screen_has_colour(out))
		fputs(codes[colour], out);
}

void screen_end(FILE *out, enum screen_colour colour)
{
	if (colour != SCREEN_PLAIN && screen_has_colour(out))
		fputs("\033[0m", out);
}

/* Where the locale cannot show it, a letter that is not ASCII is escaped. */
static char *make_printable(const char *data, size_t length)
{
	bool has_letters = screen_has_blocks();
	size_t size = 4 * length + 1;
	char *made = alloc_array(size, 1);
	struct text text;

	text_init(&text, made, size);
	while (length != 0) {
		size_t bytes = text_utf8_length(data, length);

		if (bytes == 0)
			bytes = 1;
		if (*data == ' ' || *data == '"' || *data == '\\')
			text_add(&text, data, 1);
		else if (bytes == 1 || has_letters)
			text_add_escaped(&text, data, bytes, bytes);
		else
			for (size_t i = 0; i < bytes; i++)
				text_add_format(&text, "\\x%02x",
						(unsigned char)data[i]);
		data += bytes;
		length -= bytes;
	}
	return made;
}

void screen_put(FILE *out, const char *data, size_t length)
{
	char *printable = make_printable(data, length);

	fputs(printable, out);
	free(printable);
}

/* tables */

struct cell {
	char *text; /* printable */
	enum screen_colour colour;
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

static void add_cell(struct table *table, const char *text,
		     enum screen_colour colour)
{
	if (table->count == table->room) {
		table->room = table->room == 0 ? 64 : 2 * table->room;
		table->cells = alloc_resize(table->cells, table->room,
					    sizeof(*table->cells));
	}
	table->cells[table->count++] = (struct cell){
		.text = make_printable(text, strlen(text)),
		.colour = colour,
	};
}

void table_add(struct table *table, const char *text)
{
	add_cell(table, text, SCREEN_PLAIN);
}

void table_add_format(struct table *table, enum screen_colour colour,
		      const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		alloc_fail();
	va_end(arguments);
	add_cell(table, text, colour);
	free(text);
}

size_t table_rows(const struct table *table)
{
	return table->count / table->column_count;
}

/* Bytes of the first so many code points. */
static size_t bytes_of(const char *text, unsigned int letters)
{
	size_t at = 0;

	for (; letters != 0 && text[at] != '\0'; letters--)
		do
			at++;
		while ((text[at] & 0xc0) == 0x80);
	return at;
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

/* Takes from the widest of the first columns that may be shortened, until they
 * fit; false when they cannot. */
static bool shrink(const struct table *table, size_t columns,
		   unsigned int *widths, unsigned int room)
{
	unsigned int total = 0;

	for (size_t i = 0; i < columns; i++)
		total += widths[i] + (i == 0 ? 0 : GAP);
	while (total > room) {
		size_t widest = columns;

		for (size_t i = 0; i < columns; i++) {
			unsigned int least = table->columns[i].least_width;

			if (least != 0 && widths[i] > least &&
			    (widest == columns || widths[i] > widths[widest]))
				widest = i;
		}
		if (widest == columns)
			return false;
		widths[widest]--;
		total--;
	}
	return true;
}

/* How many columns are shown: those on the right go first. */
static size_t lay_out(const struct table *table, unsigned int *widths,
		      unsigned int room)
{
	size_t columns = table->column_count;

	for (;;) {
		measure(table, widths);
		if (shrink(table, columns, widths, room) || columns == 1)
			return columns;
		columns--;
	}
}

/* The text in at most width letters. */
static char *fit(const char *text, unsigned int width, bool is_middle)
{
	unsigned int letters = letters_of(text), head, tail;

	if (letters <= width)
		return alloc_text(text);
	if (width <= 3)
		return alloc_copy(text, bytes_of(text, width));
	head = is_middle ? (width - 3 + 1) / 2 : width - 3;
	tail = width - 3 - head;
	return alloc_format("%.*s...%s", (int)bytes_of(text, head), text,
			    text + bytes_of(text, letters - tail));
}

static void print_spaces(FILE *out, unsigned int count)
{
	while (count-- != 0)
		fputc(' ', out);
}

static void print_cell(FILE *out, const struct table_column *column,
		       const struct cell *cell, unsigned int width,
		       bool is_last)
{
	char *text = fit(cell->text, width, column->is_middle);
	unsigned int rest = width - letters_of(text);

	if (column->align == TABLE_RIGHT)
		print_spaces(out, rest);
	screen_begin(out, cell->colour);
	fputs(text, out);
	screen_end(out, cell->colour);
	if (column->align == TABLE_LEFT && !is_last)
		print_spaces(out, rest);
	free(text);
}

void table_print(const struct table *table, FILE *out, unsigned int indent)
{
	table_print_wide(table, out, indent, screen_width(out));
}

void table_print_wide(const struct table *table, FILE *out, unsigned int indent,
		      unsigned int width)
{
	size_t all = table->column_count, columns;
	unsigned int *widths;

	if (all == 0 || table->count == 0)
		return;
	widths = alloc_array(all, sizeof(*widths));
	columns = lay_out(table, widths, width > indent ? width - indent : 1);
	for (size_t i = 0; i < all + table->count; i++) {
		size_t column = i % all;
		struct cell title = { (char *)table->columns[column].title,
				      SCREEN_HEAD };
		const struct cell *cell = i < all ? &title
						  : &table->cells[i - all];

		if (column >= columns)
			continue;
		print_spaces(out, column == 0 ? indent : GAP);
		print_cell(out, &table->columns[column], cell, widths[column],
			   column == columns - 1);
		if (column == columns - 1)
			fputc('\n', out);
	}
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

char *screen_chart(const uint64_t *numbers, size_t count, uint64_t most)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", ".", ":", "-", "=",
					       "+", "*", "%", "#" };
	const char *const *heights = screen_has_blocks() ? blocks : letters;
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
