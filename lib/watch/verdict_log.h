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
#include "event.h"

#define VERDICT_LOG_SINGLES   5
#define VERDICT_LOG_BURST     100
#define VERDICT_LOG_SUMMARIES 20
#define VERDICT_LOG_QUIET_MS  60000

struct verdict_log;

/* max_subjects bounds what is remembered; beyond it the oldest goes first. */
struct verdict_log *verdict_log_new(size_t max_subjects);

/* What was not told yet is told first, as by a tick. */
void verdict_log_free(struct verdict_log **log);

/* For a table of sinks; the log is its context. An accepted message has a line
 * only where debug lines are wanted (-v), and is not counted. */
void verdict_log_add(void *log, const struct event *event);

/* Once a second: the summaries. */
void verdict_log_tick(struct verdict_log *log, uint64_t now_ms);

#endif
