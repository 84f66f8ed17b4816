/* SPDX-License-Identifier: ISC */

/* Which of two reasons is more severe. */
#include <stdio.h>
#include <string.h>

#include "lib/store/window.h"
#include "verdict.h"

const char *verdict_name(enum verdict_kind kind)
{
	static const char *const names[] = {
		[VERDICT_ACCEPT] = "accept",
		[VERDICT_MONITOR] = "monitor",
		[VERDICT_QUARANTINE] = "quarantine",
		[VERDICT_TEMPFAIL] = "tempfail",
		[VERDICT_DISCARD] = "discard",
		[VERDICT_REJECT] = "reject",
	};

	return names[kind];
}

bool verdict_kind_parse(const char *name, enum verdict_kind *kind_r)
{
	for (int kind = 0; kind < VERDICT_KINDS; kind++) {
		*kind_r = (enum verdict_kind)kind;
		if (strcmp(name, verdict_name(*kind_r)) == 0)
			return true;
	}
	return false;
}

bool verdict_refuses(const struct verdict *verdict)
{
	return verdict->kind >= VERDICT_TEMPFAIL;
}

void verdict_accept(struct verdict *verdict_r, enum verdict_cause cause)
{
	verdict_r->kind = VERDICT_ACCEPT;
	verdict_r->cause = cause;
	verdict_r->limit = NULL;
	verdict_r->subject[0] = '\0';
	verdict_r->order = verdict_r->used = verdict_r->max = 0;
	verdict_r->cost = verdict_r->wait_ms = 0;
	verdict_r->is_cached = false;
	verdict_r->near.limit = NULL;
	memset(verdict_r->counted, 0, sizeof(verdict_r->counted));
}

static enum verdict_kind kind_of(const struct verdict_claim *claim)
{
	static const enum verdict_kind kinds[] = {
		[LIMIT_MONITOR] = VERDICT_MONITOR,
		[LIMIT_QUARANTINE] = VERDICT_QUARANTINE,
		[LIMIT_TEMPFAIL] = VERDICT_TEMPFAIL,
		[LIMIT_DISCARD] = VERDICT_DISCARD,
		[LIMIT_REJECT] = VERDICT_REJECT,
	};
	enum limit_action action = claim->action;

	if (action != LIMIT_TEMPFAIL &&
	    !(claim->is_shared && limit_action_stops(action)))
		return kinds[action];
	return claim->wait_ms == WINDOW_NEVER ? VERDICT_REJECT
					      : VERDICT_TEMPFAIL;
}

void verdict_weigh(struct verdict *verdict, const struct verdict_claim *claim)
{
	enum verdict_kind kind = kind_of(claim);

	if (kind < verdict->kind ||
	    (kind == verdict->kind && claim->wait_ms <= verdict->wait_ms))
		return;
	verdict->kind = kind;
	verdict->cause = claim->limit != NULL ? VERDICT_BY_LIMIT
					      : VERDICT_BY_BLOCK;
	verdict->limit = claim->limit;
	verdict->order = claim->order;
	snprintf(verdict->subject, sizeof(verdict->subject), "%s",
		 claim->subject);
	verdict->used = claim->used;
	verdict->max = claim->max;
	verdict->cost = claim->cost;
	verdict->wait_ms = claim->wait_ms;
}

void verdict_note_limit(struct verdict *verdict, const struct limit *limit)
{
	verdict->counted[limit->meter / 64] |= UINT64_C(1) << limit->meter % 64;
}

void verdict_note_near(struct verdict *verdict,
		       const struct verdict_claim *claim)
{
	struct verdict_near *near = &verdict->near;

	/* used of max, as a share, without the rounding of integers */
	if (verdict->kind != VERDICT_ACCEPT ||
	    (near->limit != NULL &&
	     (double)claim->used * (double)near->max <=
		     (double)near->used * (double)claim->max))
		return;
	near->limit = claim->limit;
	near->used = claim->used;
	near->max = claim->max;
	snprintf(near->subject, sizeof(near->subject), "%s", claim->subject);
}
