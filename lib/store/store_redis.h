/* SPDX-License-Identifier: ISC */
#ifndef WEIR_STORE_REDIS_H
#define WEIR_STORE_REDIS_H

/*
 * Without this every milter would count for itself, and forget at a restart.
 *
 * The windows in Redis: one EVALSHA of charge.lua a question, one round trip,
 * on Redis's own clock; about more than a hundred windows one for each hundred,
 * all within one deadline, see charge_pieces.h. A key is PREFIX:KEY
 * with KEY from the charge. How long an answer may take, and what happens when
 * there is none, is told in redis_link.h. When it comes after all, what it says
 * was charged is taken back; only if it never comes may a charge be made whose
 * caller was answered UNAVAILABLE.
 */
#include <stdbool.h>

#include "store.h"

struct store_redis_options {
	const char *server; /* "unix:/path", "host:port", "[v6]:port" */
	unsigned int database;
	const char *user;     /* "" or NULL: the default user */
	const char *password; /* NULL: no login */
	const char *prefix;   /* of every key */
	unsigned int timeout_ms;
	bool uses_callers_clock;	   /* for tests, which own the clock */
	size_t piece_max;		   /* for tests; 0: CHARGE_PIECE_MAX */
	void (*going_down)(void *context); /* see redis_link.h */
	void *context;
};

/* Copies the options; does not wait for Redis. Never NULL. */
struct store *store_redis_new(const struct store_redis_options *options);

/* Waits at most wait_ms for the first attempt to end; is Redis there? */
bool store_redis_wait(struct store *store, unsigned int wait_ms);

/* From the next connection on. NULL: no login. Copied. Thread-safe. */
void store_redis_set_password(struct store *store, const char *password);

/* Waits at most wait_ms until Redis has answered all that it was asked, and
 * what it had charged too late is taken back; false when it has not. For the
 * end of a process. Thread-safe. */
bool store_redis_settle(struct store *store, unsigned int wait_ms);

/* Does Redis answer at the moment? Thread-safe, costs nothing. */
bool store_redis_is_up(const struct store *store);

/* See redis_link_connections(). Thread-safe, costs nothing. */
unsigned int store_redis_connections(const struct store *store);

/* See redis_link_count(). Thread-safe. */
struct redis_link_counts;

void store_redis_count(const struct store *store,
		       struct redis_link_counts *counts_r);

#endif
