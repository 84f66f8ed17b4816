/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOCAL_INCIDENTS_H
#define WEIR_LOCAL_INCIDENTS_H

/*
 * The incidents that one milter opens by itself while Redis is away: by the
 * same marks and thresholds, named "HOST-1", "HOST-2" ... They are logged like
 * all others; when Redis is back, the next report joins their windows to the
 * incidents of the site, under the uid that they have had here. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet/incident.h"
#include "lib/fleet/let_in.h"

struct journal;
struct local_incidents;

#define LOCAL_INCIDENTS_MAX 50 /* in one outage */

/* Copies both: names begin with host, uids have milter, the name of this
 * process on it. journal may be NULL. */
struct local_incidents *local_incidents_new(const char *host,
					    const char *milter,
					    struct journal *journal);

/* Now: on the steady clock, and since the epoch. */
struct local_time {
	uint64_t steady_ms, wall_ms;
};

/* A look at every window that has news and is part of nothing that Redis knows:
 * begin, a window at a time (sets window->local), end. */
void local_incidents_begin(struct local_incidents *locals,
			   const struct local_time *now);
void local_incidents_visit(struct local_incidents *locals,
			   struct flood_window *window);
void local_incidents_end(struct local_incidents *locals, struct let_in *let_in,
			 const struct settings *settings);

/* For reports: see incident_report.locals. */
const struct incident_local *
local_incidents_list(const struct local_incidents *locals);

/*
 * Redis has it now, as that incident: logged the first time. False when it was
 * known already. local is window->local.
 */
bool local_incidents_adopt(struct local_incidents *locals, unsigned int local,
			   const struct incident *incident);

/* The incident that it became; NULL: Redis has not got it yet. */
const struct incident *
local_incidents_adopted(const struct local_incidents *locals,
			unsigned int local);

/* No window is part of one any more. */
void local_incidents_forget(struct local_incidents *locals);

#endif
