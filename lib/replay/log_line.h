/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_LINE_H
#define WEIR_LOG_LINE_H

/*
 * One line of syslog, split: "TIME HOST TAG[PID]: QUEUE-ID: rest". TAG is
 * "postfix/smtpd", "postfix-in/smtpd", "postfix/submission/smtpd", "sm-mta",
 * "sendmail" and the like. Pure but for *time, which knows the year.
 */
#include <stdbool.h>
#include <stdint.h>

#include "log_time.h"
#include "slice.h"

/* Longer ones are no queue ids and no host names. */
#define LOG_ID_MAX     32
#define LOG_HOST_MAX   255
#define LOG_CLIENT_MAX 63

enum log_origin {
	LOG_POSTFIX,
	LOG_SENDMAIL
};

struct log_line {
	uint64_t time_ms;
	enum log_origin origin;
	struct slice host, program, pid; /* "smtpd", "123" */
	struct slice instance;		 /* "postfix-in"; Sendmail has none */
	struct slice id;		 /* queue id; "" when it has none */
	uint64_t repeated; /* so many lines are this one: 1, but where the log
			    program counted equal lines */
	struct slice rest;
};

enum log_line_kind {
	LOG_LINE_UNKNOWN, /* of no form that is known */
	LOG_LINE_OTHER,	  /* not of an MTA, or without words */
	LOG_LINE_AGAIN,	  /* the line before it, repeated times more */
	LOG_LINE_MTA
};

/* line is without what log programs write around it, see log_form.h. */
enum log_line_kind log_line_split(struct log_time *time,
				  const struct slice *line,
				  struct log_line *line_r);

/* Could this line be the first of a log: has it a time? */
bool log_line_time(struct log_time *time, const struct slice *line,
		   uint64_t *time_ms_r);

#endif
