/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_REDIS_SERVER_H
#define WEIR_TEST_REDIS_SERVER_H

/*
 * Without this the tests would count in somebody else's Redis.
 *
 * A redis-server of the test's own: in a temporary directory, on a unix
 * socket only, saving nothing. It dies with the test program, also when that
 * is killed.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct redisReply;

struct redis_server {
	char directory[64];
	char address[96]; /* "unix:DIRECTORY/redis.sock" */
	pid_t pid;	  /* 0: stopped */
};

/* Starts one and waits until it answers; ends the program when it cannot.
 * extra: more arguments for redis-server, NULL at the end; may be NULL. */
void redis_server_start(struct redis_server *server, const char *const *extra);

/* Kills it, if it runs, with SIGKILL; start_again is at the same address. */
void redis_server_kill(struct redis_server *server);
void redis_server_start_again(struct redis_server *server,
			      const char *const *extra);

/* SIGSTOP and SIGCONT. */
void redis_server_freeze(struct redis_server *server);
void redis_server_thaw(struct redis_server *server);

/* Kills it and removes the directory. */
void redis_server_remove(struct redis_server *server);

/* One command on a connection of its own; the caller frees the reply. */
struct redisReply *redis_server_command(const struct redis_server *server,
					const char *format, ...);

/* The same, for commands that answer with an integer. */
long long redis_server_integer(const struct redis_server *server,
			       const char *format, ...);

/* Is it a Redis of this version or newer (Valkey says 7)? If not, says which
 * version it takes, for a test that returns then: "what" as in "accounts". */
bool redis_server_has(const struct redis_server *server, int version,
		      const char *what);

#endif
