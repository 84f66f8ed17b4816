/* SPDX-License-Identifier: ISC */

/*
 * Callers put finished commands into a queue and wake the loop; the loop
 * hands them to hiredis, which answers in order. A request is freed by
 * whoever is last to leave it: the caller when it has its answer, the loop
 * when the caller gave up first.
 *
 * Everything below the line "the loop's side" runs in the one thread that
 * owns the connection. The two sides meet in link->lock, link->phase and the
 * lock of a request, nowhere else. This file reads the monotonic clock: its
 * deadlines are those of real I/O.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <hiredis/adapters/libevent.h>
#include <openssl/evp.h>

#include "../base/alloc.h"
#include "../base/log.h"
#include "outage.h"
#include "redis_address.h"
#include "redis_clock.h"
#include "redis_guard.h"
#include "redis_link.h"
#include "redis_request.h"
#include "redis_run.h"

#define FAILURES_TO_OPEN  3 /* unanswered or refused in a row: link down */
#define PROBE_FIRST_MS	  100
#define PROBE_MOST_MS	  1000
#define HEALTHY_MS	  500	/* a younger connection is not renewed */
#define SETTLED_MS	  10000 /* up for so long: probe quickly again */
#define COMPLAIN_EVERY_MS 10000
#define CLOCK_EVERY_MS	  10000 /* two clocks drift apart */
#define RESENDS_MOST	  3	/* of one request, for NOSCRIPT */
#define REASON_SIZE	  160
#define REASONS_MOST	  4 /* told of one outage */

#define ANOTHER_SHAPE "an answer of another shape"

enum phase {
	PHASE_CONNECTING,
	PHASE_UP,
	PHASE_DOWN
};

struct redis_link {
	char *server, *user, *script, sha1[41];
	char *password; /* under lock */
	size_t script_length;
	unsigned int database, timeout_ms;
	char **trial; /* a whole EVALSHA */
	size_t trial_count;
	void (*going_down)(void *context);
	void *context;

	pthread_t thread;
	_Atomic enum phase phase;
	atomic_uint unanswered; /* in a row */
	atomic_ullong complained_ms;
	struct redis_clock redis_clock;
	pthread_mutex_t lock;
	pthread_cond_t settled;	    /* phase left CONNECTING */
	struct request_queue queue; /* under lock */
	bool is_woken, is_stopping; /* under lock */
	int wake_fd;

	/* the loop's own */
	struct event_base *base;
	struct event *wake, *timer, *clock;
	uint64_t clock_asked_ms;
	redisAsyncContext *redis;    /* NULL: none */
	struct request_queue held;   /* taken, but not sent yet */
	struct request_queue flight; /* sent, the oldest first */
	unsigned int refused;	     /* error answers in a row */
	unsigned int probe_ms;	     /* to the next attempt */
	unsigned int seed;
	uint64_t up_since_ms; /* 0: it has been down since */
	bool was_up;
	struct redis_run run; /* of the Redis that was seen last */
	struct outage outage;
	char told_reason[REASON_SIZE]; /* of this outage, the last one */
	unsigned int reasons_told;
	bool is_loading; /* the script is on its way, after NOSCRIPT */
};

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* the callers' side */

static void link_wake(struct redis_link *link)
{
	uint64_t one = 1;

	/* fails only when the counter is full, and then it is awake anyway */
	if (write(link->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error("redis %s: cannot wake the link: %s", link->server,
			  strerror(errno));
}

/* Callers need not wait for the loop to see that nothing answers. */
static bool link_is_open(const struct redis_link *link)
{
	return link->phase != PHASE_DOWN && link->unanswered < FAILURES_TO_OPEN;
}

/* False when the link is down: then the request is still the caller's. */
static bool link_enqueue(struct redis_link *link, struct request *request)
{
	bool is_asleep = false, is_open;

	pthread_mutex_lock(&link->lock);
	is_open = !link->is_stopping && link_is_open(link);
	if (is_open) {
		request_queue_add(&link->queue, request);
		is_asleep = !link->is_woken;
		link->is_woken = true;
	}
	pthread_mutex_unlock(&link->lock);
	if (is_asleep)
		link_wake(link);
	return is_open;
}

static struct timespec deadline_after(unsigned int wait_ms)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += (time_t)(wait_ms / 1000);
	deadline.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_sec++;
		deadline.tv_nsec -= 1000000000;
	}
	return deadline;
}

