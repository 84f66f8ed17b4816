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

/* part: "text" or "gaps". */
void report_section_add_sentence(json_t *section, const char *part,
				 const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define report_section_say(section, ...) \
	report_section_add_sentence(section, "text", __VA_ARGS__)
#define report_section_gap(section, ...) \
	report_section_add_sentence(section, "gaps", __VA_ARGS__)

struct report_figure {
	const char *name, *label;
	enum report_unit unit;
	json_t *value;	/* taken over; NULL: not known */
	json_t *source; /* the same */
};

void report_section_add(json_t *section, const struct report_figure *figure);

/* Figures that are numbers of one source (borrowed). */
struct report_number {
	const char *name, *label;
	uint64_t value;
	enum report_unit unit;
};

void report_section_add_numbers(json_t *section,
				const struct report_number *numbers,
				size_t count, json_t *source);

struct report_column {
	const char *name, *title;
	enum report_unit unit;
};

/* The table, borrowed, without rows; behind the last column is one without a
 * name. */
json_t *report_section_table(json_t *section, const char *name,
			     const char *caption,
			     const struct report_column *columns);

#define REPORT_NOT_KNOWN UINT64_MAX

/* A row: a value for each column, of the kinds of document_make(), where
 * REPORT_NOT_KNOWN is no number. Takes the source over. */
void report_row_add(json_t *table, json_t *source, const char *kinds, ...);

/* Borrowed: objects with the columns' members, and "source". */
json_t *report_table_rows(const json_t *table);

/* The moment that a member names; 0: it is none. */
uint64_t report_moment_of(const json_t *object, const char *name);

/* By their member "time"; those of one moment stay in their order. */
void report_rows_sort(json_t *rows);

#endif
