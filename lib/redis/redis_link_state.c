/* SPDX-License-Identifier: ISC */

/* Up, down, and what is logged of it. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "redis_link_state.h"

#define PROBE_FIRST_MS	 100
#define PROBE_MAX_MS	 1000
#define SETTLED_MS	 10000 /* up for so long: probe quickly again */
#define REASONS_MAX	 4     /* logged of one outage */
#define COMPLAIN_MS	 10000 /* between two of a kind */
#define HEALTHY_MS	 500   /* a younger connection is not renewed */
#define STALLED_TIMEOUTS 3 /* without an answer in time, before it is down */

void link_count_failure(struct redis_link *link, enum redis_failure failure)
{
	atomic_fetch_add_explicit(&link->failures[failure], 1,
				  memory_order_relaxed);
}

bool link_may_complain(struct redis_link *link, enum complaint complaint)
{
	atomic_ullong *complained_ms = &link->complained_ms[complaint];
	unsigned long long last_ms = atomic_load(complained_ms);
	unsigned long long now_ms = clock_steady_ms();

	return (last_ms == 0 || now_ms - last_ms >= COMPLAIN_MS) &&
	       atomic_compare_exchange_strong(complained_ms, &last_ms, now_ms);
}

bool link_is_stalled(const struct redis_link *link)
{
	uint64_t stalled_ms = atomic_load(&link->stalled_ms);
	uint64_t overdue_ms = atomic_load(&link->overdue_ms);
	unsigned int unanswered = atomic_load(&link->unanswered);

	if (link->phase == PHASE_CONNECTING)
		return unanswered >= FAILURES_TO_OPEN;
	if (unanswered == 0 || overdue_ms == 0)
		return false;
	if (unanswered < FAILURES_TO_OPEN)
		stalled_ms = overdue_ms - link->timeout_ms;
	return clock_steady_ms() - stalled_ms >=
	       (uint64_t)STALLED_TIMEOUTS * link->timeout_ms;
}

/* Since when it is down. */
static void link_note_phase(struct redis_link *link, enum phase phase)
{
	if (phase == PHASE_UP)
		atomic_store(&link->down_since_ms, 0);
	else if (phase == PHASE_DOWN && atomic_load(&link->down_since_ms) == 0)
		atomic_store(&link->down_since_ms, clock_steady_ms());
}

static void set_phase(struct redis_link *link, enum phase phase)
{
	link_note_phase(link, phase);
	pthread_mutex_lock(&link->lock);
	link->phase = phase;
	if (phase == PHASE_DOWN)
		request_queue_join(&link->held, &link->queue);
	pthread_cond_broadcast(&link->settled);
	pthread_mutex_unlock(&link->lock);
}

void link_set_timer(struct redis_link *link, unsigned int wait_ms)
{
	struct timeval wait = redis_timeval(wait_ms);

	event_add(link->timer, &wait);
}

/* But what was posted, unless all ends: that waits for the next connection. */
static void link_fail_held(struct redis_link *link, bool is_end)
{
	struct request_queue posted;
	struct request *request;

	request_queue_init(&posted);
	while ((request = request_queue_take(&link->held)) != NULL)
		if (request->is_posted && !is_end)
			request_queue_add(&posted, request);
		else
			request_finish(request, REQUEST_FAILED);
	request_queue_join(&link->held, &posted);
}

void link_note_overdue(struct redis_link *link)
{
	const struct request *oldest = link->flight.first;

	atomic_store(&link->overdue_ms, oldest == NULL ? 0 : oldest->end_ms);
}

void link_turn_away(struct redis_link *link)
{
	if (link->going_down != NULL)
		link->going_down(link->context);
	set_phase(link, PHASE_DOWN);
	link_fail_held(link, false);
}

void link_begin(struct redis_link *link)
{
	link->phase = PHASE_CONNECTING;
	link->probe_ms = PROBE_FIRST_MS;
	link_set_timer(link, 0);
}

void link_go_up(struct redis_link *link)
{
	uint64_t now_ms = clock_steady_ms(), lasted_ms;

	event_del(link->timer);
	if (outage_up(&link->outage, now_ms, &lasted_ms))
		log_notice("redis %s: back after %.1f s", link->login.server,
			   (double)lasted_ms / 1000);
	else if (!link->was_up)
		log_notice("redis %s: connected", link->login.server);
	link->was_up = true;
	link->up_since_ms = now_ms;
	link->refused = 0;
	atomic_store(&link->unanswered, 0);
	link_note_overdue(link);
	set_phase(link, PHASE_UP);
}