/* A caller went away unanswered: complain now and then, break at the third. */
static void link_count_unanswered(struct redis_link *link)
{
	unsigned int unanswered = atomic_fetch_add(&link->unanswered, 1) + 1;
	unsigned long long now_ms = monotonic_ms();
	unsigned long long last_ms = atomic_load(&link->complained_ms);

	if (unanswered == FAILURES_TO_OPEN)
		link_wake(link);
	if (now_ms - last_ms >= COMPLAIN_EVERY_MS &&
	    atomic_compare_exchange_strong(&link->complained_ms, &last_ms,
					   now_ms))
		log_warning("redis %s: no answer within %u ms", link->server,
			    link->timeout_ms);
}

bool redis_link_run(struct redis_link *link, size_t argument_count,
		    const char *const *arguments, const size_t *lengths,
		    size_t count, int64_t *integers_r)
{
	struct timespec deadline = deadline_after(link->timeout_ms);
	enum request_state state = REQUEST_FAILED;
	struct request *request;

	if (!link_is_open(link))
		return false;
	request = request_new(link, count);
	if (request_format(request, link->sha1, argument_count, arguments,
			   lengths) &&
	    link_enqueue(link, request))
		state = request_wait(request, &deadline);
	if (state == REQUEST_ABANDONED) {
		link_count_unanswered(link); /* the loop frees the request */
		return false;
	}
	if (state == REQUEST_ANSWERED)
		memcpy(integers_r, request->integers,
		       count * sizeof(*integers_r));
	request_free(request);
	return state == REQUEST_ANSWERED;
}

void redis_link_set_password(struct redis_link *link, const char *password)
{
	char *mine = alloc_text(password), *before;

	pthread_mutex_lock(&link->lock);
	before = link->password;
	link->password = mine;
	pthread_mutex_unlock(&link->lock);
	alloc_wipe(&before);
}

bool redis_link_is_up(const struct redis_link *link)
{
	return link->phase == PHASE_UP;
}

bool redis_link_is_open(const struct redis_link *link)
{
	return link_is_open(link);
}

uint64_t redis_link_deadline(const struct redis_link *link)
{
	/* the other half is for the answer's way back */
	return redis_clock_at(&link->redis_clock,
			      monotonic_ms() + (link->timeout_ms + 1) / 2);
}

bool redis_link_set_clock(struct redis_link *link, int64_t redis_ms)
{
	return redis_clock_correct(&link->redis_clock, monotonic_ms(), redis_ms,
				   link->timeout_ms / 2);
}

bool redis_link_wait(struct redis_link *link, unsigned int wait_ms)
{
	struct timespec deadline = deadline_after(wait_ms);
	int error = 0;

	pthread_mutex_lock(&link->lock);
	while (link->phase == PHASE_CONNECTING && error == 0)
		error = pthread_cond_timedwait(&link->settled, &link->lock,
					       &deadline);
	pthread_mutex_unlock(&link->lock);
	return redis_link_is_up(link);
}

/* the loop's side */

static void link_attempt(struct redis_link *link);
static void link_break(struct redis_link *link, const char *reason);

static void link_set_phase(struct redis_link *link, enum phase phase)
{
	pthread_mutex_lock(&link->lock);
	link->phase = phase;
	if (phase == PHASE_DOWN)
		request_queue_join(&link->held, &link->queue);
	pthread_cond_broadcast(&link->settled);
	pthread_mutex_unlock(&link->lock);
}

static void link_set_timer(struct redis_link *link, unsigned int wait_ms)
{
	struct timeval wait = { .tv_sec = (time_t)(wait_ms / 1000),
				.tv_usec = (suseconds_t)(wait_ms % 1000) *
					   1000 };

	event_add(link->timer, &wait);
}

static void link_fail_held(struct redis_link *link)
{
	struct request *request;

	while ((request = request_queue_take(&link->held)) != NULL)
		request_finish(request, REQUEST_FAILED);
}

