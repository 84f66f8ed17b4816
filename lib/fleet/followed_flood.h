/* SPDX-License-Identifier: ISC */
#ifndef WEIR_FOLLOWED_FLOOD_H
#define WEIR_FOLLOWED_FLOOD_H

/*
 * What a process has let in of one flood: which mail is its own, up to where
 * the recent mail has been looked through, and the total. When the set changes,
 * the recent mail is looked through once more, for the difference.
 *
 * What comes when nothing was stopped for a while belongs to the flood only if
 * something is stopped again; until then it waits. One thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/watch/recent_mail.h"
#include "incident_flood.h"

/* One moment on two clocks. */
struct let_in_time {
	uint64_t steady_ms, incidents_ms; /* of incidents: Redis's */
};

uint64_t let_in_time_steady(uint64_t incidents_ms,
			    const struct let_in_time *now);

struct followed_flood {
	uint64_t number; /* 0: one of this process's own */
	char *uid, *source;
	uint64_t windows;
	struct incident_flood flood;
	uint64_t from_ms, until_ms; /* steady */
	uint64_t position;	    /* in the recent mail */
	int64_t counted, told;
	uint64_t waiting, waiting_ms; /* how many, and when the last one came */
	bool is_least, has_told_least, is_listed;
};

/* uid is copied. Which mail is its own is not known yet. */
void followed_flood_init(struct followed_flood *followed_r, const char *uid);
void followed_flood_clear(struct followed_flood *followed);

/* Since when mail is of it. Once, before all that counts. */
void followed_flood_set_from(struct followed_flood *followed,
			     struct recent_mail *recent,
			     const struct incident *incident,
			     const struct let_in_time *now);

/* More may have been stopped: what waited is of the flood then. */
void followed_flood_move_until(struct followed_flood *followed,
			       const struct incident *incident,
			       const struct let_in_time *now);

/* Is other mail its own by what is known of the incident now? */
bool followed_flood_is_changed(const struct followed_flood *followed,
			       const struct incident *incident);

/* Counts anew by it. */
void followed_flood_change(struct followed_flood *followed,
			   struct recent_mail *recent,
			   const struct settings *settings,
			   const struct incident_detail *detail);

/* The same for one of the process before, which has counted what is before the
 * position handed. */
void followed_flood_take_over(struct followed_flood *followed,
			      struct recent_mail *recent,
			      const struct settings *settings,
			      const struct incident_detail *detail,
			      uint64_t handed);

/* What is new in the recent mail. */
void followed_flood_count(struct followed_flood *followed,
			  struct recent_mail *recent);

#endif
