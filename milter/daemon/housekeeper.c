/* SPDX-License-Identifier: ISC */

/*
 * Callbacks and this thread meet in atomic counters, and in the sinks of
 * events, which are thread-safe. All else is the thread's own.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/hash.h"
#include "lib/base/hash_list.h"
#include "lib/base/log.h"
#include "lib/base/pulse.h"
#include "lib/fleet/milters.h"
#include "lib/fleet/quarantine.h"
#include "lib/fleet/top.h"
#include "lib/fleet/totals.h"
#include "lib/fleet/watch_channel.h"
#include "lib/ledger/ledger.h"
#include "lib/redis/redis_client.h"
#include "lib/store/store_redis.h"
#include "lib/ledger/reconciler.h"
#include "lib/watch/metrics.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "housekeeper.h"
#include "incidents.h"
#include "keeper_watch.h"
#include "memory_watch.h"
#include "orders_in_force.h"
#include "service.h"

#define ROUND_MS	   250
#define ROUNDS_PER_SECOND  4
#define ROUNDS_PER_LOOK	   40 /* at the memory of Redis, and for a keeper */
#define DELIVER_ROUND_MS   20 /* while this process counts by itself */
#define STOP_MS		   500
#define SETTLE_MS	   200	/* of these */
#define NEAR_LIMIT_AT_ONCE 100	/* windows in one command */
#define NEAR_LIMIT_MAX	   1000 /* windows in one second */
#define COMPLAIN_EVERY_MS  60000
#define DENIED_MAX	   20 /* reasons that are remembered */

struct housekeeper {
	struct service *service;
	char *prefix;
	struct incidents *incidents;
	pthread_t thread;
	bool is_started;

	pthread_mutex_t lock;
	pthread_cond_t stopping; /* on the monotonic clock */
	bool is_stopping;	 /* under lock */
	bool has_stopped;	 /* under lock */

	/* the thread's own */
	struct settings *settings; /* those it uses */
	struct redis_client *redis;
	struct reconciler *reconciler;
	struct milter self;
	struct memory_watch memory;
	struct keeper_watch keeper;
	struct orders_in_force *orders;
	bool was_up;		      /* Redis, as it is in the journal */
	uint64_t told[VERDICT_KINDS]; /* verdicts that are in Redis */
	uint64_t complained_ms;
	struct hash_list denied;  /* reasons that were logged */
	unsigned int connections; /* of the link, when last looked */
};

static void self_fill(struct milter *self, const struct service *service,
		      const struct settings *settings)
{
	self->host = alloc_text(service->host);
	self->pid = (uint64_t)getpid();
	self->name = alloc_format("%s:%" PRIu64, self->host, self->pid);
	self->version = alloc_text(WEIR_VERSION);
	self->listen = alloc_text(settings->listen);
	self->path = alloc_text(settings->path);
	self->started_ms = service->started_ms;
}

static void make_parts(struct housekeeper *housekeeper, struct service *service,
		       const struct settings *settings)
{
	const struct redis_client_options redis = {
		.server = settings->redis.server,
		.database = settings->redis.database,
		.user = settings->redis.user,
		.password = settings->redis.password,
		.timeout_ms = settings->redis.timeout_ms,
	};
	const char *prefix = housekeeper->prefix;
	/* never used again */
	char *name = alloc_format("%s:%" PRIu64, housekeeper->self.name,
				  service->started_ms);

	housekeeper->redis = redis_client_new(&redis);
	housekeeper->orders = orders_in_force_new(service, settings, name);
	housekeeper->reconciler = reconciler_new(&redis, prefix, name,
						 service->ledger);
	housekeeper->incidents = incidents_new(service, settings, name);
	free(name);
}

struct housekeeper *housekeeper_new(struct service *service)
{
	struct housekeeper *housekeeper = alloc_zero(sizeof(*housekeeper));
	struct settings *settings = current_settings_get(&service->settings);

	housekeeper->service = service;
	housekeeper->settings = settings;
	housekeeper->prefix = alloc_text(settings->redis.prefix);
	housekeeper->was_up = true;
	pthread_mutex_init(&housekeeper->lock, NULL);
	thread_condition_init(&housekeeper->stopping);
	self_fill(&housekeeper->self, service, settings);
	make_parts(housekeeper, service, settings);
	return housekeeper;
}

/* Redis is up, as the link sees it, but refuses a command. What this account is
 * not permitted to do is logged once. */
