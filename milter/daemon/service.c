/* SPDX-License-Identifier: ISC */

/* The settings are swapped; all else is made once and never replaced. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/fleet/quarantine.h"
#include "lib/fleet/watch_channel.h"
#include "lib/ledger/ledger.h"
#include "lib/store/store_redis.h"
#include "lib/watch/evidence.h"
#include "lib/watch/flood_tally.h"
#include "lib/watch/metrics.h"
#include "lib/watch/recent_mail.h"
#include "lib/watch/verdict_log.h"
#include "lib/base/clock.h"
#include "milter/common/core_dump.h"
#include "milter/common/program.h"
#include "evidence_key.h"
#include "housekeeper.h"
#include "service.h"

/* In the thread of the link to Redis, when that is about to be down. */
static void count_here(void *ledger)
{
	ledger_begin(ledger);
}

/* Samples may be lost before acts, see journal.h. */
static void write_evidence(void *context, enum journal_kind kind,
			   json_t *members)
{
	const struct program_journal *journal = context;

	journal_add(journal->journal, kind, JOURNAL_SAMPLE, members);
}

static void set_privacy(struct service *service,
			const struct settings *settings)
{
	struct evidence_privacy privacy = {
		.subjects = settings->evidence.subjects,
		.hashes_recipients = settings->evidence.hashes_recipients,
	};

	if (privacy.hashes_recipients && settings->journal.directory[0] != '\0')
		evidence_key_load(settings->journal.directory, privacy.key);
	evidence_set_privacy(service->evidence, &privacy);
}

static bool is_redis_up(const void *store)
{
	return store_redis_is_up(store);
}

static unsigned int redis_connections(const void *store)
{
	return store_redis_connections(store);
}

static struct store *new_store(const struct settings *settings,
			       struct ledger *ledger)
{
	return store_redis_new(&(struct store_redis_options){
		.server = settings->redis.server,
		.database = settings->redis.database,
		.user = settings->redis.user,
		.password = settings->redis.password,
		.prefix = settings->redis.prefix,
		.timeout_ms = settings->redis.timeout_ms,
		.going_down = count_here,
		.context = ledger,
	});
}

/* Who is to know of a verdict: a row for each. */
static void make_sinks(struct service *service)
{
	const struct event_sink sinks[] = {
		{ verdict_log_add, service->verdict_log },
		{ watch_channel_add, service->watch },
		{ quarantine_add, service->quarantine },
		{ flood_tally_add, service->tally },
		{ recent_mail_add, service->recent },
		{ metrics_add, service->metrics },
		{ evidence_add, service->evidence },
		{ NULL, NULL },
	};

	_Static_assert(sizeof(sinks) == sizeof(service->sinks),
		       "a row for each sink, and the end");
	memcpy(service->sinks, sinks, sizeof(sinks));
}

struct service *service_new(struct settings *settings, bool is_stream)
{
	struct service *service = alloc_zero(sizeof(*service));

	gethostname(service->host, sizeof(service->host) - 1);
	service->started_ms = clock_wall_ms();
	service->generation = 1;
	service->reloaded_ms = service->started_ms;
	current_settings_init(&service->settings, settings);
	service->is_stream = is_stream;
	service->ledger = ledger_new(settings->memory_subjects);
	service->redis = new_store(settings, service->ledger);
	service->policy = policy_new(service->redis, service->ledger,
				     settings->memory_subjects);
	service->verdict_log = verdict_log_new(settings->memory_subjects);
	service->watch = watch_channel_new();
	service->quarantine = quarantine_new();
	service->evidence = evidence_new(
		settings->journal.directory[0] == '\0' ? NULL : write_evidence,
		&service->journal);
	set_privacy(service, settings);
	service->tally = flood_tally_new();
	flood_tally_set_prefix(service->tally, settings->ipv6_prefix);
	service->recent = recent_mail_new(RECENT_MAIL_BYTES);
	service->metrics = metrics_new();
	metrics_add_limits(service->metrics, settings);
	make_sinks(service);
	service->endings = endings_new();
	program_journal_init(
		&service->journal, "weir-milter", settings, service->host,
		&(struct journal_mirror_link){ is_redis_up, redis_connections,
					       service->redis });
	service->housekeeper = housekeeper_new(service);
	return service;
}

bool service_start(struct service *service, const struct settings *settings)
{
	program_journal_add_settings(&service->journal, "start", settings);
	program_journal_start(&service->journal);
	store_redis_wait(service->redis, settings->redis.timeout_ms);
	return housekeeper_start(service->housekeeper);
}

void service_note_wait(struct service *service, enum event_stage stage,
		       uint64_t begun_ns)
{
	metrics_note_wait(service->metrics, stage,
			  clock_steady_ns() - begun_ns);
}

void service_report(struct service *service, struct event *event)
{
	event->host = service->host;
	event_give(service->sinks, event);
}

bool service_wants_headers(const struct service *service,
			   const struct settings *settings)
{
	switch (settings->evidence.headers) {
	case HEADERS_ALWAYS:
		return true;
	case HEADERS_NEAR:
		return evidence_is_wanted(service->evidence) ||
		       policy_is_near(service->policy, clock_steady_ms());
	case HEADERS_NEVER:
		break;
	}
	return false;
}

bool service_asks_for_headers(struct service *service,
			      const struct settings *settings)
{
	return service_wants_headers(service, settings) &&
	       (settings->evidence.headers == HEADERS_ALWAYS ||
		header_share_take(&service->header_share, clock_steady_ms()));
}

/* Sessions that began before keep what they began with. */
static void put_in_force(struct service *service, struct settings *settings)
{
	metrics_add_limits(service->metrics, settings);
	current_settings_set(&service->settings, settings);
	flood_tally_set_prefix(service->tally, settings->ipv6_prefix);
	core_dump_guard(settings);
	store_redis_set_password(service->redis, settings->redis.password);
	set_privacy(service, settings);
	atomic_fetch_add(&service->generation, 1);
	atomic_store(&service->reloaded_ms, clock_wall_ms());
	program_journal_add_settings(&service->journal, "reload", settings);
	log_notice("%s: reloaded, limits: %zu", settings->path,
		   settings->limit_count);
}

bool service_reload(struct service *service)
{
	struct settings *before = current_settings_get(&service->settings);
	struct settings *settings = program_read_again(SETTINGS_OF_MILTER,
						       before);

	atomic_store(&service->has_failed_reload, settings == NULL);
	settings_release(&before);
	if (settings == NULL)
		return false;
	put_in_force(service, settings);
	settings_release(&settings);
	return true;
}

void service_tick(struct service *service)
{
	struct settings *settings = current_settings_get(&service->settings);
	uint64_t now_ms = clock_steady_ms();

	policy_tick(service->policy, settings->redis.on_failure, now_ms);
	verdict_log_tick(service->verdict_log, now_ms);
	endings_tick(service->endings, settings);
	settings_release(&settings);
}

void service_flush(struct service *service)
{
	verdict_log_tick(service->verdict_log, clock_steady_ms());
	housekeeper_stop(service->housekeeper);
	program_journal_stop(&service->journal);
}
