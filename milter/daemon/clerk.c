/* SPDX-License-Identifier: ISC */

/*
 * The two sides meet in the counters, which are atomic, and in the queue of
 * held mail and the feed, which look after themselves. All else is the
 * thread's own.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/hash.h"
#include "lib/base/hash_list.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/fleet/board.h"
#include "lib/fleet/order_memory.h"
#include "lib/fleet/roll.h"
#include "lib/redis/redis_client.h"
#include "lib/store/store_redis.h"
#include "bookkeeper.h"
#include "clerk.h"
#include "milter/common/clock.h"
#include "endings.h"
#include "feed.h"
#include "held_queue.h"
#include "memory_watch.h"

#define ROUND_MS	  250
#define ROUNDS_PER_SECOND 4
#define ROUNDS_PER_LOOK	  40 /* at the memory of Redis */
#define SETTLE_ROUND_MS	  20 /* while this process counts by itself */
#define STOP_MS		  500
#define BUSY_AT_ONCE	  100  /* windows in one command */
#define BUSY_MOST	  1000 /* windows in one second */
#define COMPLAIN_EVERY_MS 60000
#define DENIED_MOST	  20 /* reasons that are remembered */

struct clerk {
	struct policy *policy;
	const struct store *store;
	char *prefix;
	pthread_t thread;
	bool is_started;
	struct feed *feed;
	struct held_queue *held;
	struct standby *standby;
	struct endings *endings;

	atomic_ullong verdicts[ROLL_VERDICTS];
	atomic_ullong generation;
	atomic_ullong sessions;

	pthread_mutex_t lock;
	pthread_cond_t stopping; /* on the monotonic clock */
	bool is_stopping;	 /* under lock */
	bool has_stopped;	 /* under lock */
	char *password;		 /* a new one; under lock */
	bool has_password;	 /* even if it is NULL; under lock */

	/* the thread's own */
	struct redis_client *redis;
	struct bookkeeper *bookkeeper;
	struct roll_milter self;
	struct memory_watch memory;
	struct order_memory *orders;  /* as they are in Redis */
	uint64_t told[ROLL_VERDICTS]; /* verdicts that are in Redis */
	uint64_t complained_ms;
	struct hash_list denied;  /* reasons that were logged */
	unsigned int connections; /* of the link, when last looked */
};

static void self_fill(struct roll_milter *self, const struct settings *settings)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	self->host = alloc_text(host);
	self->pid = (uint64_t)getpid();
	self->name = alloc_format("%s:%llu", host,
				  (unsigned long long)self->pid);
	self->version = alloc_text(WEIR_VERSION);
	self->listen = alloc_text(settings->listen);
	self->path = alloc_text(settings->path);
	self->started_ms = clock_wall_ms();
}

struct clerk *clerk_new(const struct clerk_options *options)
{
	const struct settings *settings = options->settings;
	const struct redis_client_options redis = {
		.server = settings->redis.server,
		.database = settings->redis.database,
		.user = settings->redis.user,
		.password = settings->redis.password,
		.timeout_ms = settings->redis.timeout_ms,
	};
	struct clerk *clerk = alloc_zero(sizeof(*clerk));
	pthread_condattr_t attributes;
	char *name;

	clerk->policy = options->policy;
	clerk->store = options->redis;
	clerk->prefix = alloc_text(settings->redis.prefix);
	clerk->generation = 1;
	clerk->redis = redis_client_new(&redis);
	clerk->standby = options->standby;
	clerk->endings = options->endings;
	pthread_mutex_init(&clerk->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&clerk->stopping, &attributes);
	pthread_condattr_destroy(&attributes);
	self_fill(&clerk->self, settings);
	clerk->feed = feed_new(clerk->self.host);
	clerk->held = held_queue_new();
	name = alloc_format("%s:%llu", clerk->self.name,
			    (unsigned long long)clerk->self.started_ms);
	clerk->orders = order_memory_new(clerk->prefix, name);
	clerk->bookkeeper = bookkeeper_new(&redis, clerk->prefix, name,
					   options->standby);
	free(name);
	return clerk;
}

/* the callbacks' side */

void clerk_count(struct clerk *clerk, enum verdict_kind kind)
{
	atomic_fetch_add_explicit(&clerk->verdicts[kind], 1,
				  memory_order_relaxed);
}

