/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_REPORT_H
#define WEIR_QUEUE_REPORT_H

/*
 * A command about mail in the queue, and what it says on standard output and
 * standard error: what was found, what was done, what went wrong.
 */
#include <stdint.h>
#include <stdio.h>

#include "lib/policy/subject.h"
#include "milter/queue/queue_pace.h"
#include "queue_options.h"
#include "queue_print.h"

/* What is said of each act. */
struct act_text {
	const char *name, *asking, *did, *remain;
};

struct queue_job {
	const struct globals *globals;
	enum queue_act act;
	const struct act_text *text;

	struct queue_options asked;

	/* what it is done with */
	struct context context;
	struct subject subject;
	struct incident_flood flood; /* of the incident that was named */
	struct queue queue;
	struct queue_filter *filter;
	struct queue_list found;
	struct queue_summary summary;
	struct queue_outcome outcome;
	uint64_t busy; /* tried, and being delivered by the MTA */
};

/* Why the queue could not be used; returns EX_UNAVAILABLE. */
int queue_report_failure(const struct queue_job *job);

/* What was skipped or is not known about the messages found. */
void queue_report_warnings(const struct queue_job *job);

/* "60 messages (254 KB)"; the size where it is of all that were found. */
void queue_report_count(const struct queue_job *job, uint64_t messages,
			FILE *out);

/* Messages that were tried and not done: gone, changed or busy. */
uint64_t queue_report_not_done(const struct queue_job *job);

/* Both return an exit code. */
int queue_report(const struct queue_job *job);
int queue_report_nothing(const struct queue_job *job);

#endif
