/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_FLOOD_H
#define WEIR_INCIDENT_FLOOD_H

/*
 * Which mail of a queue is that of an incident. It has the source, or the
 * subject of a window that says who sends: the mail of others to the same
 * mailbox is theirs, also where its window is over. Only where the incident has
 * no source do the other windows count, too. Pure.
 */
#include "lib/fleet/incident.h"
#include "milter/queue/queue_filter.h"

/* From one length of its limit before the first message that was stopped until
 * the last one, or until now. The caller clears. */
void incident_flood_make(const struct settings *settings,
			 const struct incident_detail *detail,
			 struct queue_flood *flood_r);
void incident_flood_clear(struct queue_flood *flood);

#endif
