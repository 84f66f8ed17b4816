/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SCRIBE_H
#define WEIR_SCRIBE_H

/*
 * What weir-keeper writes, in a thread of its own that may wait for disks: the
 * reports of incidents that ended, or began again; and once a day it removes
 * old files of the journal (journal.keep) and runs journal.anchor with the
 * heads of all journals. Thread-safe.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/watch/journal.h"

struct current_settings;
struct scribe;

/* journal is where it records what it removed; NULL: none. All is borrowed.
 * Never NULL. */
struct scribe *scribe_new(struct current_settings *settings, const char *host,
			  struct journal *journal);

/* False: no thread. */
bool scribe_start(struct scribe *scribe);

/* The report of this incident is to be written (again). */
void scribe_report(void *scribe, uint64_t number);

/* Waits for a report that is being written, a second at most; what waits is not
 * written. */
void scribe_stop(struct scribe *scribe);

#endif
