/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_FACTS_H
#define WEIR_REPORT_FACTS_H

/*
 * All that is known of an incident, gathered once: what the sections are made
 * from. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/fleet/incident.h"
#include "lib/fleet/milters.h"
#include "lib/fleet/order_book.h"
#include "report.h"
#include "report_acts.h"
#include "report_journal.h"
#include "report_log.h"
#include "report_section.h"

struct report_note {
	uint64_t when_ms;
	char *by, *text;
	json_t *source;
};

struct report_facts {
	const struct report_options *options;
	/* As Redis has it; else made of the records of the journal. */
	struct incident_detail detail;
	bool is_in_redis;
	char *redis_fault; /* NULL: Redis was asked and answered */
	struct report_journal journal;
	const struct report_record *last; /* of the incident; NULL: none */
	struct report_acts acts;
	struct order_list orders; /* in force now, if has_orders */
	bool has_orders;
	struct milters milters;	   /* that run now, if Redis answered */
	struct report_note *notes; /* oldest first */
	size_t note_count;
	struct report_log log;
	bool has_log;	 /* mail logs were given, and read */
	uint64_t end_ms; /* of the last message, or now while it is open */
};

enum report_result report_facts_read(const struct report_options *options,
				     struct report_facts *facts_r,
				     char **error_r);
void report_facts_clear(struct report_facts *facts);

/* "redis", or this where Redis does not know the incident. The caller's. */
json_t *report_facts_redis_or(const struct report_facts *facts,
			      const char *otherwise);

/* A figure of the incident, from its last record, if that has the value under
 * this name, else from Redis. Takes the value over. */
void report_facts_add(const struct report_facts *facts, json_t *section,
		      const char *name, const char *label,
		      enum report_unit unit, json_t *value);

/* The first record of the incident with that act; NULL: there is none. */
const struct report_record *report_facts_act(const struct report_facts *facts,
					     const char *act);

/* Where what the mail logs say is from: "mail.log", and more. The caller's. */
json_t *report_facts_log_source(const struct report_facts *facts);

/* "mail.log line 12". The caller's. */
json_t *report_facts_line(const char *path, uint64_t line);

/* The same of the settings; file NULL: the main one. The caller's. */
json_t *report_facts_setting(const struct report_facts *facts, const char *file,
			     int line);

/* "block 12". The caller's. */
json_t *report_facts_order(const struct order *order);

/* An empty field that a note "NAME: text" fills, see report_section.h. */
void report_facts_field(const struct report_facts *facts, json_t *section,
			const char *name, const char *label);

#endif
