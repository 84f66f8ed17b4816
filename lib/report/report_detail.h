/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_DETAIL_H
#define WEIR_REPORT_DETAIL_H

/*
 * An incident that Redis has forgotten, made again from the records of the
 * journal: who, minutes and windows as far as they were recorded. Pure.
 */
#include "lib/fleet/incident.h"
#include "report_journal.h"

/* last: the last record of it, of kind incident. The caller clears. */
void report_detail_make(const struct report_journal *journal,
			const struct report_record *last,
			struct incident_detail *detail_r);

/* The minutes of the incident that the journal has, oldest first; freed with
 * free(). A record counts the minute that ends with it, the first one of an
 * incident begins with the incident. */
struct incident_minute *
report_detail_minutes(const struct report_journal *journal, uint64_t opened_ms,
		      size_t *count_r);

#endif
