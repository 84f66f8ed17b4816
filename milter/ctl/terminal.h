/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TERMINAL_H
#define WEIR_TERMINAL_H

/*
 * What the terminal can show, and text that it can be given: its width, colours
 * only where there is one and never with NO_COLOR, text of strangers with what
 * is not printable escaped, charts of blocks, a line of progress. One thread.
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

/* The control sequence that begins a colour. */
const char *terminal_code(enum terminal_colour colour);

/* Sets and ends a colour; nothing where there are none. */
void terminal_begin(FILE *out, enum terminal_colour colour);
void terminal_end(FILE *out, enum terminal_colour colour);

/* Text from strangers, with what is not printable as \xNN; spaces stay. */
void terminal_put(FILE *out, const char *data, size_t length);

/* The same, of a format; a newline ends the line where the format ends in one,
 * any other is escaped, too. The second writes to standard output. */
void terminal_print_to(FILE *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#define terminal_print(...) terminal_print_to(stdout, __VA_ARGS__)

/* The same, as a line of its own on standard error; false, for the caller to
 * return. */
bool terminal_error(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* A subject, with what is not printable as %XX, so that it can be given to
 * weirctl again. */
void terminal_put_subject(FILE *out, const char *subject);

/* The same, as a text of its own that is freed with free(). */
char *terminal_printable(const char *data, size_t length, bool is_subject);

/*
 * A chart of count numbers, one character each, oldest first: blocks of eight
 * heights where the locale is UTF-8, else " .:-=+*#". max is the number of a
 * full block; 0 takes the greatest of them. Freed with free().
 */
char *terminal_chart(const uint64_t *numbers, size_t count, uint64_t max);

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
/* Removes the line. */
void progress_end(struct progress *progress);

#endif
