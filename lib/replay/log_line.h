/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_LINE_H
#define WEIR_LOG_LINE_H

/*
 * Without this each parser would find out by itself which program wrote a
 * line, and about which message.
 *
 * One line of syslog, split: "TIME HOST TAG[PID]: QUEUE-ID: rest". TAG is
 * "postfix/smtpd", "postfix-in/smtpd", "postfix/submission/smtpd", "sm-mta",
 * "sendmail" and the like. Pure but for *time, which knows the year.
 */
#include <stdbool.h>
#include <stdint.h>

#include "log_time.h"
#include "slice.h"

/* Longer ones are no queue ids and no host names. */
#define LOG_ID_MAX   32
#define LOG_HOST_MAX 255

enum log_origin {
	LOG_POSTFIX,
	LOG_SENDMAIL
};

struct log_line {
	uint64_t time_ms;
	enum log_origin origin;
	struct slice host, program, pid; /* "smtpd", "123" */
	struct slice id;		 /* queue id; "" when it has none */
	struct slice rest;
};

/* False when the line is not of an MTA, or has no time. */
bool log_line_split(struct log_time *time, const struct slice *line,
		    struct log_line *line_r);

/* Could this line be the first of a log: has it a time? */
bool log_line_time(struct log_time *time, const struct slice *line,
		   uint64_t *time_ms_r);

#endif
