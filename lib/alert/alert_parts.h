/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ALERT_PARTS_H
#define WEIR_ALERT_PARTS_H

/* What the files of alert_text.h share. */
#include "lib/base/text.h"
#include "alert.h"

#define ALERT_TEXT_SIZE 16384 /* more than all facts at their longest */

/* "10:44:09 UTC", or "25 Nov 10:44 UTC" where now is another day. */
void alert_add_time(struct text *text, uint64_t when_ms, uint64_t now_ms);

/* "352 stopped, 100 let in, 0 held"; with nothing stopped what was monitored.
 */
void alert_add_counts(struct text *text, const struct incident *incident);

/* A value of a stranger. */
void alert_add_value(struct text *text, const char *value);

/* The words in lines of at most ALERT_TEXT_COLUMNS, each behind so many
 * columns: the title, then blanks. A word that is longer has its own line. */
void alert_add_wrapped(struct text *text, const char *title, size_t indent,
		       const char *words);

/* The lines from "Who" to "Report"; nothing that is not known. */
void alert_add_facts(struct text *text, const struct alert *alert);

/* The floods of a digest, a line each. */
void alert_add_floods(struct text *text, const struct alert *alert);

#endif
