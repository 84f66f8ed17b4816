/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_VALUE_H
#define WEIR_REPORT_VALUE_H

/*
 * A value of a report as people read it, by its unit; nothing is escaped yet.
 * Pure, thread-safe.
 */
#include <stdbool.h>

#include <jansson.h>

#include "report_section.h"

/* "4,712", "48 MB (50,331,648 bytes)", "1m 05s", "2026-05-01 18:00:03", "97%";
 * "" for what is not known. Freed with free(). */
char *report_value_text(const json_t *value, enum report_unit unit);

/* Is it one to align to the right? */
bool report_unit_is_number(enum report_unit unit);

/* The unit of a column or a figure. */
enum report_unit report_value_unit(const json_t *described);

/* What is to be said of an empty field: how it is filled. Freed with free(). */
char *report_value_empty(const json_t *document, const char *field);

#endif
