/* SPDX-License-Identifier: ISC */

/*
 * Login, database, script, whether it is the same Redis as before, its clock,
 * and a trial run of the script: all is sent at once, the answers come in this
 * order.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <hiredis/adapters/libevent.h>

#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "lib/base/pulse.h"
#include "redis_guard.h"
#include "redis_health.h"
#include "redis_link_greeting.h"
#include "redis_link_traffic.h"
#include "redis_refusal.h"

#define TOO_OLD "it is older than Redis 5"

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
		&link->redis_clock, link->clock_asked_ms, clock_steady_ms(),
		strtoull(reply->element[0]->str, NULL, 10) * 1000 +
			strtoull(reply->element[1]->str, NULL, 10) / 1000);
}

static void link_ask_time(struct redis_link *link)
{
	link->clock_asked_ms = clock_steady_ms();
	redisAsyncCommand(link->redis, on_time, link, "TIME");
}

void link_on_clock(evutil_socket_t fd, short what, void *context)
{
	struct redis_link *link = context;

	(void)fd;
	(void)what;
	pulse_beat();
	if (link->phase == PHASE_UP)
		link_ask_time(link);
}

/* the answers */

/* Redis has answered a question of the greeting with an error. */
static void link_refuse(struct redis_link *link, const char *error)
{
	link_count_failure(link, redis_failure_of(error));
	link_break(link, error);
}

static void on_greeting(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;
	const redisReply *reply = answer;

	if (reply == NULL || link->redis != redis)
		return;
	if (reply->type == REDIS_REPLY_ERROR)
		link_refuse(link, reply->str);
}

/*
 * Another Redis behind the same address, and so quickly that the link was not
 * down: it may have lost what the old one had. Nobody who has waited for the
 * connection is to be counted in it before somebody has looked.
 */
static void link_meet_another(struct redis_link *link)
{
	log_notice("redis %s: another one than before, or started again",
		   link->login.server);
	link_turn_away(link);
}

static void on_run(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;
	const redisReply *reply = answer;
	struct redis_run_id run;
	struct redis_health health;

	if (reply == NULL || link->redis != redis ||
	    reply->type != REDIS_REPLY_STRING)
		return; /* this account may not ask */
	redis_health_parse(reply->str, &health);
	if (redis_health_is_too_old(&health)) {
		link_refuse(link, TOO_OLD);
		return;
	}
	run = redis_run_id_read(reply->str);
	if (redis_run_id_is_another(&link->run, &run)) {
		atomic_fetch_add(&link->runs, 1);
		if (link->phase != PHASE_DOWN)
			link_meet_another(link);
	}
	link->run = run;
}

static void on_simulation(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;
	const redisReply *reply = answer;

	if (reply == NULL || link->redis != redis)
		return;
	if (link->has_no_script && reply->type == REDIS_REPLY_ERROR &&
	    strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0)
		return; /* the next one brings the script along */
	if (reply->type == REDIS_REPLY_ERROR) {
		link_refuse(link, reply->str);
		return;
	}
	if (!request_answer_is_integers(reply)) {
		link_count_failure(link, REDIS_FAILURE_OTHER);
		link_break(link, ANOTHER_SHAPE);
		return;
	}
	link_go_up(link);
	link_send_held(link);
}

/* An account without SCRIPT: EVAL leaves the script in Redis as well. */
static void on_script(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = context;
	const redisReply *reply = answer;

	if (reply == NULL || link->redis != redis ||
	    reply->type != REDIS_REPLY_ERROR)
		return;
	if (!redis_refusal_is_of_account(reply->str)) {
		link_refuse(link, reply->str);
		return;
	}
	log_warning("redis %s: SCRIPT LOAD is refused, the script goes with "
		    "EVAL: %s",
		    link->login.server, reply->str);
	link->has_no_script = true;
	link_try(link, on_simulation);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
	struct redis_link *link = redis->data;
	char reason[REDIS_GUARD_REASON_SIZE];

	if (status == REDIS_OK || link->redis != redis)
		return;
	link->redis = NULL; /* hiredis frees it */
	link_count_failure(link, REDIS_FAILURE_REFUSED);
	redis_guard_reason(&redis->c, reason);
	link_go_down(link, reason);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
	struct redis_link *link = redis->data;
	char reason[REDIS_GUARD_REASON_SIZE] = "closed";

	link_forget(link, redis);
	if (link->redis != redis)
		return; /* we left it ourselves */
	if (status != REDIS_OK)
		redis_guard_reason(&redis->c, reason);
	link_count_failure(link, REDIS_FAILURE_REFUSED);
	link->redis = NULL;
	link_lose(link, reason);
}

/* the questions */

static bool link_ask(void *context, int count, const char **words)
{
	struct redis_link *link = context;

	redisAsyncCommandArgv(link->redis, on_greeting, link, count, words,
			      NULL);
	return true;
}

static void link_greet(struct redis_link *link)
{
	pthread_mutex_lock(&link->lock);
	redis_greet(&link->login, link_ask, link);
	pthread_mutex_unlock(&link->lock);
	if (!link->has_no_script)
		link_load(link, on_script);
	redisAsyncCommand(link->redis, on_run, link, "INFO server");
	link_ask_time(link);
	link_try(link, on_simulation);
}

static void link_attempt(struct redis_link *link)
{
	char reason[REDIS_GUARD_REASON_SIZE];
	redisContext *begun = redis_connect(&link->login, 0, reason);
	redisAsyncContext *redis = (redisAsyncContext *)(void *)begun;

	if (redis == NULL) {
		link_count_failure(link, REDIS_FAILURE_REFUSED);
		link_go_down(link, reason);
		return;
	}
	redis->data = link;
	link->redis = redis;
	atomic_fetch_add(&link->connections, 1);
	link->is_loading = false;
	redisLibeventAttach(redis, link->base);
	redis_guard_set(redis);
	redisAsyncSetConnectCallback(redis, on_connect);
	redisAsyncSetDisconnectCallback(redis, on_disconnect);
	link_set_timer(link, link->timeout_ms);
	link_greet(link);
}

void link_on_timer(evutil_socket_t fd, short what, void *context)
{
	struct redis_link *link = context;

	(void)fd;
	(void)what;
	if (link->phase == PHASE_UP)
		link_look_at_answers(link);
	else if (link->redis != NULL) {
		link_count_failure(link, REDIS_FAILURE_TIMEOUT);
		link_break(link, redis_guard_silence(link->login.server));
	} else
		link_attempt(link);
}
