/* SPDX-License-Identifier: ISC */
#ifndef WEIR_OUTPUT_H
#define WEIR_OUTPUT_H

/*
 * Rows for people and for programs, each value named once: the member of the
 * JSON objects and the title of the table's column stand beside the value. One
 * thread.
 *
 *	struct output *output = output_new(globals->is_json, "FOR");
 *
 *	for (size_t i = 0; i < count; i++) {
 *		output_row(output);
 *		output_subject(output, "subject", "SUBJECT", rows[i].subject);
 *		output_number(output, "refused", "REFUSED", rows[i].refused);
 *		output_moment(output, "since", NULL, rows[i].since_ms);
 *		output_cell(output, "FOR", OUTPUT_RIGHT, "%s",
 *			    span_text(now_ms - rows[i].since_ms, span));
 *	}
 *	output_print(output, stdout);
 *	output_free(&output);
 *
 * prints with --json [{"subject": ..., "refused": ..., "since": ...}, ...], and
 * else
 *
 *	SUBJECT                  REFUSED     FOR
 *	sender:jake@example.com       12  2m 03s
 *
 * A single object is made with json_pack() and document_*(); texts of
 * strangers go through document_string(), for jansson refuses a text that is
 * not UTF-8.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/settings/limit.h"
#include "terminal.h"

struct output;

/*
 * spare: the titles of the columns that are left out, in this order, where a
 * table is wider than the terminal, separated by ","; NULL: none. Where that is
 * not enough, texts and subjects that are longer than their column have a line
 * of their own; then columns on the right are left out, but never the first. A
 * cell is never cut. spare, members and titles must outlive the output.
 */
struct output *output_new(bool is_json, const char *spare);
void output_free(struct output **output);

/* Begins a row. The rows of a table have the same titles in the same order. */
void output_row(struct output *output);

/* A value of the row: its member in JSON and its title in the table; NULL: it
 * is not there. Texts are copied; what is not printable is escaped. */
void output_text(struct output *output, const char *member, const char *title,
		 const char *text);
/* In the table as weirctl accepts it on a command line. */
void output_subject(struct output *output, const char *member,
		    const char *title, const char *subject);
void output_number(struct output *output, const char *member, const char *title,
		   uint64_t number);
/* "1.5 MB" in the table, where unit is bytes. */
void output_amount(struct output *output, const char *member, const char *title,
		   enum limit_unit unit, uint64_t amount);
/* UTC in JSON, where 0 is null; local in the table, where 0 is "-". */
void output_moment(struct output *output, const char *member, const char *title,
		   uint64_t moment_ms);

/* To be added to a colour. */
#define OUTPUT_RIGHT 0x100 /* aligned to the right */
#define OUTPUT_LONG  0x200 /* may have a line of its own */

/* Whatever is not the same in both; takes over value. style: a colour. */
void output_value(struct output *output, const char *member, json_t *value,
		  const char *title, unsigned int style, const char *format,
		  ...) __attribute__((format(printf, 6, 7)));
/* For the table alone. */
void output_cell(struct output *output, const char *title, unsigned int style,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* For JSON alone; takes over value. */
void output_json(struct output *output, const char *member, json_t *value);
/* All members of an object. */
void output_members(struct output *output, json_t *object);

size_t output_rows(const struct output *output);

/* Prints the JSON array, or titles and rows; no table where there are no rows.
 * The output is empty then. */
void output_print(struct output *output, FILE *out);
/* The table for a terminal of this width; UINT_MAX: no terminal. */
void output_print_wide(struct output *output, FILE *out, unsigned int width);
/* The JSON array, for a larger value; frees the output. */
json_t *output_take(struct output **output);

#endif
