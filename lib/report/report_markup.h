/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_MARKUP_H
#define WEIR_REPORT_MARKUP_H

/*
 * The walk over a report, which is the same in each format that people read: a
 * format is what is before and behind each part; NULL: nothing. Of the document
 * nothing is written but through escape. One thread.
 */
#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "report_value.h"

/* begin and end are written where there is an entry. */
struct report_list_markup {
	const char *begin, *before, *after, *end;
};

struct report_markup {
	/* A text without what cannot be seen or moves a cursor. */
	void (*escape)(const char *line, FILE *out);
	bool is_aligned; /* by blanks */
	bool has_local;	 /* times of figures, as people of the host say them */
	bool has_when;	 /* when a field was filled */
	const char *title; /* before the number of the incident */
	const char *made, *made_end;
	/* behind these; NULL: nothing */
	void (*contents)(json_t *sections, FILE *out);
	const char *section_id; /* before its name; NULL: that is not written */
	const char *section, *section_title, *section_end;
	struct report_list_markup text, gaps;
	void (*chart)(const json_t *section, FILE *out); /* NULL: none */
	struct {
		const char *begin, *label, *value, *end_value;
		/* where there is a source, or also where there is none */
		const char *source, *end_source;
		bool has_empty_source;
		const char *after, *end;
	} figures;
	struct {
		const char *caption, *none;
		const char *head, *head_cell, *head_cell_end, *head_end;
		/* behind the head; NULL: nothing */
		void (*rule)(const json_t *columns, FILE *out);
		const char *row, *cell, *cell_end, *source, *row_end, *end;
		/* of a cell, behind its begin; NULL: none */
		const char *(*attributes)(enum report_unit unit, bool is_head);
	} tables;
	struct {
		const char *begin, *label, *filled, *by, *filled_end;
		const char *empty, *empty_end, *end;
	} fields;
	const char *hash, *hash_end;
};

void report_markup_put(const struct report_markup *markup, FILE *out,
		       const char *text);
void report_markup_print(const struct report_markup *markup,
			 const json_t *document, FILE *out);

#endif
