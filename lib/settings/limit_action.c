/* SPDX-License-Identifier: ISC */
#include "limit_action.h"

#include <stddef.h>

const char *const limit_action_names[] = {
	[LIMIT_MONITOR] = "monitor",   [LIMIT_QUARANTINE] = "quarantine",
	[LIMIT_TEMPFAIL] = "tempfail", [LIMIT_DISCARD] = "discard",
	[LIMIT_REJECT] = "reject",     NULL
};

const char *limit_action_name(enum limit_action action)
{
	return limit_action_names[action];
}

bool limit_action_stops(enum limit_action action)
{
	return action >= LIMIT_TEMPFAIL;
}

enum limit_action limit_action_before_end(enum limit_action action)
{
	switch (action) {
	case LIMIT_QUARANTINE:
		return LIMIT_TEMPFAIL;
	case LIMIT_DISCARD:
		return LIMIT_REJECT;
	case LIMIT_MONITOR:
	case LIMIT_TEMPFAIL:
	case LIMIT_REJECT:
		break;
	}
	return action;
}
