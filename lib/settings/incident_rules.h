/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_RULES_H
#define WEIR_INCIDENT_RULES_H

/* The incident group of weir.conf: all thresholds of incidents, in one table.
 */
#include <libconfig.h>

struct reader;
struct settings_incident;

/* Fills in the defaults, of zeroed memory. */
void incident_rules_default(struct settings_incident *incident);

void incident_rules_read(struct reader *reader, const config_setting_t *group,
			 struct settings_incident *incident);

#endif
