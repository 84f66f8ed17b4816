/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_CLIENT_H
#define WEIR_REDIS_CLIENT_H

/*
 * Without this whoever wants one look at Redis would need an event loop.
 *
 * A plain connection for what is not in the way of mail: weirctl, and the
 * housekeeping of the milter. One thread. It connects at the first command
 * and, after an error of the connection, again at the next; commands whose
 * answer did not come may have been carried out. Words are bytes of any kind.
 * The program must ignore SIGPIPE.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "redis_value.h"

struct redis_client_options {
	const char *server; /* "unix:/path", "host:port", "[v6]:port" */
	unsigned int database;
	const char *user;	 /* "" or NULL: the default user */
	const char *password;	 /* NULL: no login */
	unsigned int timeout_ms; /* of the connection, and of each answer */
};

struct redis_client;

/* Copies the options. Does not connect yet. Never NULL. */
struct redis_client *
redis_client_new(const struct redis_client_options *options);
void redis_client_free(struct redis_client **client);

/* From the next connection on; NULL: no login. Copied. */
void redis_client_set_password(struct redis_client *client,
			       const char *password);

/* Of the connections and answers from now on; at least 1. */
void redis_client_set_timeout(struct redis_client *client,
			      unsigned int timeout_ms);

/* What went wrong last, as a sentence without a full stop, safe to print:
 * "redis 127.0.0.1:6379: Connection refused", or, where Redis refused, with
 * the command and its first key: "redis ...: GET weir:x: WRONGTYPE ...".
 * Never NULL. */
const char *redis_client_error(const struct redis_client *client);

/*
 * Was the last failure an error answer of Redis? Then nothing was carried out.
 * Where the answer says that this is not the server to ask (a replica, one that
 * is loading; see redis_refusal.h) the connection is closed, and the next
 * command makes a new one, which may lead to another server.
 */
bool redis_client_was_refused(const struct redis_client *client);

/* The same, because this account is not permitted to do it. */
bool redis_client_is_denied(const struct redis_client *client);

/* Is there a connection? */
bool redis_client_is_open(const struct redis_client *client);

/* The next command makes a new connection. Answers that were not taken yet are
 * lost. */
void redis_client_close(struct redis_client *client);

/* Connects, if it is not, and logs in. */
bool redis_client_connect(struct redis_client *client);

/*
 * One command and its answer, which is the caller's to free. NULL: it failed
 * or Redis answered with an error. lengths may be NULL: all words are strings.
 */
struct redis_value *redis_client_ask(struct redis_client *client, size_t count,
				     const char *const *words,
				     const size_t *lengths);

/* The same for words that are strings: redis_client_say(c, "GET", key, NULL).
 */
struct redis_value *redis_client_say(struct redis_client *client, ...)
	__attribute__((sentinel));

/* The same from a format of hiredis, split at its spaces before it is filled
 * in: (c, "HGET %s:{x} %s", prefix, name). A value may have spaces and be
 * empty; numbers without "z" or "j".
 */
struct redis_value *redis_client_command(struct redis_client *client,
					 const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Redis's clock, milliseconds since the epoch; 0 where it did not answer. */
bool redis_client_time(struct redis_client *client, uint64_t *now_ms_r);

/*
 * Many commands in one round trip: each is sent, then each answer is taken,
 * in the same order. send buffers, take flushes.
 */
bool redis_client_send(struct redis_client *client, size_t count,
		       const char *const *words, const size_t *lengths);
bool redis_client_send_command(struct redis_client *client, const char *format,
			       ...) __attribute__((format(printf, 2, 3)));
struct redis_value *redis_client_take(struct redis_client *client);

/* For whoever does not take them all: the answers that are still to come are
 * thrown away, so that none of them answers the next command. The error
 * stands. */
void redis_client_skip(struct redis_client *client);

/* For a subscriber: waits at most wait_ms for a message that nobody asked
 * for. NULL with an error of "" when none came. */
struct redis_value *redis_client_listen(struct redis_client *client,
					unsigned int wait_ms);

#endif
