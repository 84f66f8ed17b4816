/* SPDX-License-Identifier: ISC */

/*
 * The settings are swapped under a lock that is held for a few instructions;
 * all else is made once and never replaced.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/ledger/ledger.h"
#include "lib/store/store_redis.h"
#include "lib/watch/evidence.h"
#include "lib/watch/flood_tally.h"
#include "lib/watch/metrics.h"
#include "lib/watch/verdict_log.h"
#include "lib/base/clock.h"
#include "milter/common/core_dump.h"
#include "milter/common/program.h"
#include "evidence_key.h"
#include "header_share.h"
#include "milter/common/program_journal.h"
#include "metrics_page.h"
#include "service.h"

struct service {
	char host[256];
	pthread_mutex_t lock;
	struct settings *settings; /* under lock */
	struct store *redis;
	struct ledger *ledger;
	struct policy *policy;
	struct verdict_log *verdict_log;
	struct watch_channel *watch;
	struct quarantine *quarantine;
	struct flood_tally *tally;
	struct recent_mail *recent;
	struct metrics *metrics;
	struct metrics_reload reload;
	struct evidence *evidence;
	struct header_share header_share;
	struct event_sink sinks[8];
	struct housekeeper *housekeeper;
	struct program_journal journal;
	struct endings *endings;
	bool is_stream;
	atomic_uint messages;
	struct metrics_sources sources;
};

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

/* The page asks these; all of them live as long as the service. */
static void make_sources(struct service *service)
{
	atomic_store(&service->reload.succeeded_ms, clock_wall_ms());
	service->sources = (struct metrics_sources){
		.metrics = service->metrics,
		.policy = service->policy,
		.redis = service->redis,
		.ledger = service->ledger,
		.housekeeper = service->housekeeper,
		.journal = service->journal.journal,
		.evidence = service->evidence,
		.verdict_log = service->verdict_log,
		.watch = service->watch,
		.reload = &service->reload,
		.messages = &service->messages,
	};
}

struct service *service_new(struct settings *settings, bool is_stream)
{
	struct service *service = alloc_zero(sizeof(*service));

	pthread_mutex_init(&service->lock, NULL);
	gethostname(service->host, sizeof(service->host) - 1);
	service->settings = settings;
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
	service->recent = recent_mail_new(RECENT_MAIL_BYTES);
	service->metrics = metrics_new();
	metrics_add_limits(service->metrics, settings);
	make_sinks(service);
	service->endings = endings_new();
	program_journal_init(
		&service->journal, "weir-milter", settings, service->host,
		&(struct journal_mirror_link){ is_redis_up, redis_connections,
					       service->redis });
	service->housekeeper = housekeeper_new(&(struct housekeeper_options){
		.host = service->host,
		.settings = settings,
		.policy = service->policy,
		.redis = service->redis,
		.ledger = service->ledger,
		.endings = service->endings,
		.watch = service->watch,
		.quarantine = service->quarantine,
		.tally = service->tally,
		.recent = service->recent,
		.evidence = service->evidence,
		.metrics = service->metrics,
		.journal = service->journal.journal,
	});
	make_sources(service);
	return service;
}

bool service_start(struct service *service)
{
	program_journal_add_settings(&service->journal, "start",
				     service->settings);
	program_journal_start(&service->journal);
	store_redis_wait(service->redis, service->settings->redis.timeout_ms);
	return housekeeper_start(service->housekeeper);
}

struct settings *service_settings(struct service *service)
{
	struct settings *settings;

	pthread_mutex_lock(&service->lock);
	settings = settings_acquire(service->settings);
	pthread_mutex_unlock(&service->lock);
	return settings;
}

struct policy *service_policy(struct service *service)
{
	return service->policy;
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

struct housekeeper *service_housekeeper(struct service *service)
{
	return service->housekeeper;
}

struct endings *service_endings(struct service *service)
{
	return service->endings;
}

const struct metrics_sources *
service_metrics_sources(const struct service *service)
{
	return &service->sources;
}

bool service_is_stream(const struct service *service)
{
	return service->is_stream;
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
	pthread_mutex_lock(&service->lock);
	settings_release(&service->settings);
	service->settings = settings_acquire(settings);
	pthread_mutex_unlock(&service->lock);
	core_dump_guard(settings);
	store_redis_set_password(service->redis, settings->redis.password);
	set_privacy(service, settings);
	housekeeper_take_settings(service->housekeeper, settings);
	atomic_store(&service->reload.succeeded_ms, clock_wall_ms());
	program_journal_add_settings(&service->journal, "reload", settings);
	log_notice("%s: reloaded, limits: %zu", settings->path,
		   settings->limit_count);
}

bool service_reload(struct service *service)
{
	struct settings *before = service_settings(service);
	struct settings *settings = program_read_again(SETTINGS_OF_MILTER,
						       before);

	atomic_store(&service->reload.has_failed, settings == NULL);
	settings_release(&before);
	if (settings == NULL)
		return false;
	put_in_force(service, settings);
	settings_release(&settings);
	return true;
}

void service_tick(struct service *service)
{
	struct settings *settings = service_settings(service);
	uint64_t now_ms = clock_steady_ms();

	policy_tick(service->policy, settings->redis.on_failure, now_ms);
	verdict_log_tick(service->verdict_log, now_ms);
	endings_tick(service->endings, settings);
	settings_release(&settings);
}

void service_begin_message(struct service *service)
{
	atomic_fetch_add(&service->messages, 1);
}

void service_end_message(struct service *service)
{
	atomic_fetch_sub(&service->messages, 1);
}

unsigned int service_messages(const struct service *service)
{
	return atomic_load(&service->messages);
}

void service_flush(struct service *service)
{
	verdict_log_tick(service->verdict_log, clock_steady_ms());
	housekeeper_stop(service->housekeeper);
	program_journal_stop(&service->journal);
}
