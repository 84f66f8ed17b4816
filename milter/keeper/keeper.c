/* SPDX-License-Identifier: ISC */

#include "keeper.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "milter/common/core_dump.h"
#include "milter/common/program.h"
#include "page.h"
#include "secrets.h"

struct keeper {
	struct settings *settings;
	struct page *page; /* NULL: none */
};

struct keeper *keeper_new(struct settings *settings, struct page *page)
{
	struct keeper *keeper;

	core_dump_guard(settings);
	if (!secrets_check(settings)) {
		settings_release(&settings);
		page_free(&page);
		return NULL;
	}
	keeper = alloc_zero(sizeof(*keeper));
	keeper->settings = settings;
	keeper->page = page;
	return keeper;
}

bool keeper_start(struct keeper *keeper)
{
	const struct page_sources sources = { NULL };

	return keeper->page == NULL || page_start(keeper->page, &sources);
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
	if (keeper->page != NULL)
		page_set_settings(keeper->page, settings);
	log_notice("%s: reloaded, channels of alerts: %zu", settings->path,
		   settings->keeper.alert_count);
	return true;
}

void keeper_stop(struct keeper *keeper)
{
	page_free(&keeper->page);
	settings_release(&keeper->settings);
}
