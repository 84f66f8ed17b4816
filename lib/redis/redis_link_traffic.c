/* SPDX-License-Identifier: ISC */

/* Commands go to hiredis, which answers in order. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/pulse.h"
#include "lib/base/clock.h"
#include "redis_link_traffic.h"
#include "redis_refusal.h"

#define RESENDS_MAX 3 /* of one request, for NOSCRIPT */

static void on_answer(redisAsyncContext *redis, void *answer, void *context);

static void link_take_error(struct redis_link *link, const char *error)
{
	bool is_of_key = redis_refusal_is_of_key(error);

	if (link_may_complain(link,
			      is_of_key ? COMPLAINT_KEY : COMPLAINT_REFUSAL))
		log_warning("redis %s: refused a charge: %s",
			    link->login.server, error);
	if (redis_refusal_is_of_server(error))
		link_leave(link, error);
	else if (!is_of_key && ++link->refused >= FAILURES_TO_OPEN)
		link_break(link, error);
}

static void link_send(struct redis_link *link, struct request *request)
{
	if (redisAsyncFormattedCommand(link->redis, on_answer, request,
				       request->command,
				       request->length) != REDIS_OK) {
		request_finish(request, REQUEST_FAILED);
		return;
	}
	request->sent_ms = clock_steady_ms();
	if (request->is_posted)
		request->end_ms = request->sent_ms + link->timeout_ms;
	request_queue_add(&link->flight, request);
	if (link->flight.first == request)
		link_note_overdue(link);
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
	       clock_steady_ms() - oldest->sent_ms > link->timeout_ms / 2;
}

void link_try(struct redis_link *link, redisCallbackFn *then)
{
	const char **words = alloc_array(link->simulation_count,
					 sizeof(*words));
	size_t *sizes = alloc_array(link->simulation_count, sizeof(*sizes));

	for (size_t i = 0; i < link->simulation_count; i++) {
		words[i] = link->simulation[i];
		sizes[i] = strlen(words[i]);
	}
	if (link->has_no_script) {
		words[0] = "EVAL";
		sizes[0] = strlen(words[0]);
		words[1] = link->script;
		sizes[1] = link->script_length;
	}
	redisAsyncCommandArgv(link->redis, then, link,
			      (int)link->simulation_count, words, sizes);
	free(words);
	free(sizes);
}

void link_load(struct redis_link *link, redisCallbackFn *then)
{
	const char *words[] = { "SCRIPT", "LOAD", link->script };
	const size_t sizes[] = { 6, 4, link->script_length };

	if (link->has_no_script)
		link_try(link, then);
	else
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
	if (request->resends == RESENDS_MAX)
		return false;
	request->resends++;
	if (!link->is_loading) {
		link->is_loading = true;
		link_load(link, on_loaded);
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

/* An answer on a connection that was left says nothing of the one that there
 * is; its caller may still wait, or it is to be undone. */
static void take_owed_answer(redisAsyncContext *redis, const redisReply *reply,
			     struct request *request)
{
	struct redis_link *link = request->link;

	if (request_take_integers(request, reply)) {
		request_finish(request, REQUEST_ANSWERED);
		return;
	}
	request_finish(request, REQUEST_FAILED);
	if (reply->type != REDIS_REPLY_ERROR)
		link_forsake(link, redis);
}

static void take_answer(redisAsyncContext *redis, void *answer,
			struct request *request)
{
	struct redis_link *link = request->link;
	const redisReply *reply = answer;

	if (link->redis == redis) {
		/* answers come in the order of requests */
		request_queue_take(&link->flight);
		if (reply != NULL)
			link_note_overdue(link);
	}
	if (reply == NULL) {
		request_finish(request, REQUEST_FAILED);
		return;
	}
	if (link->redis != redis) {
		take_owed_answer(redis, reply, request);
		return;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		link_count_failure(link, redis_failure_of(reply->str));
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
		link_count_failure(link, REDIS_FAILURE_OTHER);
		link_break(link, ANOTHER_SHAPE);
		link_forsake(link, redis);
	}
}

/* Was it posted, and for another Redis than the one that is here? */
static bool link_is_foreign(struct redis_link *link,
			    const struct request *request)
{
	if (!request->is_posted)
		return false;
	pthread_mutex_lock(&link->lock);
	link->posted--;
	pthread_mutex_unlock(&link->lock);
	return request->run != atomic_load(&link->runs);
}

void link_send_held(struct redis_link *link)
{
	struct request *request;

	while (!link_is_in_doubt(link) &&
	       (request = request_queue_take(&link->held)) != NULL)
		if (link_is_foreign(link, request))
			request_free(request);
		else
			link_send_wanted(link, request);
}

void link_look_at_answers(struct redis_link *link)
{
	if (atomic_load(&link->unanswered) == 0)
		return;
	if (link_is_stalled(link))
		link_break(link, "it does not answer");
	else if (link->flight.first != NULL)
		link_set_timer(link, link->timeout_ms);
}

static void on_answer(redisAsyncContext *redis, void *answer, void *context)
{
	struct redis_link *link = ((struct request *)context)->link;

	take_answer(redis, answer, context);
	if (link->redis == redis && link->phase == PHASE_UP)
		link_send_held(link);
}

void link_on_wake(evutil_socket_t fd, short what, void *context)
{
	struct redis_link *link = context;
	uint64_t wakes;
	bool is_stopping;

	(void)what;
	if (read(fd, &wakes, sizeof(wakes)) < 0 && errno != EAGAIN)
		log_error("redis %s: eventfd: %s", link->login.server,
			  strerror(errno));
	pthread_mutex_lock(&link->lock);
	link->is_woken = false;
	is_stopping = link->is_stopping;
	request_queue_join(&link->held, &link->queue);
	pthread_mutex_unlock(&link->lock);
	if (is_stopping)
		event_base_loopbreak(link->base);
	else if (link->phase == PHASE_UP)
		link_look_at_answers(link);
	if (link->phase == PHASE_UP && link->held.first != NULL) {
		link_send_held(link);
		/* one write, now, not after another turn of the loop; never
		 * from a callback of hiredis: it may free the connection */
		redisAsyncHandleWrite(link->redis);
	}
}

void *link_main(void *context)
{
	struct redis_link *link = context;

	pulse_begin("the connection to Redis");
	event_base_dispatch(link->base);
	pulse_end();
	link_end(link);
	return NULL;
}