/* A lost connection is one thing, a password that no longer fits another. */
static bool link_is_news(const struct redis_link *link, const char *reason)
{
	return link->outage.is_told && link->reasons_told < REASONS_MAX &&
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
				    link->login.server, before);
		link->reasons_told = 0;
		log_warning("redis %s: down: %s", link->login.server, reason);
		break;
	case OUTAGE_ENOUGH:
		log_warning("redis %s: connection is flapping; further outages "
			    "are only counted",
			    link->login.server);
		return;
	case OUTAGE_SILENT:
		if (!link_is_news(link, reason))
			return;
		log_warning("redis %s: not back yet: %s", link->login.server,
			    reason);
		break;
	}
	link->reasons_told++;
	snprintf(link->told_reason, sizeof(link->told_reason), "%s", reason);
}

void link_go_down(struct redis_link *link, const char *reason)
{
	unsigned int jitter = (unsigned int)rand_r(&link->seed) % 50;
	uint64_t now_ms = clock_steady_ms();

	if (link->up_since_ms != 0 && now_ms - link->up_since_ms >= SETTLED_MS)
		link->probe_ms = PROBE_FIRST_MS;
	link->up_since_ms = 0;
	link_tell_down(link, reason, now_ms);
	link_turn_away(link);
	link_set_timer(link, link->probe_ms * (100 + jitter) / 100);
	link->probe_ms *= 2;
	if (link->probe_ms > PROBE_MAX_MS)
		link->probe_ms = PROBE_MAX_MS;
}

bool link_forget(struct redis_link *link, const redisAsyncContext *redis)
{
	size_t count = 0;
	bool was_owing;

	for (size_t i = 0; i < OWING_MAX; i++)
		if (link->owing[i] != redis)
			link->owing[count++] = link->owing[i];
	was_owing = count < OWING_MAX;
	while (count < OWING_MAX)
		link->owing[count++] = NULL;
	return was_owing;
}

void link_forsake(struct redis_link *link, redisAsyncContext *redis)
{
	if (link_forget(link, redis))
		redisAsyncFree(redis); /* its requests fail */
}

/* What Redis owes on this connection may still come: the charge was made, and
 * its caller does not know. hiredis ends the connection with the last answer.
 */
static void link_let_go(struct redis_link *link, redisAsyncContext *redis)
{
	bool is_owing = link->flight.first != NULL;
	size_t at = 0;

	request_queue_init(&link->flight);
	link_note_overdue(link);
	if (redis == NULL)
		return;
	if (!is_owing) {
		redisAsyncFree(redis);
		return;
	}
	if (link->owing[OWING_MAX - 1] != NULL)
		link_forsake(link, link->owing[0]);
	while (link->owing[at] != NULL)
		at++;
	link->owing[at] = redis;
	redisAsyncDisconnect(redis);
}

void link_break(struct redis_link *link, const char *reason)
{
	redisAsyncContext *redis = link->redis;

	link->redis = NULL;
	link_go_down(link, reason);
	link_let_go(link, redis);
}

static bool link_was_well(const struct redis_link *link)
{
	return link->phase == PHASE_UP &&
	       clock_steady_ms() - link->up_since_ms >= HEALTHY_MS;
}

void link_lose(struct redis_link *link, const char *reason)
{
	if (link_was_well(link)) {
		set_phase(link, PHASE_CONNECTING);
		link_set_timer(link, 0);
	} else {
		link_go_down(link, reason);
	}
}

void link_leave(struct redis_link *link, const char *reason)
{
	redisAsyncContext *redis = link->redis;

	link->redis = NULL;
	link_lose(link, reason);
	link_let_go(link, redis);
}

void link_end(struct redis_link *link)
{
	redisAsyncContext *redis = link->redis;

	link->redis = NULL;
	set_phase(link, PHASE_DOWN);
	link_let_go(link, redis);
	while (link->owing[0] != NULL)
		link_forsake(link, link->owing[0]);
	link_fail_held(link, true);
}
