/* SPDX-License-Identifier: ISC */
#ifndef WEIR_KNOWN_INCIDENTS_H
#define WEIR_KNOWN_INCIDENTS_H

/*
 * The incidents that this milter has a part in and that are not over, to
 * restore them where Redis was emptied. Bounded: where there are too many, the
 * one that has been quiet for longest goes. One thread.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet/incident.h"

#define KNOWN_INCIDENTS_MAX 200

/* {0} is empty. What is in the list may be changed, but for its uids. */
struct known_incidents {
	struct incident_known list[KNOWN_INCIDENTS_MAX];
	size_t count;
};

/* It is known from now on, with these marks, of which a bounded number is
 * kept. */
void known_incidents_add(struct known_incidents *known, const char *uid,
			 const struct marks *marks);

/* This milter has opened it, and Redis knows what it had let in until then: its
 * total, until the first one is told. */
void known_incidents_open(struct known_incidents *known, const char *uid,
			  uint64_t let_in);

/* What it is now, if it is known: takes what the incident holds. One that is
 * over is forgotten. */
void known_incidents_take(struct known_incidents *known,
			  struct incident *incident);

/* Has ended while another milter saw it. */
typedef void known_incidents_quiet(void *context,
				   const struct incident *incident);

/* What time brings: now_ms is since the epoch. Those that are over are
 * forgotten, and quiet is called with each that has become so. */
void known_incidents_age(struct known_incidents *known,
			 const struct settings_incident *rules, uint64_t now_ms,
			 known_incidents_quiet *quiet, void *context);

#endif
