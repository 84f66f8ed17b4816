/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SCREEN_H
#define WEIR_SCREEN_H

/*
 * Without this each command would draw its own tables, and one of them would
 * let an address paint the terminal.
 *
 * What weirctl writes for people: tables that fit the terminal, colours only
 * where there is one and never with NO_COLOR, charts of blocks, a line of
 * progress. One thread. JSON is not written here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Columns of the terminal of out; COLUMNS, if set; else 80. At least 40. */
unsigned int screen_width(FILE *out);

/* May colours be used on it? A terminal, no NO_COLOR, TERM not "dumb". */
bool screen_has_colour(FILE *out);

/* Can it show block characters (the locale is UTF-8)? */
bool screen_has_blocks(void);

enum screen_colour {
	SCREEN_PLAIN,
	SCREEN_GOOD,  /* green */
	SCREEN_WARN,  /* yellow */
	SCREEN_BAD,   /* red */
	SCREEN_FAINT, /* dim */
	SCREEN_HEAD   /* bold */
};

/* Sets and ends a colour; nothing where there are none. */
void screen_begin(FILE *out, enum screen_colour colour);
void screen_end(FILE *out, enum screen_colour colour);

/* Text from strangers, with what is not printable as \xNN; spaces stay. */
void screen_put(FILE *out, const char *data, size_t length);

enum table_align {
	TABLE_LEFT,
	TABLE_RIGHT
};

struct table_column {
	const char *title;
	enum table_align align;
	/* May be shortened to this width, with "..." at its end (or in its
	 * middle: is_middle), when the table is wider than the terminal.
	 * 0: never. */
	unsigned int least_width;
	bool is_middle;
};

struct table;

/* columns must outlive the table. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table **table);

/* Cells come in the order of the columns, row after row; copied, and escaped
 * as by screen_put. */
void table_add(struct table *table, const char *text);
void table_add_format(struct table *table, enum screen_colour colour,
		      const char *format, ...)
	__attribute__((format(printf, 3, 4)));

size_t table_rows(const struct table *table);

/* Prints titles and rows, indented by so many spaces; nothing when there are
 * no rows. Where shortening is not enough, columns on the right are left out.
 */
void table_print(const struct table *table, FILE *out, unsigned int indent);

/* The same for a width that is known. */
void table_print_wide(const struct table *table, FILE *out, unsigned int indent,
		      unsigned int width);

/*
 * A chart of count numbers, one character each, oldest first: blocks of eight
 * heights where the locale is UTF-8, else " .:-=+*#". most is the number of a
 * full block; 0 takes the greatest of them. Freed with free().
 */
char *screen_chart(const uint64_t *numbers, size_t count, uint64_t most);

/*
 * A line of progress on standard error, only where that is a terminal, redrawn
 * at most ten times a second. total 0: not known.
 */
struct progress {
	const char *what; /* "messages" */
	uint64_t total;
	uint64_t drawn_ms, began_ms;
	bool is_shown;
};

void progress_begin(struct progress *progress, const char *what,
		    uint64_t total);
void progress_set(struct progress *progress, uint64_t done);
/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