static void link_go_up(struct redis_link *link)
{
	uint64_t now_ms = monotonic_ms(), lasted_ms;

	event_del(link->timer);
	if (outage_up(&link->outage, now_ms, &lasted_ms))
		log_notice("redis %s: back after %.1f s", link->server,
			   (double)lasted_ms / 1000);
	else if (!link->was_up)
		log_notice("redis %s: connected", link->server);
	link->was_up = true;
	link->up_since_ms = now_ms;
	link->refused = 0;
	atomic_store(&link->unanswered, 0);
	link_set_phase(link, PHASE_UP);
}

/* A lost connection is one thing, a password that no longer fits another. */
static bool link_is_news(const struct redis_link *link, const char *reason)
{
	return link->outage.is_told && link->reasons_told < REASONS_MOST &&
	       strncmp(link->told_reason, reason, REASON_SIZE - 1) != 0;
}

static void link_tell_down(struct redis_link *link, const char *reason,
			   uint64_t now_ms)
{
	unsigned int before = 0;

	switch (outage_down(&link->outage, now_ms, &before)) {
	case OUTAGE_TELL:
		if (before > 0)
			log_warning("redis %s: was down %u more times",
				    link->server, before);
		link->reasons_told = 0;
		log_warning("redis %s: down: %s", link->server, reason);
		break;
	case OUTAGE_ENOUGH:
		log_warning("redis %s: it comes and goes; of the next outages "
			    "only the number is told",
			    link->server);
		return;
	case OUTAGE_SILENT:
		if (!link_is_news(link, reason))
			return;
		log_warning("redis %s: not back yet: %s", link->server, reason);
		break;
	}
	link->reasons_told++;
	snprintf(link->told_reason, sizeof(link->told_reason), "%s", reason);
}

/* No callers until a probe has succeeded. One that does not stay up is not
 * probed as quickly as one that did. */
static void link_go_down(struct redis_link *link, const char *reason)
{
	unsigned int jitter = (unsigned int)rand_r(&link->seed) % 50;
	uint64_t now_ms = monotonic_ms();

	if (link->up_since_ms != 0 && now_ms - link->up_since_ms >= SETTLED_MS)
		link->probe_ms = PROBE_FIRST_MS;
	link->up_since_ms = 0;
	link_tell_down(link, reason, now_ms);
	if (link->going_down != NULL)
		link->going_down(link->context);
	link_set_phase(link, PHASE_DOWN);
	link_fail_held(link);
	link_set_timer(link, link->probe_ms * (100 + jitter) / 100);
	link->probe_ms *= 2;
	if (link->probe_ms > PROBE_MOST_MS)
		link->probe_ms = PROBE_MOST_MS;
}

/* Drops the connection, if any; its unanswered requests fail. */
static void link_break(struct redis_link *link, const char *reason)
{
	redisAsyncContext *redis = link->redis;

	link->redis = NULL;
	link_go_down(link, reason);
	if (redis != NULL)
		redisAsyncFree(redis);
}

/* An error answer: does it say something about Redis as a whole? Redis < 7
 * wraps what a command in a script says into "ERR Error running script...". */
static bool error_is_general(const char *error)
{
	return strstr(error, "WRONGTYPE") == NULL;
}

static void link_take_error(struct redis_link *link, const char *error)
{
	unsigned long long now_ms = monotonic_ms();

	if (now_ms - link->complained_ms >= COMPLAIN_EVERY_MS) {
		link->complained_ms = now_ms;
		log_warning("redis %s: refused a charge: %s", link->server,
			    error);
	}
	if (error_is_general(error) && ++link->refused >= FAILURES_TO_OPEN)
		link_break(link, error);
}

static void on_answer(redisAsyncContext *redis, void *answer, void *context);

static void link_send(struct redis_link *link, struct request *request)
{
	if (redisAsyncFormattedCommand(link->redis, on_answer, request,
				       request->command,
				       request->length) != REDIS_OK) {
		request_finish(request, REQUEST_FAILED);
		return;
	}
	request->sent_ms = monotonic_ms();
	request_queue_add(&link->flight, request);
}

/*
 * Is an answer overdue? Then nothing more is sent: the connection will be
 * dropped when the callers of what was sent give up, and by then the end of
 * each question that Redis may still read must be past (see
 * redis_link_deadline()), or what was counted here would be counted there, too.
 */
static bool link_is_in_doubt(const struct redis_link *link)
{
	const struct request *oldest = link->flight.first;

	return oldest != NULL &&
	       monotonic_ms() - oldest->sent_ms > link->timeout_ms / 2;
}

