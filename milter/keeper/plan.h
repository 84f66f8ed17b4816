/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PLAN_H
#define WEIR_PLAN_H

/*
 * Without this an administrator would get ten alerts of one flood. What was
 * read from the outbox waits here until it is due, one call for each incident:
 * what comes meanwhile is put into it. When it is due, what is known of the
 * incident and of what was told before decides. Pure: time is an argument, in
 * milliseconds of one clock. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/alert/alert.h"
#include "outbox.h"

struct plan;

/* An alert that may be given, with the acts that it answers for. */
struct call {
	char *uid;
	uint64_t number;
	enum alert_act act;
	enum incident_level level;
	char *text;	  /* of the act */
	bool is_together; /* it was opened with many others */
	uint64_t due_ms;
	char (*ids)[OUTBOX_ID_SIZE]; /* of the outbox, to be done with */
	size_t id_count;
};

void call_clear(struct call *call);

/* What was told of an incident before, by whatever keeper; {0}: nothing is
 * known. */
struct told {
	unsigned int alerts; /* that count, see ALERTS_MAX */
	bool is_known;
	bool is_going_on; /* the last one said so */
	bool is_together; /* its opening is in a digest */
};

enum plan_verdict {
	PLAN_SILENT,
	PLAN_TELL,
	PLAN_TOGETHER /* in the next digest of what was opened at once */
};

/* Lives until the process ends. */
struct plan *plan_new(void);

/* False: it is nothing to tell (a note, "adopted"); the caller is done with
 * it. */
bool plan_add(struct plan *plan, const struct outbox_act *act, uint64_t now_ms);

/* One that is due; the caller's to clear. False: there is none. */
bool plan_take(struct plan *plan, uint64_t now_ms, struct call *call_r);

/* Back into the plan, to be tried again at due_ms; what came meanwhile is put
 * into it. Takes what call holds. */
void plan_put_back(struct plan *plan, struct call *call);

enum plan_verdict plan_judge(const struct call *call, const struct told *told,
			     const struct incident *incident);

/* Does this alert count, see ALERTS_MAX? */
bool plan_counts(enum alert_act act);

/* Is a reminder wanted of it? When it was reminded last is the caller's. */
bool plan_reminds(const struct told *told, const struct incident *incident);

#endif
