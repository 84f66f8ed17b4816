/* SPDX-License-Identifier: ISC */

/* hiredis has one function for each kind of address and of context. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/async.h>

#include "lib/base/alloc.h"
#include "redis_address.h"
#include "redis_connect.h"
#include "redis_guard.h"

struct timeval redis_timeval(unsigned int wait_ms)
{
	return (struct timeval){
		.tv_sec = (time_t)(wait_ms / 1000),
		.tv_usec = (suseconds_t)(wait_ms % 1000) * 1000,
	};
}

void redis_login_init(struct redis_login *login, const char *server,
		      const char *user, const char *password,
		      unsigned int database)
{
	bool has_user = user != NULL && user[0] != '\0';

	login->server = alloc_text(server);
	login->user = has_user ? alloc_text(user) : NULL;
	login->password = alloc_text(password);
	login->database = database;
}

void redis_login_clear(struct redis_login *login)
{
	free(login->server);
	free(login->user);
	alloc_wipe(&login->password);
}

void redis_login_set_password(struct redis_login *login, const char *password)
{
	char *copy = alloc_text(password);

	alloc_wipe(&login->password);
	login->password = copy;
}

static redisContext *begin(const struct redis_address *address)
{
	redisAsyncContext *redis =
		address->path != NULL
			? redisAsyncConnectUnix(address->path)
			: redisAsyncConnect(address->host, address->port);

	return redis == NULL ? NULL : &redis->c;
}

static redisContext *finish(const struct redis_address *address,
			    unsigned int timeout_ms)
{
	struct timeval timeout = redis_timeval(timeout_ms);
	redisContext *redis =
		address->path != NULL
			? redisConnectUnixWithTimeout(address->path, timeout)
			: redisConnectWithTimeout(address->host, address->port,
						  timeout);

	if (redis != NULL && redis->err == 0)
		redisSetTimeout(redis, timeout);
	return redis;
}

redisContext *redis_connect(const struct redis_login *login,
			    unsigned int timeout_ms,
			    char reason_r[REDIS_GUARD_REASON_SIZE])
{
	struct redis_address address;
	redisContext *redis;

	if (!redis_address_parse(login->server, &address)) {
		snprintf(reason_r, REDIS_GUARD_REASON_SIZE, "no such address");
		return NULL;
	}
	redis = timeout_ms == 0 ? begin(&address)
				: finish(&address, timeout_ms);
	redis_address_clear(&address);
	if (redis == NULL)
		alloc_fail();
	if (redis->err == 0) {
		fcntl(redis->fd, F_SETFD, FD_CLOEXEC);
		redis_guard_bound(redis);
		return redis;
	}
	redis_guard_reason(redis, reason_r);
	if (timeout_ms == 0)
		redisAsyncFree((redisAsyncContext *)(void *)redis);
	else
		redisFree(redis);
	return NULL;
}

bool redis_greet(const struct redis_login *login, redis_greeting_send *send,
		 void *context)
{
	const char *auth[] = { "AUTH", login->user, login->password };
	const char *auth_default[] = { "AUTH", login->password };
	char number[16];
	const char *select[] = { "SELECT", number };
	bool is_good = true;

	snprintf(number, sizeof(number), "%u", login->database);
	if (login->password != NULL)
		is_good = login->user != NULL ? send(context, 3, auth)
					      : send(context, 2, auth_default);
	if (is_good && login->database != 0)
		is_good = send(context, 2, select);
	return is_good;
}