static void link_send_script(struct redis_link *link, redisCallbackFn *then)
{
	const char *words[] = { "SCRIPT", "LOAD", link->script };
	const size_t sizes[] = { 6, 4, link->script_length };

	redisAsyncCommandArgv(link->redis, then, link, 3, words, sizes);
}

static void on_loaded(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;

	if (answer != NULL && link->redis == redis)
		link->is_loading = false;
}

/* Hands it to hiredis, unless its caller has gone. */
static void link_send_wanted(struct redis_link *link, struct request *request)
{
	if (request_is_abandoned(request))
		request_free(request);
	else
		link_send(link, request);
}

/* Redis has forgotten the script, and so did nothing: load it, ask again.
 * What is sent behind the script finds it, so one copy serves many. */
static bool link_resend(struct redis_link *link, struct request *request)
{
	if (request->resends == RESENDS_MOST)
		return false;
	request->resends++;
	if (!link->is_loading) {
		link->is_loading = true;
		link_send_script(link, on_loaded);
	}
	link_send_wanted(link, request);
	return true;
}

/* Only an answer in time shows that Redis is well. */
static void link_finish(struct redis_link *link, struct request *request,
			enum request_state state)
{
	if (request_finish(request, state))
		atomic_store(&link->unanswered, 0);
}

static void take_answer(redisAsyncContext *redis, void *answer,
			struct request *request)
{
	struct redis_link *link = request->link;
	const redisReply *reply = answer;

	request_queue_take(
		&link->flight); /* answers come in the order of requests */
	if (reply == NULL || link->redis != redis) {
		request_finish(request, REQUEST_FAILED);
		return;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		if (strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0 &&
		    link_resend(link, request))
			return;
		link_finish(link, request, REQUEST_FAILED);
		link_take_error(link, reply->str);
		return;
	}
	if (request_take_integers(request, reply)) {
		link->refused = 0;
		link_finish(link, request, REQUEST_ANSWERED);
	} else {
		/* it may belong to somebody else, and so may the next ones */
		link_finish(link, request, REQUEST_FAILED);
		link_break(link, ANOTHER_SHAPE);
	}
}

static void link_send_held(struct redis_link *link)
{
	struct request *request;

	while (!link_is_in_doubt(link) &&
	       (request = request_queue_take(&link->held)) != NULL)
		link_send_wanted(link, request);
}

static void on_answer(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = ((struct request *)context)->link;

	take_answer(redis, answer, context);
	if (link->redis == redis && link->phase == PHASE_UP)
		link_send_held(link);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	struct redis_link *link = context;
	uint64_t wakes;
	bool is_stopping;

	(void)what;
	if (read(fd, &wakes, sizeof(wakes)) < 0 && errno != EAGAIN)
		log_error("redis %s: eventfd: %s", link->server,
			  strerror(errno));
	pthread_mutex_lock(&link->lock);
	link->is_woken = false;
	is_stopping = link->is_stopping;
	request_queue_join(&link->held, &link->queue);
	pthread_mutex_unlock(&link->lock);
	if (is_stopping)
		event_base_loopbreak(link->base);
	else if (link->phase == PHASE_UP &&
		 atomic_load(&link->unanswered) >= FAILURES_TO_OPEN)
		link_break(link, "it does not answer");
	else if (link->phase == PHASE_UP && link->held.first != NULL) {
		link_send_held(link);
		/* one write, now, not after another turn of the loop; never
		 * from a callback of hiredis: it may free the connection */
		redisAsyncHandleWrite(link->redis);
	}
}

/* Redis's clock */

static void on_time(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;
	const redisReply *reply = answer;

	if (reply == NULL || link->redis != redis ||
	    reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_STRING)
		return;
	redis_clock_learn(
		&link->redis_clock, link->clock_asked_ms, monotonic_ms(),
		strtoull(reply->element[0]->str, NULL, 10) * 1000 +
			strtoull(reply->element[1]->str, NULL, 10) / 1000);
}

static void link_ask_time(struct redis_link *link)
{
	link->clock_asked_ms = monotonic_ms();
	redisAsyncCommand(link->redis, on_time, link, "TIME");
}

static void on_clock(evutil_socket_t fd, short what, void *context)
{
	struct redis_link *link = context;

	(void)fd;
	(void)what;
	if (link->phase == PHASE_UP)
		link_ask_time(link);
}

