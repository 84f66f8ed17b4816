/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_PRINT_H
#define WEIR_REPORT_PRINT_H

/*
 * The printers, one a format; what they have in common is in report_markup.h.
 */
#include <stdio.h>

#include <jansson.h>

void report_print_html(const json_t *document, FILE *out);
void report_print_markdown(const json_t *document, FILE *out);
void report_print_text(const json_t *document, FILE *out);

/* The chart of a section as inline SVG; put writes text, escaped. */
void report_print_svg(const json_t *section, FILE *out,
		      void (*put)(FILE *out, const char *text));

/* The style, and its hash for a Content-Security-Policy. */
extern const char report_style[];

#endif
