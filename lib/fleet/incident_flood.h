/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_FLOOD_H
#define WEIR_INCIDENT_FLOOD_H

/*
 * Which mail of a queue, or of a log, is that of an incident. It has the
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

/* From one length of its limit before the first message that was stopped until
 * the last one, or until now. The caller clears. */
void incident_flood_make(const struct settings *settings,
			 const struct incident_detail *detail,
			 struct incident_flood *flood_r);
/* Is it of one of its subjects? Times are not compared. */
bool incident_flood_has(const struct incident_flood *flood,
			const struct message *message);

void incident_flood_clear(struct incident_flood *flood);

#endif
