/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_CONNECT_H
#define WEIR_REDIS_CONNECT_H

/*
 * One way to reach a Redis and to log in, for the blocking client and for the
 * link. For lib/redis alone.
 */
#include <stdbool.h>

#include <hiredis/hiredis.h>

#include "redis_guard.h"

/* Where a Redis is, and as whom to ask it. All owned; one thread at a time. */
struct redis_login {
	char *server;	/* "unix:/path", "host:port" or "[v6]:port" */
	char *user;	/* NULL: the default user */
	char *password; /* NULL: no login */
	unsigned int database;
};

struct timeval redis_timeval(unsigned int wait_ms);

/* Copies; user may be "". */
void redis_login_init(struct redis_login *login, const char *server,
		      const char *user, const char *password,
		      unsigned int database);
void redis_login_clear(struct redis_login *login);

/* NULL: no login. Copied. */
void redis_login_set_password(struct redis_login *login, const char *password);

/*
 * A connection, closed on exec and guarded (redis_guard.h): within timeout_ms,
 * which each answer has, too; with timeout_ms 0 it is under way, and the first
 * member of a redisAsyncContext. NULL with a reason when it failed.
 */
redisContext *redis_connect(const struct redis_login *login,
			    unsigned int timeout_ms,
			    char reason_r[REDIS_GUARD_REASON_SIZE]);

/*
 * What each connection begins with: AUTH and SELECT, as far as they are
 * needed. send sends one command; false ends it. The words live until send
 * returns. Redis must answer each with something other than an error.
 */
typedef bool redis_greeting_send(void *context, int count, const char **words);

bool redis_greet(const struct redis_login *login, redis_greeting_send *send,
		 void *context);

#endif
