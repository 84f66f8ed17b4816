/* SPDX-License-Identifier: ISC */
#ifndef WEIR_BRIEFING_H
#define WEIR_BRIEFING_H

/*
 * All that Redis knows of an incident when an alert of it is written: the
 * incident, the orders, earlier ones, what the newest records of the journals
 * say of its messages, and their heads. So an alert costs a few round trips,
 * and no file of another host is needed. One thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/alert/alert.h"

struct redis_client;

#define BRIEFING_HEADERS 3
#define BRIEFING_BEFORE	 5
#define BRIEFING_MILTERS 20
#define BRIEFING_HEADS	 20

struct briefing {
	struct incident_detail detail;
	struct order_list orders;
	struct alert_header headers[BRIEFING_HEADERS];
	struct alert_earlier before[BRIEFING_BEFORE];
	char *milters[BRIEFING_MILTERS];
	struct journal_head heads[BRIEFING_HEADS];
	size_t header_count, before_count, milter_count, head_count;
};

/* The incident alone. False: Redis did not answer. detail.incident.number is 0
 * where Redis knows none of that number and uid ("": any). */
bool briefing_begin(struct redis_client *redis, const char *prefix,
		    uint64_t number, const char *uid,
		    struct briefing *briefing_r);

/* The heads of the journals of all hosts; how many. */
size_t briefing_heads(struct redis_client *redis, const char *prefix,
		      struct journal_head heads_r[BRIEFING_HEADS]);

/* The rest. What cannot be read is left out. */
void briefing_read(struct redis_client *redis, const char *prefix,
		   struct briefing *briefing);

/* The members of alert that this knows; they are borrowed from it. */
void briefing_fill(const struct briefing *briefing, struct alert *alert);

void briefing_clear(struct briefing *briefing);

#endif
