/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_OTHERS_H
#define WEIR_REPORT_OTHERS_H

/*
 * What everybody else had of a flood, by the mail logs: how long their mail
 * took before, in and after it, and how much was in the queues. One thread.
 */
#include <stdint.h>

/* What is before, and after, is looked at for so long. */
#define REPORT_OTHERS_EDGE_MS UINT64_C(3600000)

enum report_period {
	REPORT_BEFORE,
	REPORT_DURING,
	REPORT_AFTER,
	REPORT_PERIODS
};

/* Most messages in a queue at one moment; since when. */
struct report_queue {
	uint64_t messages, when_ms;
};

struct report_others {
	uint64_t from_ms, until_ms; /* of what the logs have of it; 0: none */
	uint64_t delivered;	    /* recipients */
	uint64_t unknown;	    /* of these, without a delay in the log */
	uint64_t deferred;	    /* recipients, by the last line of each */
	uint64_t median_ms, p95_ms, worst_ms;
	const char *worst_path; /* of the options; NULL: nothing delivered */
	uint64_t worst_line;
	struct report_queue flood, others;
};

struct report_mail;

struct report_others_options {
	const struct report_mail *first; /* of a list */
	/* the incident */
	uint64_t opened_ms, end_ms;
	/* the lines that were read */
	uint64_t from_ms, until_ms;
};

void report_others_make(const struct report_others_options *options,
			struct report_others others_r[REPORT_PERIODS]);

#endif
