/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_ACTS_H
#define WEIR_REPORT_ACTS_H

/*
 * What operators did about an incident, each act once: from the journals, where
 * every milter has it, and from the log of orders. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/fleet/incident.h"
#include "report_journal.h"

struct report_act {
	uint64_t when_ms;
	char *act; /* "block", "release", "expired" ... */
	char *by, *reason, *subject, *effect;
	uint64_t number;   /* of the order; 0: none */
	uint64_t until_ms; /* of the order, or 0 */
	char *id;	   /* of the log of orders; "": it has none */
	json_t *source;
	bool is_queue; /* about mail in a queue */
	bool is_of;    /* about this incident */
};

struct report_acts {
	struct report_act *all; /* oldest first */
	size_t count;
	bool is_missed; /* a milter has left out some */
	char *fault;	/* of the log of orders; NULL: it was read */
};

/* redis NULL: the journals alone. The caller clears. */
void report_acts_read(const struct report_journal *journal,
		      const struct incident_detail *detail,
		      struct redis_client *redis, const char *prefix,
		      struct report_acts *acts_r);
void report_acts_clear(struct report_acts *acts);

/* Is what was done to that subject, for that reason, about this incident? */
bool report_acts_is_about(const struct incident_detail *detail,
			  const char *subject, const char *reason);

#endif