/* making a connection: login, database, script, and a trial run of it */

static void on_greeting(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;
	const redisReply *reply = answer;

	if (reply == NULL || link->redis != redis)
		return;
	if (reply->type == REDIS_REPLY_ERROR)
		link_break(link, reply->str);
}

/*
 * Another Redis behind the same address, and so quickly that the link was not
 * down: it may have lost what the old one had. Nobody who has waited for the
 * connection is to be counted in it before somebody has looked.
 */
static void link_meet_another(struct redis_link *link)
{
	log_notice("redis %s: another one than before, or started again",
		   link->server);
	if (link->going_down != NULL)
		link->going_down(link->context);
	link_set_phase(link, PHASE_DOWN);
	link_fail_held(link);
}

static void on_run(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;
	const redisReply *reply = answer;
	struct redis_run run;

	if (reply == NULL || link->redis != redis ||
	    reply->type != REDIS_REPLY_STRING)
		return; /* this account may not ask */
	run = redis_run_read(reply->str);
	if (link->phase != PHASE_DOWN && redis_run_is_another(&link->run, &run))
		link_meet_another(link);
	link->run = run;
}

static void on_trial(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;
	const redisReply *reply = answer;

	if (reply == NULL || link->redis != redis)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		link_break(link, reply->str);
		return;
	}
	if (!request_answer_is_integers(reply)) {
		link_break(link, ANOTHER_SHAPE);
		return;
	}
	link_go_up(link);
	link_send_held(link);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
	struct redis_link *link = redis->data;

	if (status == REDIS_OK || link->redis != redis)
		return;
	link->redis = NULL; /* hiredis frees it */
	link_go_down(link, redis->errstr);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
	struct redis_link *link = redis->data;
	const char *reason = status == REDIS_OK ? "closed"
						: redis_guard_reason(redis);

	if (link->redis != redis)
		return; /* we dropped it ourselves */
	link->redis = NULL;
	if (link->phase == PHASE_UP &&
	    monotonic_ms() - link->up_since_ms >= HEALTHY_MS) {
		link_set_phase(link, PHASE_CONNECTING);
		link_attempt(link);
	} else {
		link_go_down(link, reason);
	}
}

static redisAsyncContext *connect_to(const char *server)
{
	redisAsyncContext *redis = NULL;
	struct redis_address address;

	if (!redis_address_parse(server, &address))
		return NULL;
	if (address.path != NULL)
		redis = redisAsyncConnectUnix(address.path);
	else
		redis = redisAsyncConnect(address.host, address.port);
	redis_address_clear(&address);
	return redis;
}

static void link_login(struct redis_link *link, redisAsyncContext *redis)
{
	pthread_mutex_lock(&link->lock);
	if (link->password != NULL && link->user != NULL)
		redisAsyncCommand(redis, on_greeting, link, "AUTH %s %s",
				  link->user, link->password);
	else if (link->password != NULL)
		redisAsyncCommand(redis, on_greeting, link, "AUTH %s",
				  link->password);
	pthread_mutex_unlock(&link->lock);
}

static void link_greet(struct redis_link *link)
{
	redisAsyncContext *redis = link->redis;

	link_login(link, redis);
	if (link->database != 0)
		redisAsyncCommand(redis, on_greeting, link, "SELECT %u",
				  link->database);
	link_send_script(link, on_greeting);
	redisAsyncCommand(redis, on_run, link, "INFO server");
	link_ask_time(link);
	redisAsyncCommandArgv(redis, on_trial, link, (int)link->trial_count,
			      (const char **)(void *)link->trial, NULL);
}

static void link_attempt(struct redis_link *link)
{
	redisAsyncContext *redis = connect_to(link->server);

	if (redis == NULL || redis->err != 0) {
		link_go_down(link,
			     redis == NULL ? "no such address" : redis->errstr);
		if (redis != NULL)
			redisAsyncFree(redis);
		return;
	}
	fcntl(redis->c.fd, F_SETFD, FD_CLOEXEC);
	redis->data = link;
	link->redis = redis;
	link->is_loading = false;
	redisLibeventAttach(redis, link->base);
	redis_guard_set(redis);
	redisAsyncSetConnectCallback(redis, on_connect);
	redisAsyncSetDisconnectCallback(redis, on_disconnect);
	link_set_timer(link, link->timeout_ms);
	link_greet(link);
}

