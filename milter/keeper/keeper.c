/* SPDX-License-Identifier: ISC */

#include "keeper.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "milter/common/core_dump.h"
#include "milter/common/program.h"
#include "secrets.h"

struct keeper {
	struct settings *settings;
};

struct keeper *keeper_new(struct settings *settings)
{
	struct keeper *keeper;

	core_dump_guard(settings);
	if (!secrets_check(settings)) {
		settings_release(&settings);
		return NULL;
	}
	keeper = alloc_zero(sizeof(*keeper));
	keeper->settings = settings;
	return keeper;
}

bool keeper_start(struct keeper *keeper)
{
	(void)keeper;
	return true;
}

bool keeper_reload(struct keeper *keeper)
{
	struct settings *settings = program_read_again(SETTINGS_OF_KEEPER,
						       keeper->settings);

	if (settings == NULL)
		return false;
	if (!secrets_check(settings)) {
		log_error("%s: keeping the old configuration", settings->path);
		settings_release(&settings);
		return false;
	}
	core_dump_guard(settings);
	settings_release(&keeper->settings);
	keeper->settings = settings;
	log_notice("%s: reloaded, channels of alerts: %zu", settings->path,
		   settings->keeper.alert_count);
	return true;
}

void keeper_stop(struct keeper *keeper)
{
	settings_release(&keeper->settings);
}
