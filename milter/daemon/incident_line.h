/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_LINE_H
#define WEIR_INCIDENT_LINE_H

/*
 * What became of an incident, as one line of the log and one record of the
 * journal:
 *
 *   incident=17 act=opened level=warning who=client:10.20.0.7 limit=own-sender
 *   subject=sender:script@dev.example stopped=12 let_in=100 held=0
 *   before=5,2 journal gw1.4711.20261125T104400Z n=4711 head=9f3a...
 *
 * The priority is that of the level for opened, warning, serious and critical,
 * and notice for all else. Every value is one word. The head of the journal
 * is that of before the record, and is left out where there is none.
 */
#include "lib/fleet/incident.h"

struct journal;

struct incident_line {
	/* "gw1-3" where Redis does not know it; NULL: its number */
	const char *name;
	const char *act;
	const char *text; /* what else is to say of the act; "": nothing */
	enum incident_level level;
	const struct incident *incident;
};

/* journal may be NULL. */
void incident_line_write(struct journal *journal,
			 const struct incident_line *line);

#endif
