/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPLAY_REPORT_H
#define WEIR_REPLAY_REPORT_H

/*
 * What a replay has found, in the order in which it is printed. replay_print
 * writes it for people, replay_print_json for programs.
 */
#include <stddef.h>

#include "lib/replay/suggest.h"
#include "replay_job.h"

/* So many subjects of a limit are named. */
#define REPLAY_TOP 5

/* One limit, and who was stopped by it, most first. */
struct replay_row {
	const struct limit *limit;
	const struct replay_limit *counts;
	size_t subjects;	      /* that it looked at */
	const struct tally_row *peak; /* the highest use of max; or NULL */
	const struct tally_row *top[REPLAY_TOP];
	size_t top_count;
};

/* A row for each limit, freed with free(). */
struct replay_row *replay_report_rows(const struct replay *replay);

/* What would be better, and what that would have done. */
struct replay_advice {
	const struct suggest_wish *wish;
	const struct limit_suggestion *suggestions; /* beside the limits */
	const struct replay *replay;		    /* with them */
};

struct replay_report {
	const struct replay_job *job; /* what was read */
	const struct replay *replay;
	const struct replay *old; /* --diff: the second of the job, or NULL */
	const struct replay_advice *advice; /* or NULL */
};

void replay_print(const struct replay_report *report);
void replay_print_json(const struct replay_report *report);

#endif
