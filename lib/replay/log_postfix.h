/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_POSTFIX_H
#define WEIR_LOG_POSTFIX_H

/*
 * What a line of Postfix (2.3 to 3.10) says about a message. The words are
 * those of its sources: smtpd.c, cleanup_milter.c, qmgr_active.c,
 * pickup.c and global/log_adhoc.c. Pure, thread-safe, never reads beyond the
 * line. True when it says anything; *event_r is LOG_NOTHING otherwise.
 */
#include "log_event.h"

bool log_postfix_read(const struct log_line *line, struct log_event *event_r);

#endif