static void complain(struct housekeeper *housekeeper,
		     const struct redis_client *redis)
{
	const char *reason = redis_client_error(redis);
	uint64_t now_ms = clock_steady_ms();

	if (redis_client_is_denied(redis)) {
		if (housekeeper->denied.count < DENIED_MAX &&
		    hash_list_add(&housekeeper->denied,
				  hash_of(reason, strlen(reason))))
			log_warning("housekeeping: %s", reason);
		return;
	}
	if (housekeeper->complained_ms != 0 &&
	    now_ms - housekeeper->complained_ms < COMPLAIN_EVERY_MS)
		return;
	housekeeper->complained_ms = now_ms;
	log_warning("housekeeping: %s", reason);
}

/* NULL: it is away, as the link sees it. */
static struct redis_client *redis_if_up(const struct housekeeper *housekeeper)
{
	return store_redis_is_up(housekeeper->service->redis)
		       ? housekeeper->redis
		       : NULL;
}

/* orders */

static bool read_orders(struct housekeeper *housekeeper)
{
	bool is_changed;

	if (!orders_in_force_read(housekeeper->orders, housekeeper->redis,
				  &is_changed))
		return false;
	if (!is_changed)
		return true;
	housekeeper->self.orders = orders_in_force_version(housekeeper->orders);
	return milters_announce(housekeeper->redis, housekeeper->prefix,
				&housekeeper->self);
}

static bool journal_orders(struct housekeeper *housekeeper)
{
	return orders_in_force_journal(housekeeper->orders, housekeeper->redis);
}

static bool journal_ends(struct housekeeper *housekeeper)
{
	return orders_in_force_journal_ends(housekeeper->orders,
					    housekeeper->redis);
}

/* windows near a limit, and totals */

static bool note_near_limit(struct housekeeper *housekeeper)
{
	struct near_limit_window *windows = alloc_array(NEAR_LIMIT_MAX,
							sizeof(*windows));
	size_t count = policy_take_near_limit(housekeeper->service->policy,
					      windows, NEAR_LIMIT_MAX);
	bool is_noted = true;

	for (size_t done = 0; done < count && is_noted;
	     done += NEAR_LIMIT_AT_ONCE)
		is_noted = top_note(
			housekeeper->redis, housekeeper->prefix, windows + done,
			count - done < NEAR_LIMIT_AT_ONCE ? count - done
							  : NEAR_LIMIT_AT_ONCE);
	for (size_t i = 0; i < count; i++)
		near_limit_window_clear(&windows[i]);
	free(windows);
	return is_noted;
}

static bool count_verdicts(struct housekeeper *housekeeper)
{
	uint64_t more[VERDICT_KINDS];
	struct ledger_totals books;
	struct journal_counts records;
	bool is_counted;

	metrics_verdicts(housekeeper->service->metrics,
			 housekeeper->self.verdicts);
	for (int i = 0; i < VERDICT_KINDS; i++)
		more[i] = housekeeper->self.verdicts[i] - housekeeper->told[i];
	is_counted = totals_add(housekeeper->redis, housekeeper->prefix, more);
	/* what was sent may have arrived: it is not sent again */
	if (is_counted || !redis_client_was_refused(housekeeper->redis))
		memcpy(housekeeper->told, housekeeper->self.verdicts,
		       sizeof(housekeeper->told));
	if (!is_counted)
		return false;
	housekeeper->self.generation = atomic_load(
		&housekeeper->service->generation);
	housekeeper->self.sessions = atomic_load(
		&housekeeper->service->sessions_opened);
	ledger_count(housekeeper->service->ledger, &books);
	housekeeper->self.windows = books.windows;
	housekeeper->self.windows_forgotten = books.forgotten;
	housekeeper->self.unsynced_lost = books.unsynced_lost;
	journal_count(housekeeper->service->journal.journal, &records);
	housekeeper->self.journal_behind_ms = records.behind_ms;
	housekeeper->self.journal_waiting = records.waiting;
	housekeeper->self.journal_lost = records.lost_acts +
					 records.lost_samples;
	milter_listeners_clear(&housekeeper->self);
	housekeeper->self.uncounted_count = endings_report(
		housekeeper->service->endings, housekeeper->self.uncounted);
	return milters_announce(housekeeper->redis, housekeeper->prefix,
				&housekeeper->self);
}

