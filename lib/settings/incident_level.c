/* SPDX-License-Identifier: ISC */
#include "incident_level.h"

#include <stddef.h>

#include "lib/base/text.h"

const char *const incident_level_names[] = { [INCIDENT_NOTICE] = "notice",
					     [INCIDENT_WARNING] = "warning",
					     [INCIDENT_SERIOUS] = "serious",
					     [INCIDENT_CRITICAL] = "critical",
					     NULL };

const char *incident_level_name(enum incident_level level)
{
	return incident_level_names[level];
}

bool incident_level_parse(const char *name, enum incident_level *level_r)
{
	int found = text_find(incident_level_names, name);

	if (found >= 0)
		*level_r = (enum incident_level)found;
	return found >= 0;
}
