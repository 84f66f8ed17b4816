/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_SECTION_H
#define WEIR_REPORT_SECTION_H

/*
 * What a section of a report is made of, so that a printer needs to know no
 * section. A section is an object, printed in this order:
 *
 *   "number", "title"
 *   "text"     sentences
 *   "figures"  by name: "label", "unit", "value" (null: not known), "source",
 *              and of a time "local"
 *   "chart"    "title", "description", "table" (whose rows it draws), "marks"
 *   "tables"   by name: "caption", "columns" ("name", "title", "unit"), "rows"
 *              (a value for each column, and "source")
 *   "fields"   by name: "label", "value" (null: to be filled), "by", "time",
 *              "source"
 *   "gaps"     sentences: what is not known, and why
 *
 * Values are as they were found; a printer writes them by their unit and
 * escapes them. Texts may be of any bytes. One thread.
 */
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

enum report_unit {
	REPORT_WORDS, /* a text */
	REPORT_COUNT,
	REPORT_BYTES,
	REPORT_SPAN,   /* milliseconds */
	REPORT_TIME,   /* ISO 8601, UTC */
	REPORT_SHARE,  /* percent */
	REPORT_RECORD, /* an object, of a record of the journal */
	REPORT_UNITS
};

enum report_unit report_unit_find(const char *name);

json_t *report_section_new(unsigned int number, const char *title);

void report_section_say(json_t *section, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void report_section_gap(json_t *section, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct report_figure {
	const char *name, *label;
	enum report_unit unit;
	json_t *value;	/* taken over; NULL: not known */
	json_t *source; /* the same */
};

void report_section_add(json_t *section, const struct report_figure *figure);

struct report_column {
	const char *name, *title;
	enum report_unit unit;
};

/* The table, borrowed, without rows; behind the last column is one without a
 * name. */
json_t *report_section_table(json_t *section, const char *name,
			     const char *caption,
			     const struct report_column *columns);

/* A value for each column, then the source, then NULL; they are taken over. */
void report_row_add(json_t *table, ...) __attribute__((sentinel));

/* Borrowed: objects with the columns' members, and "source". */
json_t *report_table_rows(const json_t *table);

/* By their member "time"; those of one moment stay in their order. */
void report_rows_sort(json_t *rows);

#endif