static void checkpoint(struct housekeeper *housekeeper)
{
	if (!reconciler_checkpoint(housekeeper->reconciler,
				   clock_steady_ms()) &&
	    store_redis_is_up(housekeeper->service->redis))
		complain(housekeeper,
			 reconciler_redis(housekeeper->reconciler));
}

/* The password of Redis may be a new one, for the next connection. */
static void take_settings(struct housekeeper *housekeeper)
{
	const char *password;

	if (!current_settings_follow(&housekeeper->service->settings,
				     &housekeeper->settings))
		return;
	password = housekeeper->settings->redis.password;
	redis_client_set_password(housekeeper->redis, password);
	reconciler_set_password(housekeeper->reconciler, password);
}

/* The address of Redis may lead elsewhere by now. When the link has made a new
 * connection, these connect anew, too, so that nothing is written to a server
 * that is no longer in charge. */
static void follow_link(struct housekeeper *housekeeper)
{
	unsigned int connections = store_redis_connections(
		housekeeper->service->redis);

	if (connections == housekeeper->connections)
		return;
	housekeeper->connections = connections;
	redis_client_close(housekeeper->redis);
	reconciler_renew(housekeeper->reconciler);
}

static bool write_quarantine(struct housekeeper *housekeeper)
{
	return quarantine_write(housekeeper->service->quarantine,
				housekeeper->redis, housekeeper->prefix);
}

static bool publish_events(struct housekeeper *housekeeper)
{
	return watch_channel_publish(housekeeper->service->watch,
				     housekeeper->redis, housekeeper->prefix);
}

static bool look_for_watchers(struct housekeeper *housekeeper)
{
	return watch_channel_look(housekeeper->service->watch,
				  housekeeper->redis, housekeeper->prefix);
}

static bool report_incidents(struct housekeeper *housekeeper)
{
	return incidents_report(housekeeper->incidents, housekeeper->redis,
				housekeeper->settings);
}

static bool look_at_memory(struct housekeeper *housekeeper)
{
	memory_watch_look(&housekeeper->memory, housekeeper->redis);
	return true;
}

static bool look_for_keeper(struct housekeeper *housekeeper)
{
	keeper_watch_look(&housekeeper->keeper, housekeeper->redis,
			  housekeeper->prefix,
			  housekeeper->settings->keeper.alert_count != 0,
			  clock_steady_ms());
	return true;
}

static const struct {
	bool (*run)(struct housekeeper *housekeeper);
	unsigned int every; /* rounds */
} duties[] = {
	{ read_orders, 1 },
	{ journal_orders, 1 },
	{ report_incidents, 1 },
	{ journal_ends, ROUNDS_PER_SECOND },
	{ write_quarantine, 1 },
	{ publish_events, 1 },
	{ note_near_limit, ROUNDS_PER_SECOND },
	{ count_verdicts, ROUNDS_PER_SECOND },
	{ look_for_watchers, ROUNDS_PER_SECOND },
	{ look_at_memory, ROUNDS_PER_LOOK },
	{ look_for_keeper, ROUNDS_PER_LOOK },
};

/* One that Redis refuses does not stop the others; without a connection the
 * rest waits for the next round. */
static void do_duties(struct housekeeper *housekeeper, unsigned int round)
{
	for (size_t i = 0; i < sizeof(duties) / sizeof(duties[0]); i++) {
		if (round % duties[i].every != 0 || duties[i].run(housekeeper))
			continue;
		if (store_redis_is_up(housekeeper->service->redis))
			complain(housekeeper, housekeeper->redis);
		if (!redis_client_is_open(housekeeper->redis))
			break;
	}
}

static void do_round(struct housekeeper *housekeeper, unsigned int round)
{
	follow_link(housekeeper);
	do_duties(housekeeper, round);
	checkpoint(housekeeper);
}

/* Under lock: waits until it is so; is it? */
static bool wait_until(struct housekeeper *housekeeper, const bool *is_so,
		       unsigned int wait_ms)
{
	uint64_t until_ms = clock_steady_ms() + wait_ms;

	while (!*is_so && thread_wait(&housekeeper->stopping,
				      &housekeeper->lock, until_ms))
		;
	return *is_so;
}

/* Waits; false when it is time to stop. */
static bool rest(struct housekeeper *housekeeper, unsigned int wait_ms)
{
	bool is_stopping;

	pulse_beat();
	pthread_mutex_lock(&housekeeper->lock);
	is_stopping = wait_until(housekeeper, &housekeeper->is_stopping,
				 wait_ms);
	pthread_mutex_unlock(&housekeeper->lock);
	return !is_stopping;
}

