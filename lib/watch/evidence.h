/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EVIDENCE_H
#define WEIR_EVIDENCE_H

/*
 * What is kept of a flood for the morning after: a few of its messages, from
 * the last ones that were let in before it was stopped to the last one of all.
 * A sink of events that chooses, and writes records for the journal:
 *
 *   before   the last EVIDENCE_BEFORE messages that a window at half of its
 *            max or above let in, when the incident opens
 *   first    the first EVIDENCE_FIRST that were stopped or held
 *   new      the first of a source, a subject or a content
 *   sampled  one in EVIDENCE_EVERY_MS
 *   last     the last EVIDENCE_LAST that were not written, when the incident is
 *            quiet; of those that came within EVIDENCE_LAST_MS the first one
 *
 * and of held messages every queue id, of an incident's minutes the counts.
 * Where few messages show headers, one of those before, or of the last, that
 * does stays until another one does.
 * Bounded: EVIDENCE_INCIDENT_MAX records an incident (with a place for each of
 * the last ones), EVIDENCE_SECOND_MAX a second and EVIDENCE_DAY_MAX bytes a
 * day; what is left out is counted in the next record ("left_out"). Queue ids
 * wait for the number of the incident, EVIDENCE_IDS_MAX of a window; how many
 * more there were is counted as well ("ids_left_out"). Thread-safe, one lock;
 * times are those of events.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "evidence_counts.h"
#include "evidence_sample.h"
#include "journal_line.h"

#define EVIDENCE_WINDOWS_MAX   1000
#define EVIDENCE_INCIDENTS_MAX 200
#define EVIDENCE_BEFORE	       3
#define EVIDENCE_FIRST	       5
#define EVIDENCE_LAST	       3
#define EVIDENCE_LAST_MS       100
#define EVIDENCE_NEW_MAX       50
#define EVIDENCE_EVERY_MS      10000
#define EVIDENCE_INCIDENT_MAX  300
#define EVIDENCE_SECOND_MAX    20
#define EVIDENCE_DAY_MAX       (64u << 20)

struct evidence;

/* Takes over the members. Called under the lock: must not wait, or call the
 * evidence. */
typedef void evidence_write(void *context, enum journal_kind kind,
			    json_t *members);

/* Never NULL. Without write nothing is kept but which incidents are open. */
struct evidence *evidence_new(evidence_write *write, void *context);
void evidence_free(struct evidence **evidence);

/* From now on; copied. */
void evidence_set_privacy(struct evidence *evidence,
			  const struct evidence_privacy *privacy);

/* It is quiet or over: the last ones are written. */
void evidence_end(struct evidence *evidence, uint64_t incident);

/* The process ends, and all incidents with it, as far as this one sees them. */
void evidence_end_all(struct evidence *evidence);

/* A sink (see event.h), whose context is the evidence. */
void evidence_add(void *evidence, const struct event *event);

/* The window of this key (see flood_tally.h) is of this incident: what waited
 * for its number is written. */
void evidence_assign(struct evidence *evidence, const char *key,
		     uint64_t incident, const char *uid);

/* So much more of the incident was let in, or less (see lib/fleet/let_in.h):
 * for its minutes. */
void evidence_count_let_in(struct evidence *evidence, uint64_t incident,
			   int64_t more);

/* Is an incident open that this process has a part in? Costs nothing. */
bool evidence_is_wanted(const struct evidence *evidence);

/* Each second or so: held queue ids, and each minute the counts. now_ms is the
 * steady clock; left out since the start comes with evidence_left_out(). */
void evidence_tick(struct evidence *evidence, uint64_t now_ms);
uint64_t evidence_left_out(const struct evidence *evidence);

#endif
