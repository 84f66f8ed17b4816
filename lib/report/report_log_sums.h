/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_LOG_SUMS_H
#define WEIR_REPORT_LOG_SUMS_H

/* From the messages of the mail logs to the figures of the incident. One
 * thread.
 */
#include "report_log.h"
#include "report_mail.h"

/* Follows each message to the next server, as far as the logs do, so that what
 * is of the incident there is so too; then sums what is. first: of a list. */
void report_log_sum(struct report_mail *first, struct report_log *log);

#endif
