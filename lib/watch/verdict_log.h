/* SPDX-License-Identifier: ISC */
#ifndef WEIR_VERDICT_LOG_H
#define WEIR_VERDICT_LOG_H

/*
 * Without this a flood of mail would be a flood of log lines.
 *
 * One line a message that was not simply accepted, in a fixed order of
 * key=value words:
 *
 *   queue-id verdict limit subject used per retry sender recipients client
 *   login
 *
 * The first VERDICT_LOG_SINGLES of a subject come singly, then one summary
 * line a second, with repeated= and no word about single messages, until the
 * subject has been quiet for a minute. Over all subjects there are at most
 * VERDICT_LOG_BURST single lines and VERDICT_LOG_SUMMARIES summaries a
 * second; a last line tells what these left out. Every word is on the line,
 * whatever strangers put into the ones before. Thread-safe. now_ms is one
 * steady clock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERDICT_LOG_SINGLES   5
#define VERDICT_LOG_BURST     100
#define VERDICT_LOG_SUMMARIES 20
#define VERDICT_LOG_QUIET_MS  60000

/* Values are raw and may be anything; they are escaped and cut here. */
struct verdict_value {
	const char *data; /* NULL or length 0: "-" */
	size_t length;
};

struct verdict_line {
	const char *queue_id; /* NULL: not known yet */
	const char *verdict;
	const char *limit;   /* NULL: no limit's doing */
	uint64_t block;	     /* without limit: the number of a block, or 0 */
	const char *subject; /* with either */
	uint64_t used, max;
	uint64_t per_ms;  /* 0: in one message */
	uint64_t wait_ms; /* UINT64_MAX: never */
	struct verdict_value sender, client, login;
	struct verdict_value recipients[3]; /* the first ones */
	size_t recipient_count;		    /* of all */
};

struct verdict_log;

/* max_subjects bounds what is remembered; beyond it the oldest goes first. */
struct verdict_log *verdict_log_new(size_t max_subjects);

/* What was not told yet is told first, as by a tick. */
void verdict_log_free(struct verdict_log **log);

/* A message that was not simply accepted. */
void verdict_log_add(struct verdict_log *log, const struct verdict_line *line,
		     uint64_t now_ms);

/* One line now, nothing counted or left out: for accepted messages, -v. */
void verdict_log_write(const struct verdict_line *line);

/* Once a second: the summaries. */
void verdict_log_tick(struct verdict_log *log, uint64_t now_ms);

#endif
