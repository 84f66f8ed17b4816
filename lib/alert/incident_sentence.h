/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_SENTENCE_H
#define WEIR_INCIDENT_SENTENCE_H

/* Who floods whom, in one sentence for people. Pure, thread-safe. */
#include "lib/base/text.h"
#include "lib/fleet/incident.h"

/* Bytes of one value of a stranger in a line. */
#define INCIDENT_VALUE_MAX 120

/* "sender:script@dev.example floods jake@example.com through 10.20.0.7." */
void incident_sentence_add(struct text *text,
			   const struct incident_detail *detail);

/* "sender:script@dev.example", or of one without a source the subject of its
 * first window. */
void incident_sentence_add_name(struct text *text,
				const struct incident *incident);

#endif
