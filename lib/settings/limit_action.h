/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LIMIT_ACTION_H
#define WEIR_LIMIT_ACTION_H

/* What a limit does with mail above it, see weir.conf(5). Pure. */
#include <stdbool.h>

/* What happens above the limit; the graver, the greater. */
enum limit_action {
	LIMIT_MONITOR,
	LIMIT_QUARANTINE,
	LIMIT_TEMPFAIL,
	LIMIT_DISCARD,
	LIMIT_REJECT
};

/* "monitor", "quarantine", "tempfail", "discard", "reject"; NULL behind the
 * last. */
extern const char *const limit_action_names[];
const char *limit_action_name(enum limit_action action);

/* Does a message above such a limit stay out (and so cost nothing)? */
bool limit_action_stops(enum limit_action action);

/*
 * What such an action becomes where a message is judged before its end, and so
 * can neither be held nor dropped: quarantine tempfails, discard rejects.
 */
enum limit_action limit_action_before_end(enum limit_action action);

#endif
