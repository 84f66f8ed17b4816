/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TERMINAL_H
#define WEIR_TERMINAL_H

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

/* Columns of the terminal of out: COLUMNS, if set, else as it says, else 80; at
 * least 40. UINT_MAX where out is no terminal. */
unsigned int terminal_width(FILE *out);

/* May colours be used on it? A terminal, no NO_COLOR, TERM not "dumb". */
bool terminal_has_colour(FILE *out);

/* Can it show block characters (the locale is UTF-8)? */
bool terminal_has_blocks(void);

enum terminal_colour {
	TERMINAL_PLAIN,
	TERMINAL_GOOD,	/* green */
	TERMINAL_WARN,	/* yellow */
	TERMINAL_BAD,	/* red */
	TERMINAL_FAINT, /* dim */
	TERMINAL_HEAD	/* bold */
};

/* Sets and ends a colour; nothing where there are none. */
void terminal_begin(FILE *out, enum terminal_colour colour);
void terminal_end(FILE *out, enum terminal_colour colour);

/* Text from strangers, with what is not printable as \xNN; spaces stay. */
void terminal_put(FILE *out, const char *data, size_t length);

/* A subject, with what is not printable as %XX, so that it can be given to
 * weirctl again. */
void terminal_put_subject(FILE *out, const char *subject);

enum table_align {
	TABLE_LEFT,
	TABLE_RIGHT
};

struct table_column {
	const char *title;
	enum table_align align;
	/* When the table is wider than the terminal, the columns with the
	 * lowest of these numbers are left out, one after the other. 0: not so.
	 */
	unsigned int drop;
	/* Then the widest columns become narrower, down to this width (0: no
	 * narrower). A cell is never cut: one that is wider than its column has
	 * a line of its own, and can be copied from there. */
	unsigned int least_width;
};

struct table;

/* columns must outlive the table. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table **table);

/* Cells come in the order of the columns, row after row; copied, and escaped
 * as by terminal_put. */
void table_add(struct table *table, const char *text);
/* As terminal_put_subject. */
void table_add_subject(struct table *table, const char *subject);
void table_add_format(struct table *table, enum terminal_colour colour,
		      const char *format, ...)
	__attribute__((format(printf, 3, 4)));

size_t table_rows(const struct table *table);

/* Prints titles and rows, indented by so many spaces; nothing when there are
 * no rows. Where that is not enough, columns on the right are left out, but
 * never the first. */
void table_print(const struct table *table, FILE *out, unsigned int indent);

/* The same for a width that is known. */
void table_print_wide(const struct table *table, FILE *out, unsigned int indent,
		      unsigned int width);

/*
 * A chart of count numbers, one character each, oldest first: blocks of eight
 * heights where the locale is UTF-8, else " .:-=+*#". most is the number of a
 * full block; 0 takes the greatest of them. Freed with free().
 */
char *terminal_chart(const uint64_t *numbers, size_t count, uint64_t most);

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
