/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ALERT_TEXT_H
#define WEIR_ALERT_TEXT_H

/*
 * An alert for people, on a phone and in a terminal: the subject and the first
 * two lines are enough to act on, lines without a fact are left out. No line is
 * above 72 columns, unless one value or one command is. All text of strangers
 * is escaped, and no command has any in it that a shell would read. Pure,
 * thread-safe; what is returned is freed with free().
 */
#include "alert.h"

#define ALERT_TEXT_COLUMNS 72
#define ALERT_SUBJECT_MAX  200 /* bytes */

/* "[weir] incident 17: script@dev.example stopped, 352 in 12 s": UTF-8, one
 * line of at most ALERT_SUBJECT_MAX bytes. */
char *alert_subject(const struct alert *alert);

/* UTF-8, lines that end with a newline. */
char *alert_text(const struct alert *alert);

#endif
