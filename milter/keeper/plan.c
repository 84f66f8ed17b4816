/* SPDX-License-Identifier: ISC */

#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "thresholds.h"

struct plan {
	struct call *calls;
	size_t count, room;
};

/* What the outbox has, with its rank, and whether it counts, see ALERTS_MAX: of
 * two untold acts of one incident the higher one is told, and of two ends the
 * later one. Rank 0: nothing to tell. */
static const struct {
	int rank;
	bool counts;
} rows[ALERT_ACTS] = {
	[ALERT_TAKEN] = { 1, false },	[ALERT_CONTAINED] = { 1, false },
	[ALERT_WARNING] = { 2, true },	[ALERT_SERIOUS] = { 3, true },
	[ALERT_CRITICAL] = { 4, true }, [ALERT_AGAIN] = { 5, true },
	[ALERT_OPENED] = { 6, true },	[ALERT_QUIET] = { 7, true },
	[ALERT_OVER] = { 7, false },	[ALERT_TEST] = { 8, false },
};

static bool is_end(enum alert_act act)
{
	return act == ALERT_QUIET || act == ALERT_OVER;
}

void call_clear(struct call *call)
{
	free(call->uid);
	free(call->text);
	free(call->ids);
	memset(call, 0, sizeof(*call));
}

struct plan *plan_new(void)
{
	return alloc_zero(sizeof(struct plan));
}

static void add_id(struct call *call, const char *id)
{
	call->ids = alloc_resize(call->ids, call->id_count + 1,
				 sizeof(*call->ids));
	(void)snprintf(call->ids[call->id_count++], OUTBOX_ID_SIZE, "%s", id);
}

/* Tests are one each. */
static struct call *find(struct plan *plan, const char *uid, enum alert_act act)
{
	for (size_t i = 0; i < plan->count && act != ALERT_TEST; i++)
		if (strcmp(plan->calls[i].uid, uid) == 0)
			return &plan->calls[i];
	return NULL;
}

static struct call *new_call(struct plan *plan)
{
	if (plan->count == plan->room) {
		plan->room = plan->room == 0 ? 16 : 2 * plan->room;
		plan->calls = alloc_resize(plan->calls, plan->room,
					   sizeof(*plan->calls));
	}
	memset(&plan->calls[plan->count], 0, sizeof(*plan->calls));
	return &plan->calls[plan->count++];
}

/* A flood that began again after an untold end has not ended. */
static bool is_newer(enum alert_act act, enum alert_act than)
{
	return rows[act].rank >= rows[than].rank ||
	       (is_end(than) && act == ALERT_AGAIN);
}

static void take_act(struct call *call, enum alert_act act, const char *text,
		     enum incident_level level)
{
	if (level > call->level)
		call->level = level;
	if (!is_newer(act, call->act))
		return;
	call->act = act;
	free(call->text);
	call->text = alloc_text(text);
}

bool plan_add(struct plan *plan, const struct outbox_act *act, uint64_t now_ms)
{
	enum alert_act kind;
	struct call *call;

	if (!alert_act_parse(act->act, &kind) || rows[kind].rank == 0)
		return false;
	call = find(plan, act->uid, kind);
	if (call == NULL) {
		call = new_call(plan);
		call->uid = alloc_text(act->uid);
		call->number = act->number;
		call->act = kind;
		call->due_ms = now_ms;
		if (kind == ALERT_OPENED && !act->is_left)
			call->due_ms += OPENED_WAIT_MS;
	}
	take_act(call, kind, act->text, act->level);
	call->is_together |= kind == ALERT_OPENED &&
			     strcmp(act->text, "together") == 0;
	add_id(call, act->id);
	return true;
}

bool plan_take(struct plan *plan, uint64_t now_ms, struct call *call_r)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->calls[i].due_ms > now_ms)
			continue;
		*call_r = plan->calls[i];
		memmove(&plan->calls[i], &plan->calls[i + 1],
			(plan->count - i - 1) * sizeof(*plan->calls));
		plan->count--;
		return true;
	}
	return false;
}

void plan_put_back(struct plan *plan, struct call *call)
{
	struct call *later = find(plan, call->uid, call->act);

	if (later == NULL) {
		*new_call(plan) = *call;
		memset(call, 0, sizeof(*call));
		return;
	}
	/* the later one goes first in rank, this one's acts with it */
	if (call->level > later->level)
		later->level = call->level;
	if (!is_newer(later->act, call->act)) {
		later->act = call->act;
		free(later->text);
		later->text = call->text;
		call->text = NULL;
	}
	later->is_together |= call->is_together;
	for (size_t i = 0; i < call->id_count; i++)
		add_id(later, call->ids[i]);
	call_clear(call);
}

bool plan_counts(enum alert_act act)
{
	return rows[act].counts;
}

/* Of what came with many others only the worst is an alert of its own. */
static enum plan_verdict judge_together(const struct call *call,
					const struct told *told)
{
	if (call->level == INCIDENT_CRITICAL && call->act == ALERT_CRITICAL)
		return PLAN_TELL;
	if (is_end(call->act) && told->is_going_on && told->alerts > 0)
		return PLAN_TELL; /* that it was critical was told */
	if (call->act == ALERT_CONTAINED || call->act == ALERT_TAKEN ||
	    call->act == ALERT_OVER)
		return PLAN_SILENT;
	return PLAN_TOGETHER;
}

enum plan_verdict plan_judge(const struct call *call, const struct told *told,
			     const struct incident *incident)
{
	if (call->is_together || told->is_together)
		return judge_together(call, told);
	switch (call->act) {
	case ALERT_CRITICAL:
	case ALERT_TEST:
		return PLAN_TELL;
	case ALERT_QUIET:
		if (incident->agains >= RECURRING_AGAINS ||
		    (told->is_known && !told->is_going_on))
			return PLAN_SILENT;
		break;
	case ALERT_OVER:
	case ALERT_CONTAINED:
	case ALERT_TAKEN:
		return told->is_going_on ? PLAN_TELL : PLAN_SILENT;
	default:
		break;
	}
	return told->alerts < ALERTS_MAX ? PLAN_TELL : PLAN_SILENT;
}

bool plan_reminds(const struct told *told, const struct incident *incident)
{
	return (told->is_going_on || told->is_together) &&
	       incident->state == INCIDENT_OPEN &&
	       incident->taken_by[0] == '\0' &&
	       incident->agains < RECURRING_AGAINS;
}
