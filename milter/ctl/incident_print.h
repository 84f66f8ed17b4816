/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_PRINT_H
#define WEIR_INCIDENT_PRINT_H

/*
 * The page of one incident for people: who, to whom, how much and since when,
 * then what to type. A command on it has no text of a stranger, so that it is
 * safe to paste into a shell. One thread.
 */
#include <stdio.h>

#include "incident_view.h"

void incident_print(const struct incident_view *view, FILE *out);

/* "incident 17 (serious, open): sender:jake@example.com, 352 stopped" */
void incident_print_line(const struct incident *incident, FILE *out);

#endif