/* What was emptied or lifted after an old Redis was current is emptied or
 * lifted there before any mail is counted. */
static void deliver(struct housekeeper *housekeeper)
{
	follow_link(housekeeper);
	if (ledger_is_counting(housekeeper->service->ledger) &&
	    !read_orders(housekeeper))
		complain(housekeeper, housekeeper->redis);
	if (!reconciler_run(housekeeper->reconciler, clock_steady_ms()) &&
	    store_redis_is_up(housekeeper->service->redis))
		complain(housekeeper,
			 reconciler_redis(housekeeper->reconciler));
}

/* Until the next round. In a process that counts by itself every moment
 * counts: the other milters do not know what it lets in. */
static bool rest_and_deliver(struct housekeeper *housekeeper)
{
	for (unsigned int rested = 0; rested < ROUND_MS;) {
		unsigned int wait_ms = ledger_is_counting(
					       housekeeper->service->ledger)
					       ? DELIVER_ROUND_MS
					       : ROUND_MS - rested;

		if (!rest(housekeeper, wait_ms))
			return false;
		rested += wait_ms;
		take_settings(housekeeper);
		if (store_redis_is_up(housekeeper->service->redis))
			deliver(housekeeper);
	}
	return true;
}

static void leave(struct housekeeper *housekeeper)
{
	if (store_redis_is_up(housekeeper->service->redis)) {
		deliver(housekeeper);
		incidents_hurry(housekeeper->incidents);
		do_round(housekeeper, 0);
		milters_leave(housekeeper->redis, housekeeper->prefix,
			      housekeeper->self.name);
	}
	incidents_leave(housekeeper->incidents, redis_if_up(housekeeper));
	store_redis_settle(housekeeper->service->redis, SETTLE_MS);
}

/* An outage, as the journal is to have it. */
static bool look_for_redis(struct housekeeper *housekeeper)
{
	bool is_up = store_redis_is_up(housekeeper->service->redis);

	if (is_up != housekeeper->was_up)
		program_journal_add_redis(housekeeper->service->journal.journal,
					  is_up);
	housekeeper->was_up = is_up;
	return is_up;
}

static void *housekeeper_main(void *context)
{
	struct housekeeper *housekeeper = context;

	pulse_begin("the housekeeper");
	for (unsigned int round = 0; rest_and_deliver(housekeeper); round++)
		if (look_for_redis(housekeeper))
			do_round(housekeeper, round);
		else
			incidents_count_alone(housekeeper->incidents,
					      housekeeper->settings);
	pulse_end();
	leave(housekeeper);
	pthread_mutex_lock(&housekeeper->lock);
	housekeeper->has_stopped = true;
	pthread_cond_signal(&housekeeper->stopping);
	pthread_mutex_unlock(&housekeeper->lock);
	return NULL;
}

bool housekeeper_start(struct housekeeper *housekeeper)
{
	/* Mail should not come before the orders do. */
	if (store_redis_is_up(housekeeper->service->redis)) {
		follow_link(housekeeper);
		if (!read_orders(housekeeper))
			complain(housekeeper, housekeeper->redis);
		checkpoint(housekeeper);
	}
	incidents_begin(housekeeper->incidents, redis_if_up(housekeeper));
	housekeeper->is_started = thread_start(&housekeeper->thread,
					       housekeeper_main, housekeeper);
	return housekeeper->is_started;
}

void housekeeper_stop(struct housekeeper *housekeeper)
{
	struct ledger_totals totals;
	bool has_stopped;

	if (!housekeeper->is_started)
		return;
	pthread_mutex_lock(&housekeeper->lock);
	housekeeper->is_stopping = true;
	pthread_cond_signal(&housekeeper->stopping);
	/* not pthread_timedjoin_np(): its clock may be set meanwhile */
	has_stopped = wait_until(housekeeper, &housekeeper->has_stopped,
				 STOP_MS);
	pthread_mutex_unlock(&housekeeper->lock);
	if (has_stopped)
		pthread_join(housekeeper->thread, NULL);
	else
		pthread_detach(housekeeper->thread); /* until the end */
	/* also where it still waits for Redis */
	ledger_count(housekeeper->service->ledger, &totals);
	if (totals.owed != 0)
		log_warning("stopped during an outage of Redis: charges to %zu "
			    "windows may be lost",
			    totals.owed);
}
