/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_ABOUT_H
#define WEIR_INCIDENT_ABOUT_H

/* What follows from the detail of an incident. Pure, thread-safe. */
#include <stdbool.h>
#include <stddef.h>

#include "lib/policy/order.h"
#include "incident.h"

/* The value of a dimension that at least half of all messages have; NULL: there
 * is none. */
const char *incident_half(const struct incident_detail *detail,
			  enum flood_dimension dimension);

/* The subjects of its windows, each once: pointers into the detail, at most
 * window_count. Returns how many. */
size_t incident_subjects(const struct incident_detail *detail,
			 char **subjects_r);

/* Is it that of a window, the source or another mark of the incident? */
bool incident_has_subject(const struct incident_detail *detail,
			  const char *subject);

/* Is the order in force, and is its subject that of a window, the source or
 * another mark of the incident? */
bool incident_has_order(const struct incident_detail *detail,
			const struct order *order, uint64_t now_ms);

/* How long it has gone on, or had until its last message. */
uint64_t incident_length_ms(const struct incident_detail *detail);

/* Do several senders share this client, so that it accuses none of them: this
 * host and programs on it, and what the settings say? */
bool incident_is_shared(const struct settings *settings, const char *client);

#define INCIDENT_REASON_SIZE 400

/*
 * What to block of an incident: its source, which is a login before a client
 * before a sender. Never a recipient, who is the victim, never a client that
 * several senders share, and never the null sender, from which all bounces
 * come. NULL where there is none, and reason_r then says why and what to do
 * instead: one or two sentences without a full stop.
 */
const char *incident_source(const struct settings *settings,
			    const struct incident *incident,
			    char reason_r[INCIDENT_REASON_SIZE]);

#endif
