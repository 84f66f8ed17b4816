/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_SECTIONS_H
#define WEIR_REPORT_SECTIONS_H

/*
 * The sections of a report, in the order of an incident handler's own form:
 * each is made from the facts alone, see report_section.h. The caller's.
 */
#include <jansson.h>

#include "report_facts.h"

json_t *report_head(struct report_facts *facts);
json_t *report_preparation(struct report_facts *facts);
json_t *report_identification(struct report_facts *facts);
json_t *report_who(struct report_facts *facts);
json_t *report_timeline(struct report_facts *facts);
json_t *report_containment(struct report_facts *facts);
json_t *report_eradication(struct report_facts *facts);
json_t *report_recovery(struct report_facts *facts);
json_t *report_impact(struct report_facts *facts);
json_t *report_evidence(struct report_facts *facts);
json_t *report_custody(struct report_facts *facts);
json_t *report_lessons(struct report_facts *facts);

/* Adds to the section of the impact what everybody else had, by the mail logs.
 */
void report_impact_others(const struct report_facts *facts, json_t *section);

#endif
