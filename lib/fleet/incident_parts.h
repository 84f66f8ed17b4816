/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_PARTS_H
#define WEIR_INCIDENT_PARTS_H

/* What the files of incident.h share. */
#include "incident.h"

/* "PREFIX:{incidents}"; freed with free(). */
char *incident_base(const char *prefix);

/* One field of the hash of an incident, and of its row in an answer; what it
 * does not know it leaves out. */
void incident_set(struct incident *incident, const char *name,
		  const char *value);

/* What texts must never be: NULL. */
void incident_complete(struct incident *incident);

#endif