void clerk_count_session(struct clerk *clerk)
{
	atomic_fetch_add_explicit(&clerk->sessions, 1, memory_order_relaxed);
}

struct feed *clerk_feed(struct clerk *clerk)
{
	return clerk->feed;
}

void clerk_take_settings(struct clerk *clerk, const struct settings *settings)
{
	atomic_fetch_add(&clerk->generation, 1);
	pthread_mutex_lock(&clerk->lock);
	free(clerk->password);
	clerk->password = alloc_text(settings->redis.password);
	clerk->has_password = true;
	pthread_mutex_unlock(&clerk->lock);
}

void clerk_hold(struct clerk *clerk, struct held *held)
{
	if (held->host == NULL)
		held->host = alloc_text(clerk->self.host);
	held_queue_put(clerk->held, held);
}

/* the thread's side */

/* Redis is there (the link says so), but does not do what it is asked. What
 * this account is not permitted to do is logged once. */
static void complain(struct clerk *clerk, const struct redis_client *redis)
{
	const char *reason = redis_client_error(redis);
	uint64_t now_ms = clock_steady_ms();

	if (redis_client_is_denied(redis)) {
		if (clerk->denied.count < DENIED_MOST &&
		    hash_list_add(&clerk->denied,
				  hash_of(reason, strlen(reason))))
			log_warning("housekeeping: %s", reason);
		return;
	}
	if (clerk->complained_ms != 0 &&
	    now_ms - clerk->complained_ms < COMPLAIN_EVERY_MS)
		return;
	clerk->complained_ms = now_ms;
	log_warning("housekeeping: %s", reason);
}

/* orders */

static void put_in_force(struct clerk *clerk)
{
	const struct order_list *list = order_memory_list(clerk->orders);
	int64_t shift_ms = (int64_t)clock_steady_ms() - (int64_t)list->now_ms;
	struct orders *orders = orders_new();

	for (size_t i = 0; i < list->count; i++)
		orders_add(orders, &list->orders[i], shift_ms);
	policy_set_orders(clerk->policy, &orders);
	clerk->self.orders = list->version;
}

/* ", restored 7 orders (numbers 1, 2, 3, 4, 5 ...)" */
static void add_ids(struct text *text, const char *what,
		    const struct order_ids *ids)
{
	if (ids->count == 0)
		return;
	text_add_format(text, ", %s %zu order%s (number", what, ids->count,
			ids->count == 1 ? "" : "s");
	for (size_t i = 0; i < ids->count && i < ORDER_LOOK_SHOWN; i++)
		text_add_format(text, "%s %" PRIu64, i == 0 ? "" : ",",
				ids->ids[i]);
	text_add_string(text, ids->count > ORDER_LOOK_SHOWN ? " ...)" : ")");
}

/* Redis came back without what it knew, or with what it knew long ago. */
static void log_losses(const struct order_look *look)
{
	char buffer[400];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	add_ids(&text, "restored", &look->restored);
	add_ids(&text, "lifted again", &look->lifted);
	if (look->resets_repeated != 0)
		text_add_format(&text, ", repeated %zu reset%s",
				look->resets_repeated,
				look->resets_repeated == 1 ? "" : "s");
	if (text.length != 0)
		log_warning("Redis had lost changes of orders: %s",
			    text.data + strlen(", "));
}

static void log_orders(const struct clerk *clerk, const struct order_look *look)
{
	const struct order_list *list = order_memory_list(clerk->orders);

	log_losses(look);
	if (list->unreadable != 0)
		log_warning("orders: %zu cannot be read and do not hold: of "
			    "another version of weir?",
			    list->unreadable);
	if (!look->is_first || list->count != 0)
		log_notice("orders: %zu known, version %llu", list->count,
			   (unsigned long long)list->version);
}

static bool read_orders(struct clerk *clerk)
{
	struct order_look look;

	if (!order_memory_look(clerk->orders, clerk->redis, &look))
		return false;
	if (!look.is_changed)
		return true;
	log_orders(clerk, &look);
	/* windows that were emptied by weirctl reset are to be empty here */
	for (size_t i = 0; i < look.reset_count; i++)
		standby_forget(clerk->standby, look.resets[i].subject,
			       look.resets[i].limit);
	order_look_clear(&look);
	put_in_force(clerk);
	return roll_announce(clerk->redis, clerk->prefix, &clerk->self);
}

/* who is near a limit, and what was done */

