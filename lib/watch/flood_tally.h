/* SPDX-License-Identifier: ISC */
#ifndef WEIR_FLOOD_TALLY_H
#define WEIR_FLOOD_TALLY_H

/*
 * What the windows of this process have stopped and held since it was last
 * reported, and who sent it: what incidents are made of. A sink of events.
 *
 * A message that a limit or a block kept out, held or only noticed counts for
 * the window that did. What was let in is counted elsewhere, see
 * lib/fleet/let_in.h. Ceilings for one message have no window and are not
 * counted.
 *
 * Bounded by FLOOD_WINDOWS_MAX: messages of more windows than that are only
 * counted (flood_tally_left_out()), until some were reported. Thread-safe, one
 * lock, held for no longer than a copy. Times are those of the steady clock.
 *
 * A window whose key does not say who sends, and that is of no incident yet, is
 * not due until its marks know (marks_are_sure()) or FLOOD_PATIENCE_MS are
 * over: else the first message that it stops could make an incident of its own
 * of it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "marks.h"
#include "sketch.h"

#define FLOOD_WINDOWS_MAX 1000
#define FLOOD_PATIENCE_MS 600

/* One window: what is new of it, and what it is part of. */
struct flood_window {
	char *limit; /* its name; "": a block */
	char *subject;
	uint64_t order; /* the number of the block */
	uint64_t per_ms, max;
	uint64_t stopped, held, monitored; /* messages */
	uint64_t others; /* of stopped and held: of others than the source */
	uint64_t bytes;	 /* of what was stopped and held, as far as known */
	uint64_t amount; /* the same in the unit of the limit */
	/* For an incident that it opens, by who reports it: what was let in of
	 * that by now, and whether it may be more. */
	uint64_t let_in;
	bool is_least;
	uint64_t first_ms, last_ms; /* of what was not let in; 0: none */
	struct marks marks;
	struct sketch who[FLOOD_DIMENSIONS];
	/* What it is part of, as far as is known here. */
	uint64_t incident;  /* 0: not known */
	char *uid;	    /* of the incident; NULL: not known */
	unsigned int local; /* see milter/daemon/local_incidents.h; 0: none */
};

void flood_window_clear(struct flood_window *window);

/* "LIMIT:PER:SUBJECT", or "block:NUMBER"; freed with free(). */
char *flood_window_key(const struct flood_window *window);

struct flood_tally;

struct flood_tally *flood_tally_new(void);
void flood_tally_free(struct flood_tally **tally);

/* How many bits of an IPv6 address are one client, see settings.h. */
void flood_tally_set_prefix(struct flood_tally *tally,
			    unsigned int ipv6_prefix);

/* A sink (see event.h), whose context is the tally. */
void flood_tally_add(void *tally, const struct event *event);

/* From now on everything that is new is due. */
void flood_tally_hurry(struct flood_tally *tally);

/* A moment, and which clients are shared at it, for the marks. */
struct flood_look {
	uint64_t now_ms;
	bool (*is_shared)(const void *context, const char *client);
	const void *context;
};

/* Is anything due? Costs nothing while there is no news. */
bool flood_tally_has_news(struct flood_tally *tally,
			  const struct flood_look *look);

/* Takes what is new of up to max windows that are due; those longest unreported
 * first. The caller clears each. */
size_t flood_tally_take(struct flood_tally *tally,
			const struct flood_look *look,
			struct flood_window *windows_r, size_t max);

/* Looks at each window that is due and that is part of nothing yet, without
 * taking it; totals instead of what is new. Sets window->local. Must not call
 * the tally. */
void flood_tally_visit(struct flood_tally *tally, const struct flood_look *look,
		       void (*visit)(void *context,
				     struct flood_window *window),
		       void *context);

/* The window of this key is part of that incident; 0 and NULL: of none that is
 * known. */
void flood_tally_assign(struct flood_tally *tally, const char *key,
			uint64_t incident, const char *uid);

/* No window is part of anything that this process alone has opened. */
void flood_tally_forget_locals(struct flood_tally *tally);

/* The incident of that uid has another number now. */
void flood_tally_renumber(struct flood_tally *tally, const char *uid,
			  uint64_t incident);

/* Redis has forgotten who is in which incident: all of it is reported again. */
void flood_tally_repeat_who(struct flood_tally *tally);

/* Messages since the last time that no window had a place for. */
uint64_t flood_tally_left_out(struct flood_tally *tally);

/* Forgets windows that have been quiet for their length and quiet_ms. */
void flood_tally_sweep(struct flood_tally *tally, uint64_t now_ms,
		       uint64_t quiet_ms);

#endif
