/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_SENDMAIL_H
#define WEIR_LOG_SENDMAIL_H

/*
 * What a line of Sendmail (8.12 to 8.18, LogLevel 9 or above) says about a
 * message. The words are those of its sources: envelope.c (logsender),
 * deliver.c (logdelivery), srvrsmtp.c and milter.c. Pure, thread-safe, never
 * reads beyond the line. True when it says anything; *event_r is LOG_NOTHING
 * otherwise.
 */
#include "log_event.h"

bool log_sendmail_read(const struct log_line *line, struct log_event *event_r);

#endif
