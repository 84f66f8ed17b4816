/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_FACTS_H
#define WEIR_PAGE_FACTS_H

/*
 * All that the page shows, as one reading of Redis found it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet/incident.h"
#include "lib/fleet/top.h"
#include "milter/common/status.h"
#include "briefing.h"
#include "channels.h"

#define PAGE_INCIDENTS_MAX 20
#define PAGE_SINCE_MS	   UINT64_C(604800000) /* incidents of a week */

struct page_facts {
	struct status status;
	/* Those that go on first, then the newest; beside them how many more
	 * there were in a week. */
	struct incident_detail *incidents;
	size_t incident_count, incidents_more;
	size_t open, contained; /* at least of level warning; of all */
	uint64_t open_stopped;	/* messages, of those that are open */
	struct top top;
	size_t near_count; /* rows of top to show, in order */
	uint64_t *used;	   /* of each order of the status */
	struct journal_head heads[BRIEFING_HEADS];
	size_t head_count;
	struct channels_state channels; /* borrowed */
};

/* False when Redis did not answer, and nothing is to be cleared. */
bool page_facts_read(struct redis_client *redis,
		     const struct settings *settings,
		     struct page_facts *facts_r);
void page_facts_clear(struct page_facts *facts);

#endif
