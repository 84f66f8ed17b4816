/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPLAY_JOB_H
#define WEIR_REPLAY_JOB_H

/*
 * One pass over all files: the messages go to one or more replays at once, so
 * that these see the same mail.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/replay/assembly.h"
#include "lib/replay/replay.h"

#define REPLAY_JOB_MAX 3

struct replay_job {
	const char **files; /* in the order of reading */
	size_t file_count;
	int first_year;	 /* 0: by the time of each file */
	bool with_local; /* mail of sendmail(1), too */
	bool is_again;	 /* what the files lack was reported by another pass */
	struct replay *replays[REPLAY_JOB_MAX];
	size_t replay_count;
	/* found out */
	bool is_resorted;
	uint64_t lines, cut, unknown; /* unknown: of no form that is known */
	struct assembly_counts counts;
	/* of the first two replays: messages that were stopped by both, by the
	 * first or by the second only */
	uint64_t both, only_first, only_second;
};

/* Puts the files in the order of the first time in each. False when one of
 * them cannot be opened, which was reported. */
bool replay_job_sort(struct replay_job *job);

/* Reads all files; with a line of progress. False when one of them cannot be
 * read to its end, which was reported; the others were read. */
bool replay_job_run(struct replay_job *job);

#endif
