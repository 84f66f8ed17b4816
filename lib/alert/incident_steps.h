/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_STEPS_H
#define WEIR_INCIDENT_STEPS_H

/*
 * What an administrator may do next about an incident, as commands that are
 * safe to paste into a shell: none has a text of a stranger. Pure, thread-safe.
 */
#include <stddef.h>

#include "lib/fleet/incident.h"
#include "lib/fleet/incident_about.h"

enum incident_steps_reader {
	INCIDENT_STEPS_ALERT = 1, /* has not seen the incident yet */
	INCIDENT_STEPS_PAGE = 2	  /* reads it: weirctl incident, status page */
};

struct incident_step {
	char *command;	     /* "weirctl block --incident 17 --for 2h" */
	const char *purpose; /* "block its source" */
};

#define INCIDENT_STEPS_MAX 10

struct incident_steps {
	struct incident_step list[INCIDENT_STEPS_MAX];
	size_t count;
	/* Why an open incident has no command that blocks it, one or two
	 * sentences without a full stop; "": it has one. */
	char no_block[INCIDENT_REASON_SIZE];
};

/* path is that of the configuration, where weirctl needs -c, else NULL. The
 * caller clears. */
void incident_steps_make(const struct settings *settings, const char *path,
			 const struct incident *incident,
			 enum incident_steps_reader reader,
			 struct incident_steps *steps_r);
void incident_steps_clear(struct incident_steps *steps);

/* "weirctl ", or "weirctl -c '/etc/it'\''s.conf' ": what a shell would change
 * is quoted. Freed with free(). */
char *incident_steps_program(const char *path);

#endif
