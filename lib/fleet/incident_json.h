/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_JSON_H
#define WEIR_INCIDENT_JSON_H

/*
 * An incident for programs: the same members wherever weir writes one. What is
 * returned is the caller's. Pure, thread-safe.
 */
#include <jansson.h>

#include "incident.h"

/*
 * "number", "uid", "state", "level", "opened", "last", "ended", "limit",
 * "subject", "per_ms", "max", "source", "stopped", "held", "monitored",
 * "let_in", "let_in_least" (1: it may be more), "bytes", "others_hit",
 * "windows", "peak", "agains", "taken_by", "taken", "before" and "related"
 * (arrays of numbers), "subjects".
 */
json_t *incident_json(const struct incident *incident, char *const *subjects,
		      size_t subject_count);

/* An array of them. */
json_t *incident_json_numbers(const struct incident_numbers *numbers);

/*
 * The same, and "who" (an object with an array for each dimension), "limits",
 * "minutes", "marks", "notes", "block" (what `block --incident` would block, or
 * null) and "no_block" (why it is null, or null).
 */
json_t *incident_json_detail(const struct settings *settings,
			     const struct incident_detail *detail);

#endif
