/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_FLOOD_H
#define WEIR_INCIDENT_FLOOD_H

/*
 * Which mail is that of an incident: of what was let in, of a queue, of a log.
 * It has the
 * source, or the subject of a window that says who sends: the mail of others to
 * the same mailbox is theirs, also where its window is over. Only where the
 * incident has no source do the other windows count, too. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/subject_parse.h"
#include "incident.h"

/* What arrived meanwhile and has one of these subjects, or is held for one. */
struct incident_flood {
	struct subject *subjects;
	size_t count;
	uint64_t from_ms, until_ms; /* since the epoch */
};

/* The caller clears. */
void incident_flood_make(const struct settings *settings,
			 const struct incident_detail *detail,
			 struct incident_flood *flood_r);
/* From one length of its limit and a minute before the first message that was
 * stopped, but not before the end of an earlier incident with its marks, until
 * a minute after the last one so far. */
void incident_flood_set_times(const struct incident *incident,
			      struct incident_flood *flood);

/* Is it of one of its subjects? Times are not compared. */
bool incident_flood_has(const struct incident_flood *flood,
			const struct message *message);

void incident_flood_clear(struct incident_flood *flood);

#endif
