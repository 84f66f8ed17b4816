/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_LEVEL_H
#define WEIR_INCIDENT_LEVEL_H

/* How grave an incident is: what incidents have and what channels of alerts
 * ask for. */
#include <stdbool.h>

enum incident_level {
	INCIDENT_NOTICE, /* only monitor limits are over */
	INCIDENT_WARNING,
	INCIDENT_SERIOUS,
	INCIDENT_CRITICAL
};

/* "notice", "warning" ...; NULL behind the last. */
extern const char *const incident_level_names[];
const char *incident_level_name(enum incident_level level);

/* False when it is the name of none. */
bool incident_level_parse(const char *name, enum incident_level *level_r);

#endif
