/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_H
#define WEIR_INCIDENT_H

/*
 * The floods of the whole site: what the milters on one Redis have stopped,
 * as incidents that open, grow, end and begin again. incident.lua has the keys
 * and the rules; this is how milters report to it, and how all else is read and
 * changed. All functions return false when Redis did not answer or refused;
 * redis_client_error() says why. Times are milliseconds since the epoch, on
 * Redis's clock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/settings/incident_level.h"
#include "lib/settings/settings.h"
#include "lib/watch/flood_tally.h"

struct redis_client;

enum incident_state {
	INCIDENT_OPEN,
	INCIDENT_CONTAINED, /* a block refuses its mail */
	INCIDENT_QUIET,	    /* nothing was stopped for a while */
	INCIDENT_OVER	    /* and not again for a day: its number is closed */
};

/* "open", "contained" ... */
const char *incident_state_name(enum incident_state state);

struct incident_numbers {
	uint64_t *numbers; /* newest first */
	size_t count;
};

struct incident {
	uint64_t number; /* for people; from 1 */
	char *uid;	 /* never used twice, also when Redis was emptied */
	enum incident_state state;
	enum incident_level level;
	uint64_t opened_ms;    /* when the first message was stopped or held */
	uint64_t last_ms;      /* the last one */
	uint64_t ended_ms;     /* of what is quiet or over, else 0 */
	uint64_t from_ms;      /* what came before is of an earlier one; or 0 */
	char *limit, *subject; /* of the window that opened it */
	uint64_t per_ms, max;  /* of that limit; max in its unit */
	char *source; /* "auth:jake", "client:192.0.2.1", "sender:jake@x"; "":
			 nobody sent half of it */
	uint64_t stopped, held, monitored; /* messages */
	uint64_t let_in; /* before it was stopped and meanwhile, see let_in.h;
			    monitored ones too */
	uint64_t let_in_least; /* 1: more may have been let in, since a process
				  ended without a word, or remembers less */
	uint64_t bytes;	     /* of what was stopped or held, as far as known */
	uint64_t others_hit; /* messages of others that its windows stopped */
	uint64_t windows;    /* that stopped mail */
	uint64_t peak;	     /* messages stopped in one minute, at most */
	uint64_t agains;     /* times that it began again; from 2 on it is
				recurring, and that is logged no more */
	char *taken_by;	     /* "": nobody */
	uint64_t taken_ms;
	uint64_t blocked_ms; /* when a block refused its mail last; 0: never */
	/* Earlier ones with the same marks, and open ones that share some. */
	struct incident_numbers before, related;
};

/* Frees what it holds, leaves {0}. */
void incident_clear(struct incident *incident);

/* reading */

struct incident_window {
	char *name;	/* "LIMIT:PER:SUBJECT", or "block:NUMBER" */
	char *limit;	/* "block" of a block */
	char *subject;	/* "" of a block */
	uint64_t order; /* the number of the block, or 0 */
	uint64_t stopped, held, last_ms, max;
};

struct incident_who {
	enum flood_dimension dimension;
	char *value;
	uint64_t messages; /* at least, for the first ones; see sketch.h */
};

struct incident_minute {
	uint64_t minute_ms; /* its beginning */
	uint64_t stopped, let_in, held;
};

struct incident_note {
	uint64_t when_ms;
	char *by, *text;
};

/* One incident with all that is known of it. */
struct incident_detail {
	struct incident incident;
	struct incident_window *windows; /* those that stopped most first */
	size_t window_count;
	struct incident_who *who; /* by dimension, heaviest first */
	size_t who_count;
	struct incident_minute *minutes; /* oldest first; those without mail
					    are left out */
	size_t minute_count;
	char **marks; /* by name */
	size_t mark_count;
	struct incident_note *notes; /* oldest first */
	size_t note_count;
	uint64_t now_ms;
};

void incident_detail_clear(struct incident_detail *detail);

/* incident.number is 0 where there is no such incident. */
bool incident_read(struct redis_client *redis, const char *prefix,
		   uint64_t number, struct incident_detail *detail_r);

struct incident_list {
	struct incident *incidents; /* newest first */
	/* Beside each: the subjects of its windows. */
	struct incident_subjects {
		char **subjects;
		size_t count;
	} * subjects;
	size_t count;
	uint64_t now_ms;
};

