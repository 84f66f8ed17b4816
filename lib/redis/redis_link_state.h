/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_LINK_STATE_H
#define WEIR_REDIS_LINK_STATE_H

/*
 * What a link is, and whether it is up. Its files, each of which includes only
 * those behind it: redis_link.c, where callers ask; redis_link_greeting.c, how
 * a connection begins; redis_link_traffic.c, what goes over it; this one. For
 * these alone; all others include redis_link.h.
 *
 * Callers put finished commands into a queue and wake the thread that owns the
 * connection, which hands them to hiredis; that answers in order. A request is
 * freed by the last to leave it: the caller when it has its answer, the thread
 * when the caller gave up first. The two sides meet in link->lock,
 * link->phase, the atomic members and the lock of a request, nowhere else.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <hiredis/async.h>

#include "lib/base/wait_histogram.h"
#include "outage.h"
#include "redis_clock.h"
#include "redis_connect.h"
#include "redis_failure.h"
#include "redis_request.h"
#include "redis_run_id.h"

#define FAILURES_TO_OPEN 3 /* unanswered or refused in a row: link down */
#define OWING_MAX	 8 /* connections that were left */
#define REASON_SIZE	 160

enum phase {
	PHASE_CONNECTING,
	PHASE_UP,
	PHASE_DOWN
};

/* What is logged of single questions. One does not hide another. */
enum complaint {
	COMPLAINT_SILENCE,
	COMPLAINT_REFUSAL,
	COMPLAINT_KEY, /* a key of ours has other data */
	COMPLAINTS
};

struct redis_link {
	struct redis_login login; /* its password under lock */
	char *script;
	size_t script_length;
	char sha1[41];
	unsigned int timeout_ms;
	char **simulation; /* a whole EVALSHA */
	size_t simulation_count;
	void (*going_down)(void *context);
	void *context;

	pthread_t thread;
	_Atomic enum phase phase;
	atomic_uint unanswered;	  /* in a row */
	atomic_ullong stalled_ms; /* when the first of these was asked */
	atomic_ullong overdue_ms; /* when the oldest answer that Redis owes is
				     overdue; 0: it owes none */
	atomic_ullong complained_ms[COMPLAINTS]; /* 0: never */
	atomic_uint connections;		 /* that were begun */
	atomic_uint runs;	     /* other Redis servers that were met */
	struct wait_histogram waits; /* of callers, for an answer */
	atomic_ullong failures[REDIS_FAILURES];
	atomic_ullong down_since_ms; /* 0: it is not */
	struct redis_clock redis_clock;
	pthread_mutex_t lock;
	pthread_cond_t settled;	    /* phase left CONNECTING */
	struct request_queue queue; /* under lock */
	size_t posted;		    /* and not sent yet; under lock */
	bool is_woken, is_stopping; /* under lock */
	int wake_fd;

	/* the loop's own */
	struct event_base *base;
	struct event *wake, *timer, *clock;
	uint64_t clock_asked_ms;
	redisAsyncContext *redis; /* NULL: none */
	/* those that were left while answers are to come on them, the oldest
	 * first; behind them NULL */
	redisAsyncContext *owing[OWING_MAX];
	struct request_queue held;   /* taken, but not sent yet */
	struct request_queue flight; /* sent, the oldest first */
	unsigned int refused;	     /* error answers in a row */
	unsigned int probe_ms;	     /* to the next attempt */
	unsigned int seed;
	uint64_t up_since_ms;	 /* 0: it has been down since */
	struct redis_run_id run; /* of the Redis that was seen last */
	struct outage outage;
	char told_reason[REASON_SIZE]; /* of this outage, the last one */
	unsigned int reasons_told;
	bool was_up;
	bool has_no_script; /* this account may not use SCRIPT */
	bool is_loading;    /* the script is on its way, after NOSCRIPT */
};

/* Counts one, for metrics. Of any thread. */
void link_count_failure(struct redis_link *link, enum redis_failure failure);

/* Is it to be logged now? Each once in ten seconds. Of any thread. */
bool link_may_complain(struct redis_link *link, enum complaint complaint);

/* Has one answer been owed for too long, or have several in a row been late for
 * so long, with one owed now? While it connects, which a name server may
 * delay for seconds, a few who have waited are enough. Of any thread. */
bool link_is_stalled(const struct redis_link *link);

/*
 * The rest is for the thread of the link.
 */
void link_set_timer(struct redis_link *link, unsigned int wait_ms);
/* The first attempt to connect begins with the thread. */
void link_begin(struct redis_link *link);
void link_go_up(struct redis_link *link);
/* No callers until an attempt has succeeded. A link that does not stay up is
 * not tried again as quickly as one that did. */
void link_go_down(struct redis_link *link, const char *reason);
/* The connection is gone: a new one at once, if it was well until now; else
 * down. */
void link_lose(struct redis_link *link, const char *reason);
/* The same for a connection that is there: this server refuses everything, but
 * its address may lead to another one by now. */
void link_leave(struct redis_link *link, const char *reason);
/* Leaves the connection, if any. */
void link_break(struct redis_link *link, const char *reason);
/* No answer is waited for any more on this connection, if it is one that was
 * left. */
void link_forsake(struct redis_link *link, redisAsyncContext *redis);
/* It has ended. Was it one that was left? */
bool link_forget(struct redis_link *link, const redisAsyncContext *redis);
/* No callers until link_go_up(); those waiting get no answer. */
void link_turn_away(struct redis_link *link);
/* When is an answer overdue? The oldest one comes first. */
void link_note_overdue(struct redis_link *link);
/* Drops the connection and all requests. */
void link_end(struct redis_link *link);

#endif