static bool note_busy(struct clerk *clerk)
{
	struct busy_window *windows = alloc_array(BUSY_MOST, sizeof(*windows));
	size_t count = policy_take_busy(clerk->policy, windows, BUSY_MOST);
	bool is_noted = true;

	for (size_t done = 0; done < count && is_noted; done += BUSY_AT_ONCE)
		is_noted = board_note(
			clerk->redis, clerk->prefix, windows + done,
			count - done < BUSY_AT_ONCE ? count - done
						    : BUSY_AT_ONCE);
	for (size_t i = 0; i < count; i++)
		busy_window_clear(&windows[i]);
	free(windows);
	return is_noted;
}

static bool count_verdicts(struct clerk *clerk)
{
	uint64_t more[ROLL_VERDICTS];
	struct standby_totals books;
	bool is_counted;

	for (int i = 0; i < ROLL_VERDICTS; i++) {
		clerk->self.verdicts[i] = atomic_load(&clerk->verdicts[i]);
		more[i] = clerk->self.verdicts[i] - clerk->told[i];
	}
	is_counted = roll_count(clerk->redis, clerk->prefix, more);
	/* what was sent may have arrived: it is not sent again */
	if (is_counted || !redis_client_was_refused(clerk->redis))
		memcpy(clerk->told, clerk->self.verdicts, sizeof(clerk->told));
	if (!is_counted)
		return false;
	clerk->self.generation = atomic_load(&clerk->generation);
	clerk->self.sessions = atomic_load(&clerk->sessions);
	standby_count(clerk->standby, &books);
	clerk->self.windows = books.windows;
	clerk->self.windows_forgotten = books.forgotten;
	clerk->self.debts_lost = books.debts_lost;
	roll_listeners_clear(&clerk->self);
	clerk->self.uncounted_count = endings_report(clerk->endings,
						     clerk->self.uncounted);
	return roll_announce(clerk->redis, clerk->prefix, &clerk->self);
}

static void beat(struct clerk *clerk)
{
	if (!bookkeeper_beat(clerk->bookkeeper, clock_steady_ms()) &&
	    store_redis_is_up(clerk->store))
		complain(clerk, bookkeeper_redis(clerk->bookkeeper));
}

static void take_password(struct clerk *clerk)
{
	pthread_mutex_lock(&clerk->lock);
	if (clerk->has_password) {
		redis_client_set_password(clerk->redis, clerk->password);
		bookkeeper_set_password(clerk->bookkeeper, clerk->password);
	}
	clerk->has_password = false;
	pthread_mutex_unlock(&clerk->lock);
}

/* The address of Redis may lead elsewhere by now. Where the link has made a new
 * connection, these make theirs anew, too, so that nothing is asked of a server
 * that is no longer the one that counts. */
static void follow_link(struct clerk *clerk)
{
	unsigned int connections = store_redis_connections(clerk->store);

	if (connections == clerk->connections)
		return;
	clerk->connections = connections;
	redis_client_close(clerk->redis);
	bookkeeper_renew(clerk->bookkeeper);
}

static bool write_held(struct clerk *clerk)
{
	return held_queue_write(clerk->held, clerk->redis, clerk->prefix);
}

static bool tell_feed(struct clerk *clerk)
{
	return feed_tell(clerk->feed, clerk->redis, clerk->prefix);
}

static bool look_at_feed(struct clerk *clerk)
{
	return feed_look(clerk->feed, clerk->redis, clerk->prefix);
}

static bool look_at_memory(struct clerk *clerk)
{
	memory_watch_look(&clerk->memory, clerk->redis);
	return true;
}

static const struct {
	bool (*run)(struct clerk *clerk);
	unsigned int every; /* rounds */
} duties[] = {
	{ read_orders, 1 },
	{ write_held, 1 },
	{ tell_feed, 1 },
	{ note_busy, ROUNDS_PER_SECOND },
	{ count_verdicts, ROUNDS_PER_SECOND },
	{ look_at_feed, ROUNDS_PER_SECOND },
	{ look_at_memory, ROUNDS_PER_LOOK },
};

/* One that Redis refuses leaves the others as they are; without a connection
 * the rest waits for the next round. */
static void do_duties(struct clerk *clerk, unsigned int round)
{
	for (size_t i = 0; i < sizeof(duties) / sizeof(duties[0]); i++) {
		if (round % duties[i].every != 0 || duties[i].run(clerk))
			continue;
		if (store_redis_is_up(clerk->store))
			complain(clerk, clerk->redis);
		if (!redis_client_is_open(clerk->redis))
			break;
	}
}

