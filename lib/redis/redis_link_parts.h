/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_LINK_PARTS_H
#define WEIR_REDIS_LINK_PARTS_H

/*
 * Without this the three files of the link could not be three: redis_link.c,
 * where callers ask; redis_loop.c, the traffic of the one thread that owns the
 * connection; redis_greeting.c, how it makes one. For these alone; the others
 * include redis_link.h.
 *
 * Callers put finished commands into a queue and wake the loop; the loop
 * hands them to hiredis, which answers in order. A request is freed by
 * whoever is last to leave it: the caller when it has its answer, the loop
 * when the caller gave up first. The two sides meet in link->lock,
 * link->phase and the lock of a request, nowhere else.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <hiredis/async.h>

#include "outage.h"
#include "redis_clock.h"
#include "redis_link.h"
#include "redis_request.h"
#include "redis_run.h"

#define FAILURES_TO_OPEN  3 /* unanswered or refused in a row: link down */
#define STALLED_TIMEOUTS  3 /* without an answer in time, before it is down */
#define POSTED_MAX	  1000
#define PROBE_FIRST_MS	  100
#define COMPLAIN_EVERY_MS 10000
#define REASON_SIZE	  160

#define ANOTHER_SHAPE "an answer of another shape"

enum phase {
	PHASE_CONNECTING,
	PHASE_UP,
	PHASE_DOWN
};

struct redis_link {
	char *server, *user, *script, sha1[41];
	char *password; /* under lock */
	size_t script_length;
	unsigned int database, timeout_ms;
	char **simulation; /* a whole EVALSHA */
	size_t simulation_count;
	void (*going_down)(void *context);
	void *context;

	pthread_t thread;
	_Atomic enum phase phase;
	atomic_uint unanswered;	  /* in a row */
	atomic_ullong stalled_ms; /* when the first of these was asked */
	atomic_ullong owed_ms;	  /* since when Redis has owed an answer, or a
				     connection; 0: it owes nothing */
	atomic_ullong complained_ms;
	atomic_uint connections; /* that were begun */
	atomic_uint runs;	 /* other Redis servers that were met */
	struct redis_clock redis_clock;
	pthread_mutex_t lock;
	pthread_cond_t settled;	    /* phase left CONNECTING */
	struct request_queue queue; /* under lock */
	bool is_woken, is_stopping; /* under lock */
	size_t posted;		    /* and not sent yet; under lock */
	int wake_fd;

	/* the loop's own */
	struct event_base *base;
	struct event *wake, *timer, *clock;
	uint64_t clock_asked_ms;
	redisAsyncContext *redis;    /* NULL: none */
	struct request_queue held;   /* taken, but not sent yet */
	struct request_queue flight; /* sent, the oldest first */
	unsigned int refused;	     /* error answers in a row */
	unsigned int probe_ms;	     /* to the next attempt */
	unsigned int seed;
	uint64_t up_since_ms; /* 0: it has been down since */
	bool was_up;
	struct redis_run run; /* of the Redis that was seen last */
	struct outage outage;
	char told_reason[REASON_SIZE]; /* of this outage, the last one */
	unsigned int reasons_told;
	bool has_no_script; /* this account may not use SCRIPT */
	bool is_loading;    /* the script is on its way, after NOSCRIPT */
};

/* The monotonic clock: these deadlines are those of real I/O. */
uint64_t link_now_ms(void);

/* Has one answer been owed for too long, or have several in a row been late for
 * so long, with one owed now? Of any thread. */
bool link_is_stalled(const struct redis_link *link);

/*
 * The loop's side: all of it for its thread only.
 */
void *link_main(void *link);
void link_on_wake(evutil_socket_t fd, short what, void *link);

void link_set_phase(struct redis_link *link, enum phase phase);
void link_set_timer(struct redis_link *link, unsigned int wait_ms);
void link_go_up(struct redis_link *link);
/* No callers until a probe has succeeded. One that does not stay up is not
 * probed as quickly as one that did. */
void link_go_down(struct redis_link *link, const char *reason);
/* The connection is gone: a new one at once, if it was well until now; else
 * down. */
void link_lose(struct redis_link *link, const char *reason);
/* Drops the connection, if any; its unanswered requests fail. */
void link_break(struct redis_link *link, const char *reason);
/* No callers until link_go_up(); who waits has no answer. */
void link_turn_away(struct redis_link *link);
void link_send_held(struct redis_link *link);
/* Brings the script to Redis: by SCRIPT LOAD, or by a trial run with EVAL where
 * this account may not use that. */
void link_load(struct redis_link *link, redisCallbackFn *then);
/* A trial run of it. */
void link_try(struct redis_link *link, redisCallbackFn *then);

/* Are answers overdue for too long? Then it is down. Looks again while one is
 * overdue. */
void link_look_at_answers(struct redis_link *link);

/* A connection, from the first packet to the trial run of the script. */
void link_attempt(struct redis_link *link);
/* An attempt has taken too long, or it is time for the next one, or to look at
 * overdue answers. */
void link_on_timer(evutil_socket_t fd, short what, void *link);
/* It is time to ask Redis for its time. */
void link_on_clock(evutil_socket_t fd, short what, void *link);

#endif
