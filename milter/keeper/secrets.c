/* SPDX-License-Identifier: ISC */

#include "secrets.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/settings/alert_rules.h"

static bool check_one(const struct settings *settings,
		      const struct settings_alert *alert)
{
	char *reason;
	char *secret = alert_rules_secret(settings, alert, &reason);
	bool is_good = reason == NULL;

	if (!is_good)
		log_error("%s", reason);
	free(reason);
	alloc_wipe(&secret);
	return is_good;
}

bool secrets_check(const struct settings *settings)
{
	const struct settings_keeper *keeper = &settings->keeper;
	bool is_good = true;

	for (size_t i = 0; i < keeper->alert_count; i++)
		is_good = check_one(settings, &keeper->alerts[i]) && is_good;
	return is_good;
}