static void do_round(struct clerk *clerk, unsigned int round)
{
	follow_link(clerk);
	do_duties(clerk, round);
	beat(clerk);
}

/* Under lock: waits until it is so; is it? */
static bool wait_until(struct clerk *clerk, const bool *is_so,
		       unsigned int wait_ms)
{
	uint64_t until_ms = clock_steady_ms() + wait_ms;
	const struct timespec until = {
		.tv_sec = (time_t)(until_ms / 1000),
		.tv_nsec = (long)(until_ms % 1000) * 1000000,
	};
	int error = 0;

	while (!*is_so && error == 0)
		error = pthread_cond_timedwait(&clerk->stopping, &clerk->lock,
					       &until);
	return *is_so;
}

/* Waits; false when it is time to stop. */
static bool rest(struct clerk *clerk, unsigned int wait_ms)
{
	bool is_stopping;

	pthread_mutex_lock(&clerk->lock);
	is_stopping = wait_until(clerk, &clerk->is_stopping, wait_ms);
	pthread_mutex_unlock(&clerk->lock);
	return !is_stopping;
}

/* What was emptied or lifted since an old Redis was current is so before any
 * mail is counted there. */
static void settle(struct clerk *clerk)
{
	follow_link(clerk);
	if (standby_is_counting(clerk->standby) && !read_orders(clerk))
		complain(clerk, clerk->redis);
	if (!bookkeeper_settle(clerk->bookkeeper, clock_steady_ms()) &&
	    store_redis_is_up(clerk->store))
		complain(clerk, bookkeeper_redis(clerk->bookkeeper));
}

/* Until the next round. In a process that counts by itself every moment
 * counts: the other milters do not know what it lets in. */
static bool rest_and_settle(struct clerk *clerk)
{
	for (unsigned int rested = 0; rested < ROUND_MS;) {
		unsigned int wait_ms = standby_is_counting(clerk->standby)
					       ? SETTLE_ROUND_MS
					       : ROUND_MS - rested;

		if (!rest(clerk, wait_ms))
			return false;
		rested += wait_ms;
		take_password(clerk);
		if (store_redis_is_up(clerk->store))
			settle(clerk);
	}
	return true;
}

static void say_good_bye(struct clerk *clerk)
{
	struct standby_totals totals;

	if (store_redis_is_up(clerk->store)) {
		settle(clerk);
		do_round(clerk, 0);
		roll_leave(clerk->redis, clerk->prefix, clerk->self.name);
	}
	standby_count(clerk->standby, &totals);
	if (totals.owed != 0)
		log_warning("Redis is away: what was charged to %zu windows "
			    "meanwhile is lost",
			    totals.owed);
}

static void *clerk_main(void *context)
{
	struct clerk *clerk = context;

	for (unsigned int round = 0; rest_and_settle(clerk); round++)
		if (store_redis_is_up(clerk->store))
			do_round(clerk, round);
	say_good_bye(clerk);
	pthread_mutex_lock(&clerk->lock);
	clerk->has_stopped = true;
	pthread_cond_signal(&clerk->stopping);
	pthread_mutex_unlock(&clerk->lock);
	return NULL;
}

bool clerk_start(struct clerk *clerk)
{
	sigset_t all, before;
	int error;

	/* Mail should not come before the orders do. */
	if (store_redis_is_up(clerk->store)) {
		follow_link(clerk);
		if (!read_orders(clerk))
			complain(clerk, clerk->redis);
		beat(clerk);
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&clerk->thread, NULL, clerk_main, clerk);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	clerk->is_started = error == 0;
	if (error != 0)
		log_error("cannot start a thread: %s", strerror(error));
	return error == 0;
}

void clerk_stop(struct clerk *clerk)
{
	bool has_stopped;

	if (!clerk->is_started)
		return;
	pthread_mutex_lock(&clerk->lock);
	clerk->is_stopping = true;
	pthread_cond_signal(&clerk->stopping);
	/* not pthread_timedjoin_np(): its clock may be set meanwhile */
	has_stopped = wait_until(clerk, &clerk->has_stopped, STOP_MS);
	pthread_mutex_unlock(&clerk->lock);
	if (has_stopped)
		pthread_join(clerk->thread, NULL);
}