/* An attempt has taken too long, or it is time for the next one. */
static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct redis_link *link = context;

	(void)fd;
	(void)what;
	if (link->redis != NULL)
		link_break(link, "it does not answer");
	else
		link_attempt(link);
}

static void *link_main(void *context)
{
	struct redis_link *link = context;
	redisAsyncContext *redis;

	link_attempt(link);
	event_base_dispatch(link->base);
	redis = link->redis;
	link->redis = NULL;
	link_set_phase(link, PHASE_DOWN);
	if (redis != NULL)
		redisAsyncFree(redis);
	link_fail_held(link);
	return NULL;
}

/* making and unmaking */

static void sha1_hex(const char *data, size_t length, char hex[41])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	EVP_Digest(data, length, digest, &size, EVP_sha1(), NULL);
	for (unsigned int i = 0; i < 20; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
}

static void link_copy_options(struct redis_link *link,
			      const struct redis_link_options *options)
{
	bool has_user = options->user != NULL && options->user[0] != '\0';

	link->server = alloc_text(options->server);
	link->user = has_user ? alloc_text(options->user) : NULL;
	link->password = alloc_text(options->password);
	link->database = options->database;
	link->timeout_ms = options->timeout_ms;
	link->script = alloc_copy(options->script, options->script_length);
	link->script_length = options->script_length;
	sha1_hex(link->script, link->script_length, link->sha1);
	link->going_down = options->going_down;
	link->context = options->context;
	link->trial_count = options->trial_count + 2;
	link->trial = alloc_array(link->trial_count, sizeof(*link->trial));
	link->trial[0] = alloc_text("EVALSHA");
	link->trial[1] = alloc_text(link->sha1);
	for (size_t i = 0; i < options->trial_count; i++)
		link->trial[i + 2] = alloc_text(options->trial[i]);
}

/* No signal of the process is for this thread. */
static void link_start(struct redis_link *link)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&link->thread, NULL, link_main, link) != 0)
		alloc_fail();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void link_make_events(struct redis_link *link)
{
	const struct timeval clock = { .tv_sec = CLOCK_EVERY_MS / 1000 };

	link->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	link->base = event_base_new();
	if (link->wake_fd < 0 || link->base == NULL)
		alloc_fail();
	link->wake = event_new(link->base, link->wake_fd, EV_READ | EV_PERSIST,
			       on_wake, link);
	link->timer = event_new(link->base, -1, 0, on_timer, link);
	link->clock = event_new(link->base, -1, EV_PERSIST, on_clock, link);
	if (link->wake == NULL || link->timer == NULL || link->clock == NULL ||
	    event_add(link->wake, NULL) != 0 ||
	    event_add(link->clock, &clock) != 0)
		alloc_fail();
}

struct redis_link *redis_link_new(const struct redis_link_options *options)
{
	struct redis_link *link = alloc_zero(sizeof(*link));
	pthread_condattr_t attributes;

	link_copy_options(link, options);
	link->phase = PHASE_CONNECTING;
	link->probe_ms = PROBE_FIRST_MS;
	link->seed = (unsigned int)(monotonic_ms() ^ (uint64_t)getpid());
	pthread_mutex_init(&link->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&link->settled, &attributes);
	pthread_condattr_destroy(&attributes);
	request_queue_init(&link->queue);
	request_queue_init(&link->held);
	request_queue_init(&link->flight);
	link_make_events(link);
	link_start(link);
	return link;
}

void redis_link_free(struct redis_link **link_r)
{
	struct redis_link *link = *link_r;

	if (link == NULL)
		return;
	pthread_mutex_lock(&link->lock);
	link->is_stopping = true;
	pthread_mutex_unlock(&link->lock);
	link_wake(link);
	pthread_join(link->thread, NULL);
	event_free(link->wake);
	event_free(link->timer);
	event_free(link->clock);
	event_base_free(link->base);
	close(link->wake_fd);
	pthread_cond_destroy(&link->settled);
	pthread_mutex_destroy(&link->lock);
	for (size_t i = 0; i < link->trial_count; i++)
		free(link->trial[i]);
	free(link->trial);
	free(link->server);
	free(link->user);
	alloc_wipe(&link->password);
	free(link->script);
	free(link);
	*link_r = NULL;
}
