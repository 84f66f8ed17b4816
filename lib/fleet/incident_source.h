/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_SOURCE_H
#define WEIR_INCIDENT_SOURCE_H

/*
 * What to block of an incident: its source, which is a login before a client
 * before a sender. Never a recipient, who is the victim, never a client that
 * several senders share, and never the null sender, from which all bounces
 * come. Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "incident.h"

#define INCIDENT_REASON_SIZE 400

/* The subject to block; NULL where there is none, and reason_r then says why
 * and what to do instead: one or two sentences without a full stop. */
const char *incident_source(const struct settings *settings,
			    const struct incident *incident,
			    char reason_r[INCIDENT_REASON_SIZE]);

#endif
