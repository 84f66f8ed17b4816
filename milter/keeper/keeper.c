/* SPDX-License-Identifier: ISC */

/*
 * Made from the bottom up: the journal, the scribe, the dispatcher, its
 * channels, the page; taken down the other way.
 */
#include "keeper.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "lib/settings/alert_rules.h"
#include "milter/common/core_dump.h"
#include "milter/common/current_settings.h"
#include "milter/common/program.h"
#include "milter/common/program_journal.h"
#include "channels.h"
#include "dispatcher.h"
#include "metrics_site.h"
#include "page.h"
#include "scribe.h"

struct keeper {
	struct current_settings settings;
	struct dispatcher_link link;
	struct program_journal journal;
	struct scribe *scribe;
	struct dispatcher *dispatcher;
	struct channels *channels;
	struct page *page; /* NULL: none */
	struct metrics_site *metrics;
	char host[256];
};

static bool is_up(const void *context)
{
	const struct dispatcher_link *link = context;

	return atomic_load(&link->is_up);
}

static unsigned int connections(const void *context)
{
	const struct dispatcher_link *link = context;

	return atomic_load(&link->connections);
}

static void make_parts(struct keeper *keeper, struct settings *settings,
		       const char *path)
{
	char *name = alloc_format("%s:%ld:%llu", keeper->host, (long)getpid(),
				  (unsigned long long)clock_wall_ms());

	program_journal_init(&keeper->journal, "weir-keeper", settings,
			     keeper->host,
			     &(struct journal_mirror_link){ is_up, connections,
							    &keeper->link });
	keeper->scribe = scribe_new(&keeper->settings, keeper->host,
				    keeper->journal.journal);
	keeper->dispatcher = dispatcher_new(&(struct dispatcher_options){
		.settings = &keeper->settings,
		.host = keeper->host,
		.keeper = name,
		.path = path,
		.journal = keeper->journal.journal,
		.link = &keeper->link,
		.report = scribe_report,
		.context = keeper->scribe,
	});
	keeper->channels = channels_new(&(struct channels_options){
		.settings = settings,
		.host = keeper->host,
		.path = path,
		.outcome = dispatcher_outcome,
		.context = keeper->dispatcher,
	});
	keeper->metrics = metrics_site_new(&keeper->settings, keeper->channels);
	free(name);
}

static bool check_secret(const struct settings *settings,
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

/* Can each of the channels' be read? weir-keeper alone knows, and a mistake is
 * to be found at the start or the reload, not in a flood. False: each reason is
 * logged. */
static bool check_secrets(const struct settings *settings)
{
	const struct settings_keeper *keeper = &settings->keeper;
	bool is_good = true;

	for (size_t i = 0; i < keeper->alert_count; i++)
		is_good = check_secret(settings, &keeper->alerts[i]) && is_good;
	return is_good;
}

struct keeper *keeper_new(struct settings *settings, const char *path,
			  struct page *page)
{
	struct keeper *keeper;

	core_dump_guard(settings);
	if (!check_secrets(settings)) {
		settings_release(&settings);
		page_free(&page);
		return NULL;
	}
	keeper = alloc_zero(sizeof(*keeper));
	current_settings_init(&keeper->settings, settings);
	keeper->page = page;
	gethostname(keeper->host, sizeof(keeper->host) - 1);
	make_parts(keeper, settings, path);
	settings_release(&settings);
	return keeper;
}

bool keeper_start(struct keeper *keeper)
{
	const struct page_sources sources = { &keeper->settings,
					      keeper->channels,
					      keeper->metrics };
	struct settings *settings = current_settings_get(&keeper->settings);

	program_journal_add_settings(&keeper->journal, "start", settings);
	settings_release(&settings);
	program_journal_start(&keeper->journal);
	return scribe_start(keeper->scribe) &&
	       dispatcher_start(keeper->dispatcher, keeper->channels) &&
	       (keeper->page == NULL || page_start(keeper->page, &sources));
}

bool keeper_reload(struct keeper *keeper)
{
	struct settings *before = current_settings_get(&keeper->settings);
	struct settings *settings = program_read_again(SETTINGS_OF_KEEPER,
						       before);

	settings_release(&before);
	if (settings == NULL)
		return false;
	if (!check_secrets(settings)) {
		log_error("%s: keeping the old configuration", settings->path);
		settings_release(&settings);
		return false;
	}
	core_dump_guard(settings);
	current_settings_set(&keeper->settings, settings);
	channels_set_settings(keeper->channels, settings);
	program_journal_add_settings(&keeper->journal, "reload", settings);
	log_notice("%s: reloaded, channels of alerts: %zu", settings->path,
		   settings->keeper.alert_count);
	settings_release(&settings);
	return true;
}

void keeper_stop(struct keeper *keeper)
{
	page_free(&keeper->page);
	metrics_site_free(&keeper->metrics);
	dispatcher_stop(keeper->dispatcher);
	channels_free(&keeper->channels);
	dispatcher_finish(keeper->dispatcher);
	scribe_stop(keeper->scribe);
	program_journal_stop(&keeper->journal);
}
