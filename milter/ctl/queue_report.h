/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_REPORT_H
#define WEIR_QUEUE_REPORT_H

/*
 * A command about mail in the queue, and what it says on standard output and
 * standard error: what was found, what was done, what went wrong.
 */
#include <stdint.h>
#include <stdio.h>

#include "lib/base/address.h"
#include "lib/policy/subject.h"
#include "milter/queue/queue_filter.h"
#include "milter/queue/queue_pace.h"
#include "order_command.h"

/* Messages of a queue, added up for each sender, greatest first. */
struct queue_sender {
	char *sender; /* identity, "" for the null sender */
	uint64_t messages, bytes, oldest_ms;
};

struct queue_summary {
	struct queue_sender *senders;
	size_t count;
	uint64_t messages, bytes, oldest_ms;
};

void queue_summary_make(const struct queue_list *list,
			const struct address_rules *rules,
			struct queue_summary *summary_r);
void queue_summary_clear(struct queue_summary *summary);

/* The first 20 senders, how many more there are, and the sum. */
void queue_summary_print(const struct queue_summary *summary, uint64_t now_ms,
			 FILE *out);

/* What was asked: texts are those of argv, NULL where absent. */
struct queue_options {
	struct queue_wish wish;	    /* but for its subject */
	struct order_options order; /* who, and why: reason is never NULL */
	const char *subject_text;
	uint64_t incident; /* 0: none */
	const char *config, *tools;
	uint64_t per_minute; /* 0: at once */
	int mta;	     /* index of queue_names, or -1 */
	bool is_yes, is_dry; /* never both */
};

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
