/* SPDX-License-Identifier: ISC */

/*
 * libsmartcols aligns the columns and pads the cells; which of them fit is
 * decided here, for its own way to narrow a column differs between versions and
 * cuts text. It is given text that is escaped already: its escaping lets
 * bidirectional controls pass, and without it no byte may come that is not
 * printable.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <libsmartcols/libsmartcols.h>

#include "lib/base/alloc.h"
#include "lib/base/moment.h"
#include "lib/base/json.h"
#include "output.h"
#include "milter/common/window_text.h"

#define COLUMNS_MAX 16
#define GAP	    2
#define COLOUR_MASK 0xff
#define NARROWEST   10 /* of a column with OUTPUT_LONG */

struct column {
	const char *title;
	unsigned int style;
	unsigned int width; /* of the widest cell, or the title */
	unsigned int shown; /* of what is shown; 0: left out */
};

struct cell {
	char *text; /* printable */
	enum terminal_colour colour;
};

struct output {
	const char *spare;
	json_t *array, *row; /* row is borrowed from array; NULL: a table */
	struct column columns[COLUMNS_MAX];
	size_t column_count;
	struct cell (*cells)[COLUMNS_MAX]; /* a row each */
	size_t count, room;
	size_t at; /* column of the next cell */
};

struct output *output_new(bool is_json, const char *spare)
{
	struct output *output = alloc_zero(sizeof(*output));

	output->spare = spare;
	output->array = is_json ? json_array() : NULL;
	return output;
}

void output_free(struct output **output)
{
	if (*output == NULL)
		return;
	for (size_t i = 0; i < (*output)->count; i++)
		for (size_t j = 0; j < (*output)->column_count; j++)
			free((*output)->cells[i][j].text);
	free((*output)->cells);
	json_decref((*output)->array);
	free(*output);
	*output = NULL;
}

size_t output_rows(const struct output *output)
{
	return output->array != NULL ? json_array_size(output->array)
				     : output->count;
}

void output_row(struct output *output)
{
	output->at = 0;
	if (output->array != NULL) {
		output->row = json_object();
		json_array_append_new(output->array, output->row);
		return;
	}
	if (output->count == output->room) {
		output->room = output->room == 0 ? 64 : 2 * output->room;
		output->cells = alloc_resize(output->cells, output->room,
					     sizeof(*output->cells));
	}
	memset(output->cells[output->count++], 0, sizeof(*output->cells));
}

static unsigned int letters_of(const char *text)
{
	unsigned int letters = 0;

	for (; *text != '\0'; text++)
		letters += (*text & 0xc0) != 0x80;
	return letters;
}

static void widen(struct column *column, const char *text)
{
	unsigned int letters = letters_of(text);

	if (letters > column->width)
		column->width = letters;
}

/* Keeps text, which is printable. */
static void add_cell(struct output *output, const char *title,
		     unsigned int style, char *text)
{
	struct column *column = &output->columns[output->at];

	if (output->at == COLUMNS_MAX || output->count == 0)
		abort();
	if (output->at == output->column_count) {
		*column = (struct column){ .title = title, .style = style };
		widen(column, title);
		output->column_count++;
	}
	widen(column, text);
	output->cells[output->count - 1][output->at++] = (struct cell){
		text, (enum terminal_colour)(style & COLOUR_MASK)
	};
}

static bool wants_cell(const struct output *output, const char *title)
{
	return output->array == NULL && title != NULL;
}

void output_json(struct output *output, const char *member, json_t *value)
{
	if (output->array != NULL && member != NULL)
		json_object_set_new(output->row, member, value);
	else
		json_decref(value);
}

void output_members(struct output *output, json_t *object)
{
	if (output->array != NULL)
		json_object_update(output->row, object);
	json_decref(object);
}

__attribute__((format(printf, 4, 0))) static void
add_format(struct output *output, const char *title, unsigned int style,
	   const char *format, va_list arguments)
{
	char *text;

	if (!wants_cell(output, title))
		return;
	if (vasprintf(&text, format, arguments) < 0)
		alloc_fail();
	add_cell(output, title, style,
		 terminal_printable(text, strlen(text), false));
	free(text);
}

void output_value(struct output *output, const char *member, json_t *value,
		  const char *title, unsigned int style, const char *format,
		  ...)
{
	va_list arguments;

	output_json(output, member, value);
	va_start(arguments, format);
	add_format(output, title, style, format, arguments);
	va_end(arguments);
}

void output_cell(struct output *output, const char *title, unsigned int style,
		 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_format(output, title, style, format, arguments);
	va_end(arguments);
}

void output_text(struct output *output, const char *member, const char *title,
		 const char *text)
{
	output_value(output, member, document_string(text), title, OUTPUT_LONG,
		     "%s", text == NULL ? "-" : text);
}

void output_subject(struct output *output, const char *member,
		    const char *title, const char *subject)
{
	output_json(output, member, document_string(subject));
	if (wants_cell(output, title))
		add_cell(output, title, OUTPUT_LONG,
			 terminal_printable(subject, strlen(subject), true));
}

void output_number(struct output *output, const char *member, const char *title,
		   uint64_t number)
{
	output_value(output, member, document_number(number), title,
		     OUTPUT_RIGHT, "%" PRIu64, number);
}

void output_amount(struct output *output, const char *member, const char *title,
		   enum limit_unit unit, uint64_t amount)
{
	char text[WINDOW_TEXT_SIZE];

	output_value(output, member, document_number(amount), title,
		     OUTPUT_RIGHT, "%s",
		     window_text_amount(unit, amount, text));
}

