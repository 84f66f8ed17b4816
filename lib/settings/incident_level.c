/* SPDX-License-Identifier: ISC */

#include "incident_level.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
	[INCIDENT_NOTICE] = "notice",
	[INCIDENT_WARNING] = "warning",
	[INCIDENT_SERIOUS] = "serious",
	[INCIDENT_CRITICAL] = "critical",
};

const char *incident_level_name(unsigned int level)
{
	return level < sizeof(names) / sizeof(names[0]) ? names[level] : NULL;
}

bool incident_level_parse(const char *name, enum incident_level *level_r)
{
	const char *each;

	for (unsigned int i = 0; (each = incident_level_name(i)) != NULL; i++)
		if (strcmp(each, name) == 0) {
			*level_r = (enum incident_level)i;
			return true;
		}
	return false;
}
