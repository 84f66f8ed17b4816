/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_FIND_H
#define WEIR_INCIDENT_FIND_H

/*
 * Which incident a command is about, and what it says when there is none. One
 * thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/fleet/incident.h"
#include "context.h"

/* A number of an incident; complains and returns false where it is none. */
bool incident_find_number(const char *command, const char *text,
			  uint64_t *number_r);

/* The newest that is open, else contained, else quiet; 0: there is none. False
 * when Redis did not answer or refused. */
bool incident_find_newest(struct context *context, uint64_t *number_r);

/* The newest incident that the subject is a window, the source or the target
 * of; number 0: there is none. False when Redis did not answer or refused; else
 * the caller clears. */
bool incident_find_of(struct context *context, const char *subject,
		      struct incident *incident_r);

/* Says that there is none of this number; returns COMMAND_NOTHING. */
int incident_find_complain(const char *command, uint64_t number);

#endif
