/* SPDX-License-Identifier: ISC */
#ifndef WEIR_VERDICT_LOG_H
#define WEIR_VERDICT_LOG_H

/*
 * The log of verdicts, in which a flood of mail is not a flood of lines. One
 * line for each message that was not simply accepted, in a fixed order of
 * key=value words:
 *
 *   queue-id verdict limit subject used per retry sender recipients client
 *   login
 *
 * The first VERDICT_LOG_SINGLES of a subject are logged one by one, then one
 * summary line a second, with repeated= and nothing about single messages,
 * until the subject has been quiet for a minute. Over all subjects there are at
 * most VERDICT_LOG_BURST single lines and VERDICT_LOG_SUMMARIES summaries a
 * second; a last line counts what these left out. Every word is on the line,
 * whatever a sender puts into the ones before. Thread-safe. now_ms is one
 * steady clock.
 */
#include <stdint.h>

#include "event.h"

#define VERDICT_LOG_SINGLES   5
#define VERDICT_LOG_BURST     100
#define VERDICT_LOG_SUMMARIES 20
#define VERDICT_LOG_QUIET_MS  60000

struct verdict_log;

/* max_subjects bounds what is remembered; beyond it the oldest goes first.
 * Lives as long as the process. */
struct verdict_log *verdict_log_new(size_t max_subjects);

/* For a table of sinks; the log is its context. An accepted message has a line
 * only where debug lines are wanted (-v), and is not counted. */
void verdict_log_add(void *log, const struct event *event);

/* Once a second: the summaries. */
void verdict_log_tick(struct verdict_log *log, uint64_t now_ms);

/* Messages since the start that have no line of their own. */
uint64_t verdict_log_left_out(const struct verdict_log *log);

#endif