void output_moment(struct output *output, const char *member, const char *title,
		   uint64_t moment_ms)
{
	char text[MOMENT_TEXT_SIZE] = "-";

	output_value(output, member, document_moment(moment_ms), title, 0, "%s",
		     moment_ms == 0 ? text
				    : moment_format_local(moment_ms, text));
}

/* the table */

static unsigned int total_of(const struct output *output)
{
	unsigned int total = 0;

	for (size_t i = 0; i < output->column_count; i++)
		if (output->columns[i].shown != 0)
			total += GAP + output->columns[i].shown;
	return total - GAP;
}

static void leave_out(struct output *output, const char *title, size_t length)
{
	for (size_t i = 0; i < output->column_count; i++)
		if (strlen(output->columns[i].title) == length &&
		    memcmp(output->columns[i].title, title, length) == 0)
			output->columns[i].shown = 0;
}

/* The widest column that may be narrower, or NULL. */
static struct column *widest(struct output *output)
{
	struct column *found = NULL;

	for (size_t i = 0; i < output->column_count; i++) {
		struct column *column = &output->columns[i];

		if ((column->style & OUTPUT_LONG) != 0 &&
		    column->shown > NARROWEST &&
		    column->shown > letters_of(column->title) &&
		    (found == NULL || column->shown > found->shown))
			found = column;
	}
	return found;
}

/* How wide each column is shown. */
static void lay_out(struct output *output, unsigned int width)
{
	const char *spare = output->spare;
	size_t last = output->column_count;
	struct column *column;

	for (size_t i = 0; i < output->column_count; i++)
		output->columns[i].shown = output->columns[i].width;
	while (spare != NULL && total_of(output) > width) {
		size_t length = strcspn(spare, ",");

		leave_out(output, spare, length);
		spare = spare[length] == ',' ? spare + length + 1 : NULL;
	}
	while (total_of(output) > width && (column = widest(output)) != NULL)
		column->shown--;
	while (total_of(output) > width && --last != 0)
		output->columns[last].shown = 0;
}

static void set_cell(struct libscols_cell *cell, const char *text,
		     enum terminal_colour colour)
{
	if (scols_cell_set_data(cell, text) != 0 ||
	    (colour != TERMINAL_PLAIN &&
	     scols_cell_set_color(cell, terminal_code(colour)) != 0))
		alloc_fail();
}

static void make_columns(struct output *output, struct libscols_table *table)
{
	for (size_t i = 0; i < output->column_count; i++) {
		const struct column *column = &output->columns[i];
		struct libscols_column *made;

		if (column->shown == 0)
			continue;
		made = scols_table_new_column(
			table, column->title, 0,
			(column->style & OUTPUT_RIGHT) != 0 ? SCOLS_FL_RIGHT
							    : 0);
		if (made == NULL)
			alloc_fail();
		set_cell(scols_column_get_header(made), column->title,
			 TERMINAL_HEAD);
	}
}

static bool is_long(const struct column *column, const struct cell *cell)
{
	return column->shown != 0 && cell->text != NULL &&
	       letters_of(cell->text) > column->shown;
}

/* But for the cells that have lines of their own. */
static void make_lines(struct output *output, struct libscols_table *table)
{
	for (size_t i = 0; i < output->count; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);
		size_t at = 0;

		if (line == NULL)
			alloc_fail();
		for (size_t j = 0; j < output->column_count; j++) {
			const struct column *column = &output->columns[j];
			const struct cell *cell = &output->cells[i][j];

			if (column->shown != 0 && !is_long(column, cell))
				set_cell(scols_line_get_cell(line, at),
					 cell->text, cell->colour);
			at += column->shown != 0;
		}
	}
}

/* A line for the titles and for each row, freed with free(). */
static char *draw(struct output *output, bool has_colour)
{
	struct libscols_table *table = scols_new_table();
	char *text;

	if (table == NULL || scols_table_set_column_separator(table, "  ") != 0)
		alloc_fail();
	scols_table_enable_noencoding(table, 1);
	scols_table_enable_colors(table, has_colour);
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	make_columns(output, table);
	make_lines(output, table);
	if (scols_print_table_to_string(table, &text) != 0)
		alloc_fail();
	scols_unref_table(table);
	return text;
}

/* A long cell of the first column is above the rest of its row, the others are
 * below it. */
static void print_long(const struct output *output, size_t row, size_t first,
		       size_t end, FILE *out)
{
	for (size_t i = first; i < end; i++) {
		const struct cell *cell = &output->cells[row][i];

		if (!is_long(&output->columns[i], cell))
			continue;
		terminal_begin(out, cell->colour);
		fputs(cell->text, out);
		terminal_end(out, cell->colour);
		fputc('\n', out);
	}
}

/* Without the spaces at its end; nothing where nothing else is there. */
static char *print_line(char *line, FILE *out)
{
	size_t length = strcspn(line, "\n"), end = length;

	while (end != 0 && line[end - 1] == ' ')
		end--;
	if (end != 0)
		fprintf(out, "%.*s\n", (int)end, line);
	return line + length + (line[length] != '\0');
}

void output_print_wide(struct output *output, FILE *out, unsigned int width)
{
	char *text, *line;

	if (output->count == 0)
		return;
	lay_out(output, width);
	text = draw(output, terminal_has_colour(out));
	line = print_line(text, out);
	for (size_t i = 0; i < output->count; i++) {
		print_long(output, i, 0, 1, out);
		line = print_line(line, out);
		print_long(output, i, 1, output->column_count, out);
	}
	free(text);
}

void output_print(struct output *output, FILE *out)
{
	if (output->array == NULL) {
		output_print_wide(output, out, terminal_width(out));
	} else {
		document_print(output->array, out);
		output->array = output->row = NULL;
	}
}

json_t *output_take(struct output **output)
{
	json_t *array = json_incref((*output)->array);

	output_free(output);
	return array;
}
