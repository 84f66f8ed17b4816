/* SPDX-License-Identifier: ISC */

/*
 * The parser of hiredis makes its objects through a table of functions; ours
 * goes before. When an object of the outermost level is made, those before
 * it have been handed out, so the list of callbacks tells whether anybody
 * waits for this one. An error may come unasked: Redis does that when it has
 * too many clients, and hiredis knows it.
 *
 * A NULL from the table is "out of memory" to hiredis. Nothing else is:
 * alloc.h ends the process before hiredis could see it, and so does hiredis.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <hiredis/adapters/libevent.h>

#include "../base/alloc.h"
#include "redis_guard.h"

#if HIREDIS_MAJOR >= 1
#define ELEMENTS size_t
#else
#define ELEMENTS int
#endif

static pthread_once_t is_made = PTHREAD_ONCE_INIT;
static redisReplyObjectFunctions plain, guarded;

static bool is_asked_for(const redisReadTask *task)
{
	const redisAsyncContext *redis = task->privdata;

	return redis == NULL || task->parent != NULL ||
	       task->type == REDIS_REPLY_ERROR || redis->replies.head != NULL;
}

static void *make_string(const redisReadTask *task, char *text, size_t length)
{
	return is_asked_for(task) ? plain.createString(task, text, length)
				  : NULL;
}

static void *make_array(const redisReadTask *task, ELEMENTS count)
{
	if (!is_asked_for(task) || count > REDIS_GUARD_ELEMENTS_MOST)
		return NULL;
	return plain.createArray(task, count);
}

static void *make_integer(const redisReadTask *task, long long integer)
{
	return is_asked_for(task) ? plain.createInteger(task, integer) : NULL;
}

static void *make_nil(const redisReadTask *task)
{
	return is_asked_for(task) ? plain.createNil(task) : NULL;
}

/* hiredis asks for this event after each read, before it looks at what came.
 */
static void add_read(void *context)
{
	redisLibeventEvents *events = context;
	redisReader *reader = events->context->c.reader;

	if (reader->len > REDIS_GUARD_BYTES_MOST && reader->err == 0)
		reader->err = REDIS_ERR_OOM;
	redisLibeventAddRead(context);
}

/* plain is the table that any reader of hiredis comes with. */
static void make_tables(void)
{
	redisReader *reader = redisReaderCreate();

	if (reader == NULL)
		alloc_fail();
	plain = guarded = *reader->fn;
	redisReaderFree(reader);
	guarded.createString = make_string;
	guarded.createArray = make_array;
	guarded.createInteger = make_integer;
	guarded.createNil = make_nil;
}

void redis_guard_bound(redisContext *redis)
{
	pthread_once(&is_made, make_tables);
	redis->reader->fn = &guarded;
}

void redis_guard_set(redisAsyncContext *redis)
{
	redis_guard_bound(&redis->c);
	redis->c.reader->privdata = redis;
	redis->ev.addRead = add_read;
}

const char *redis_guard_reason(const redisAsyncContext *redis)
{
	return redis->err == REDIS_ERR_OOM
		       ? "it says what it was not asked, or far too much"
		       : redis->errstr;
}
