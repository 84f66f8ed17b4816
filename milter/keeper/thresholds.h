/* SPDX-License-Identifier: ISC */
#ifndef WEIR_THRESHOLDS_H
#define WEIR_THRESHOLDS_H

/* When weir-keeper says what: judgement, all of it in this table. When an
 * incident is serious, quiet or over is in weir.conf. */

/* An alert that one opened waits for so long, so that it knows more. */
#define OPENED_WAIT_MS 2000

/* Alerts of one incident, at most: besides reminders, and what only says that
 * it is contained, taken or over. One that becomes critical is always said. */
#define ALERTS_MAX 6

/* From so many times again on it is recurring: only escalations are said, the
 * rest in a digest a day. */
#define RECURRING_AGAINS 2

/* Openings that come together, and what becomes of them, are one digest. */
#define TOGETHER_EVERY_MS  UINT64_C(300000)
#define RECURRING_EVERY_MS UINT64_C(86400000)

/* Without an answer of Redis, or a sign of a milter, for so long. */
#define REDIS_AWAY_MS	 10000
#define MILTER_SILENT_MS 30000

/* Open incidents are looked through for reminders. */
#define REMINDER_LOOK_MS 10000

/* What is known of what was told is kept as long as the incident. */
#define TOLD_KEPT_MS UINT64_C(7776000000)

#endif
