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
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <hiredis/adapters/libevent.h>

#include "lib/base/alloc.h"
#include "redis_address.h"
#include "redis_guard.h"

#define CUT_OFF                                                             \
	"the service may not reach it: see IPAddressAllow in its unit, or " \
	"the packet filter"

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
	if (!is_asked_for(task) || count > REDIS_GUARD_ELEMENTS_MAX)
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

	if (reader->len > REDIS_GUARD_BYTES_MAX && reader->err == 0)
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
	redis->c.reader->privdata = redis;
	redis->ev.addRead = add_read;
}

/* The error line of Redis that lies unread in the socket. */
static bool take_last_words(const redisContext *redis, char *words, size_t size)
{
	ssize_t length = recv(redis->fd, words, size - 1, MSG_DONTWAIT);

	if (length <= 1 || words[0] != '-')
		return false;
	words[length] = '\0';
	words[strcspn(words, "\r\n")] = '\0';
	memmove(words, words + 1, strlen(words));
	return true;
}

void redis_guard_reason(const redisContext *redis,
			char reason_r[REDIS_GUARD_REASON_SIZE])
{
	const char *reason = redis->errstr;

	if (redis->err == REDIS_ERR_OOM)
		reason = "it says what it was not asked, or far too much";
	else if (strstr(reason, strerror(EPERM)) != NULL)
		reason = CUT_OFF;
	else if ((redis->err == REDIS_ERR_IO || redis->err == REDIS_ERR_EOF) &&
		 take_last_words(redis, reason_r, REDIS_GUARD_REASON_SIZE))
		return;
	snprintf(reason_r, REDIS_GUARD_REASON_SIZE, "%s", reason);
}

/* What a unit or a packet filter keeps from going out is dropped without a word
 * for TCP, and is an error for UDP: so an empty datagram finds it out. */
static bool is_cut_off(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_denied = false;

	if (fd < 0)
		return false;
	if (sendto(fd, "", 0, MSG_DONTWAIT, address->ai_addr,
		   address->ai_addrlen) < 0)
		is_denied = errno == EPERM || errno == EACCES;
	close(fd);
	return is_denied;
}

const char *redis_guard_silence(const char *server)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
					.ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	struct redis_address address;
	bool is_denied = false;

	if (!redis_address_parse(server, &address))
		return "no such address";
	if (address.host != NULL &&
	    getaddrinfo(address.host, NULL, &hints, &found) == 0) {
		if (found->ai_family == AF_INET)
			((struct sockaddr_in *)(void *)found->ai_addr)
				->sin_port = htons((uint16_t)address.port);
		else
			((struct sockaddr_in6 *)(void *)found->ai_addr)
				->sin6_port = htons((uint16_t)address.port);
		is_denied = is_cut_off(found);
		freeaddrinfo(found);
	}
	redis_address_clear(&address);
	return is_denied ? CUT_OFF : "it does not answer";
}
