/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_LINK_H
#define WEIR_REDIS_LINK_H

/*
 * Without this a slow or dead Redis would be felt by every message.
 *
 * One connection to one Redis, owned by one thread with an event loop.
 * Callers hand over a finished command and wait for its answer, never longer
 * than the deadline. Commands of many callers share the connection and are
 * pipelined by that alone. A caller that has gone is forgotten, so nobody can
 * read the answer of another; what was asked may be undone when it comes.
 *
 * When an answer is overdue, calls fail at once until it comes. When none has
 * come in time for three times the deadline (one slow script is no outage), or
 * the connection cannot be had, the link is down: one prober tries again, 100
 * ms after, doubling to 1 s, with jitter. It is up again only when Redis has
 * answered the login, the script and a trial run of it that writes.
 * A connection that Redis closes while nothing is wrong (its idle timeout) is
 * opened again at once, and calls wait for it within their deadline.
 *
 * A connection that is left while Redis owes answers on it stays until these
 * have come (eight at most): a Redis that was stopped sends them when it runs
 * again. A command whose answer never came may have been carried out; it is not
 * sent again. Changes of state are logged here, each once; see outage.h for a
 * Redis that comes and goes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/wait_histogram.h"
#include "redis_failure.h"
#include "redis_late.h"

struct redis_link_options {
	const char *server; /* "unix:/path", "host:port" or "[v6]:port" */
	unsigned int database;
	const char *user;	 /* "" or NULL: the default user */
	const char *password;	 /* NULL: no login */
	unsigned int timeout_ms; /* the deadline, at least 1 */
	const char *script;	 /* the one Lua script of this link */
	size_t script_length;
	/* Arguments after the SHA-1 of an EVALSHA that tries the script. */
	const char *const *simulation;
	size_t simulation_count;
	/* Called in the thread of the link, with this context, whenever it is
	 * about to be down, before anybody can see it; may be NULL. */
	void (*going_down)(void *context);
	void *context;
};

struct redis_link;

/* Copies the options, starts the thread and the first attempt. Never NULL;
 * a server text that is no address is a link that stays down and says so. */
struct redis_link *redis_link_new(const struct redis_link_options *options);

/* Ends the thread and the connection; nobody may be calling. Sets NULL. */
void redis_link_free(struct redis_link **link);

/* Waits until the link is up or down for the first time, at most wait_ms. */
bool redis_link_wait(struct redis_link *link, unsigned int wait_ms);

/* From the next connection on; the one there is goes on. NULL: no login.
 * Copied. Thread-safe. */
void redis_link_set_password(struct redis_link *link, const char *password);

/* Is it up now? Thread-safe, costs nothing. */
bool redis_link_is_up(const struct redis_link *link);

/* Another number after each attempt to connect: whoever has a connection of his
 * own to the same address should renew it, too. Thread-safe, costs nothing. */
unsigned int redis_link_connections(const struct redis_link *link);

/* Would a call wait for an answer (up, or just connecting)? False: it fails
 * at once, so there is no need to prepare it. Thread-safe, costs nothing. */
bool redis_link_is_open(const struct redis_link *link);

/* When a caller that begins now gives up, on the clock of the link, for the
 * functions below: a deadline after now, or now while an answer is overdue. So
 * a Redis that stops does not delay a callback twice: what has waited for a
 * worker of libmilter, because these waited for Redis, does not wait here.
 * Thread-safe. */
uint64_t redis_link_end(const struct redis_link *link);

/*
 * When a question that is asked now ends, on Redis's clock, in milliseconds
 * since the epoch: halfway to when its caller gives up. 0: that clock is not
 * known yet. A question that Redis reads later than that (it was stopped, or
 * the network was) is to change nothing. before_ms_r: how far that clock was
 * taken to be before ours. Thread-safe.
 */
uint64_t redis_link_deadline(const struct redis_link *link, uint64_t end_ms,
			     long long *before_ms_r);

/* Redis has just told its time. Was it set to another one since a deadline was
 * made with before_ms? Then the new one holds. Thread-safe. */
bool redis_link_set_clock(struct redis_link *link, int64_t redis_ms,
			  long long before_ms);

/* Runs the script. */
struct redis_command {
	/* after the SHA-1 in EVALSHA: number of keys, keys, arguments */
	size_t argument_count;
	const char *const *arguments;
	const size_t *lengths;
	size_t count; /* of integers that are its answer, an array */
	/* Called when the caller gives up, in its thread; may answer NULL.
	 * NULL: a late answer is dropped. */
	struct redis_late *(*abandon)(void *context);
	void *context;
};

/*
 * Copies the answer to integers_r. False when it was not had by end_ms, or was
 * an error or of another shape; then integers_r is untouched. Nothing is sent
 * when end_ms is over. Thread-safe.
 */
bool redis_link_run(struct redis_link *link, uint64_t end_ms,
		    const struct redis_command *command, int64_t *integers_r);

/*
 * The same for a command whose answer nobody needs, for the Redis of this run
 * (see redis_link_runs()) alone: sent once, when the link is up, after what
 * was asked before. Dropped if another Redis is met first, or when 10,000 are
 * waiting, which is logged. Thread-safe, does not wait.
 */
void redis_link_post(struct redis_link *link,
		     const struct redis_command *command, unsigned int run);

/* What happened since it was made, for metrics. Thread-safe. */
struct redis_link_counts {
	struct wait_counts requests; /* answered or not */
	uint64_t failures[REDIS_FAILURES];
	uint64_t down_ms; /* for how long it is down by now; 0: it is up */
};

void redis_link_count(const struct redis_link *link,
		      struct redis_link_counts *counts_r);

/* Another number after each time that the link has met another Redis than
 * before. Thread-safe, costs nothing. */
unsigned int redis_link_runs(const struct redis_link *link);

#endif
