/* SPDX-License-Identifier: ISC */
#include "alert.h"

#include "lib/base/text.h"

static const char *const names[ALERT_ACTS + 1] = {
	[ALERT_OPENED] = "opened",
	[ALERT_WARNING] = "warning",
	[ALERT_SERIOUS] = "serious",
	[ALERT_CRITICAL] = "critical",
	[ALERT_CONTAINED] = "contained",
	[ALERT_TAKEN] = "taken",
	[ALERT_QUIET] = "quiet",
	[ALERT_AGAIN] = "again",
	[ALERT_OVER] = "over",
	[ALERT_REMINDER] = "reminder",
	[ALERT_DIGEST] = "digest",
	[ALERT_REDIS_AWAY] = "redis away",
	[ALERT_REDIS_BACK] = "redis back",
	[ALERT_MILTER_SILENT] = "milter silent",
	[ALERT_MILTER_BACK] = "milter back",
	[ALERT_CHANNEL_FAILING] = "channel failing",
	[ALERT_CHANNEL_WORKS] = "channel works",
	[ALERT_TEST] = "test",
};

const char *alert_act_name(enum alert_act act)
{
	return names[act];
}

bool alert_act_parse(const char *name, enum alert_act *act_r)
{
	int found = text_find(names, name);

	if (found >= 0)
		*act_r = (enum alert_act)found;
	return found >= 0;
}

bool alert_act_is_end(enum alert_act act)
{
	return act == ALERT_QUIET || act == ALERT_OVER ||
	       act == ALERT_REDIS_BACK || act == ALERT_MILTER_BACK ||
	       act == ALERT_CHANNEL_WORKS;
}
