/* SPDX-License-Identifier: ISC */

/* The two sides meet in the state of a request, under its lock. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/thread.h"
#include "redis_late.h"
#include "redis_request.h"

struct request *request_new(struct redis_link *link, size_t count,
			    uint64_t end_ms)
{
	struct request *request = alloc_zero(sizeof(*request) +
					     count * sizeof(int64_t));

	thread_condition_init(&request->done);
	pthread_mutex_init(&request->lock, NULL);
	request->link = link;
	request->count = count;
	request->end_ms = end_ms;
	return request;
}

/* Nobody touches an abandoned request but the loop. */
static void request_tell_late(struct request *request, const int64_t *integers)
{
	struct redis_late *late = request->late;

	request->late = NULL;
	if (late != NULL)
		late->answered(late, integers);
}

void request_free(struct request *request)
{
	request_tell_late(request, NULL);
	pthread_mutex_destroy(&request->lock);
	pthread_cond_destroy(&request->done);
	redisFreeCommand(request->command);
	free(request);
}

bool request_finish(struct request *request, enum request_state state)
{
	bool is_abandoned;

	pthread_mutex_lock(&request->lock);
	is_abandoned = request->state == REQUEST_ABANDONED;
	if (!is_abandoned) {
		request->state = state;
		pthread_cond_signal(&request->done);
	}
	pthread_mutex_unlock(&request->lock);
	if (is_abandoned) {
		if (state == REQUEST_ANSWERED)
			request_tell_late(request, request->integers);
		request_free(request);
	}
	return !is_abandoned;
}

bool request_is_abandoned(struct request *request)
{
	bool is_abandoned;

	pthread_mutex_lock(&request->lock);
	is_abandoned = request->state == REQUEST_ABANDONED &&
		       !request->is_posted;
	pthread_mutex_unlock(&request->lock);
	return is_abandoned;
}

void request_post(struct request *request, unsigned int run)
{
	request->run = run;
	request->state = REQUEST_ABANDONED;
	request->is_posted = true;
}

enum request_state request_wait(struct request *request, uint64_t end_ms)
{
	enum request_state state;

	pthread_mutex_lock(&request->lock);
	while (request->state == REQUEST_WAITING &&
	       thread_wait(&request->done, &request->lock, end_ms))
		;
	state = request->state;
	pthread_mutex_unlock(&request->lock);
	return state;
}

enum request_state request_abandon(struct request *request,
				   struct redis_late *late)
{
	enum request_state state;

	pthread_mutex_lock(&request->lock);
	if (request->state == REQUEST_WAITING) {
		request->state = REQUEST_ABANDONED;
		request->late = late;
	}
	state = request->state;
	pthread_mutex_unlock(&request->lock);
	return state;
}

bool request_format(struct request *request, const char *sha1,
		    size_t argument_count, const char *const *arguments,
		    const size_t *lengths)
{
	size_t count = argument_count + 2;
	const char **words = alloc_array(count, sizeof(*words));
	size_t *sizes = alloc_array(count, sizeof(*sizes));
	/* an int up to hiredis 0.14, a long long later */
	long long length;

	words[0] = "EVALSHA";
	sizes[0] = strlen(words[0]);
	words[1] = sha1;
	sizes[1] = strlen(words[1]);
	memcpy(words + 2, arguments, argument_count * sizeof(*words));
	memcpy(sizes + 2, lengths, argument_count * sizeof(*sizes));
	length = redisFormatCommandArgv(&request->command, (int)count, words,
					sizes);
	free(words);
	free(sizes);
	if (length < 0)
		request->command = NULL;
	request->length = length < 0 ? 0 : (size_t)length;
	return length >= 0;
}

bool request_answer_is_integers(const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY)
		return false;
	for (size_t i = 0; i < reply->elements; i++)
		if (reply->element[i]->type != REDIS_REPLY_INTEGER)
			return false;
	return reply->elements > 0;
}

bool request_take_integers(struct request *request, const redisReply *reply)
{
	if (!request_answer_is_integers(reply) ||
	    reply->elements != request->count)
		return false;
	for (size_t i = 0; i < reply->elements; i++)
		request->integers[i] = reply->element[i]->integer;
	return true;
}

/* queues */

void request_queue_init(struct request_queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

void request_queue_add(struct request_queue *queue, struct request *request)
{
	request->next = NULL;
	*queue->end = request;
	queue->end = &request->next;
}

struct request *request_queue_take(struct request_queue *queue)
{
	struct request *request = queue->first;

	if (request == NULL)
		return NULL;
	queue->first = request->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	return request;
}

void request_queue_join(struct request_queue *queue, struct request_queue *more)
{
	if (more->first == NULL)
		return;
	*queue->end = more->first;
	queue->end = more->end;
	request_queue_init(more);
}