void incident_list_clear(struct incident_list *list);

#define INCIDENT_LIST_MAX 1000

/* Those that were open at since_ms or later, at most INCIDENT_LIST_MAX. With
 * since_ms UINT64_MAX: those that are open, contained or quiet. */
bool incident_list_read(struct redis_client *redis, const char *prefix,
			uint64_t since_ms, struct incident_list *list_r);

/* The newest incident that a subject ("sender:jake@example.com") is a window,
 * the source or the target of; 0: none. */
bool incident_of_subject(struct redis_client *redis, const char *prefix,
			 const char *subject, uint64_t *number_r);

/* changing by hand: found_r says whether there is such an incident */

bool incident_take(struct redis_client *redis, const char *prefix,
		   uint64_t number, const char *by, bool *found_r);
bool incident_note(struct redis_client *redis, const char *prefix,
		   uint64_t number, const char *by, const char *text,
		   bool *found_r);
/* It is over now, whatever comes. */
bool incident_close(struct redis_client *redis, const char *prefix,
		    uint64_t number, const char *by, bool *found_r);

/* reporting, by milters */

#define INCIDENT_REPORT_MAX 50 /* windows in one report */
#define LET_IN_MAX	    50 /* incidents that are followed, see let_in.h */

/* What one process has let in of an incident, in all. */
struct incident_let_in {
	uint64_t number;
	char uid[320];
	int64_t messages;
	bool is_least;
};

/* What this milter had opened by itself, while Redis was away. */
struct incident_local {
	const char *name, *uid;
	uint64_t opened_ms; /* on the steady clock */
};

/* One that was sent before, under the same sequence, counts once. */
struct incident_report {
	const char *milter; /* a name of this process, never used again */
	uint64_t sequence;
	const struct settings_incident *rules;
	struct flood_window *windows;
	size_t count;
	/* Of the windows with local != 0: number local - 1. */
	const struct incident_local *locals;
	const struct incident_let_in *let_in; /* totals that have changed */
	size_t let_in_count;
	uint64_t steady_ms; /* now, on the clock of the windows */
	uint64_t now_ms;    /* for tests; 0: Redis's clock */
	bool is_restored;   /* after incident_restore() */
};

/* Something that became of an incident. */
struct incident_act {
	const struct incident *incident; /* of the same answer, as it is now */
	char *act;  /* "opened", "serious", "critical", "contained", "taken",
		       "quiet", "again", "over"; "warning": a monitored one
		       that begins to stop; "adopted", "restored", "note" */
	char *text; /* who did it, what was noted, the name that it had here */
	enum incident_level level; /* then */
};

struct incident_answer {
	uint64_t now_ms;
	/* Redis has forgotten what this milter reported last, so nothing of
	 * this was counted: what is known is to be restored, and this sent
	 * again. */
	bool is_lost;
	uint64_t *windows; /* the number of the incident of each; 0: none */
	size_t window_count;
	struct incident *incidents; /* that were touched */
	size_t incident_count;
	/* Those that are not over, the newest: number, uid, opened, from, last,
	 * per, windows and source. */
	struct incident *open;
	size_t open_count;
	struct incident_act *acts; /* in order */
	size_t act_count;
};

void incident_answer_clear(struct incident_answer *answer);

/* The one of that number; NULL: it is not in the answer. */
const struct incident *
incident_answer_find(const struct incident_answer *answer, uint64_t number);

/* With no windows it only does what time has brought: quiet, over. */
bool incident_report(struct redis_client *redis, const char *prefix,
		     const struct incident_report *report,
		     struct incident_answer *answer_r);

/* What a milter knows of an incident that Redis may have forgotten. */
struct incident_known {
	struct incident incident;
	int64_t let_in; /* of incident.let_in, by this process */
	char **marks;
	size_t mark_count;
};

/* Puts them back where they are not there under their uid; counts become the
 * greater ones. windows of the answer are the numbers they have now. */
bool incident_restore(struct redis_client *redis, const char *prefix,
		      const char *milter, const struct incident_known *known,
		      size_t count, struct incident_answer *answer_r);

#endif
