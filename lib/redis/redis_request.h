/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_REQUEST_H
#define WEIR_REDIS_REQUEST_H

/*
 * Without this a caller that gives up and the loop that still holds its
 * command would each free it, or neither.
 *
 * One command of a caller, on its way through the loop of redis_link.c. It is
 * freed by whoever is last to leave it: the caller when it has its answer, the
 * loop when the caller gave up first.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hiredis/hiredis.h>

struct redis_link;
struct redis_late;

enum request_state {
	REQUEST_WAITING,
	REQUEST_ANSWERED,
	REQUEST_FAILED,
	REQUEST_ABANDONED
};

struct request {
	struct request *next; /* of the queue that it is in */
	struct redis_link *link;
	char *command; /* by hiredis, in the Redis protocol */
	size_t length;
	unsigned int resends;	  /* after NOSCRIPT: nothing was carried out */
	uint64_t sent_ms, end_ms; /* the answer is overdue at end_ms */
	pthread_mutex_t lock;
	pthread_cond_t done;
	enum request_state state; /* under lock */
	struct redis_late *late;  /* under lock; NULL: none */
	bool is_posted;		  /* nobody waits, and yet it is to be sent */
	unsigned int run;	  /* to the Redis of this one, if posted */
	size_t count;
	int64_t integers[]; /* count of them: the answer */
};

/* The caller's. */
struct request *request_new(struct redis_link *link, size_t count,
			    uint64_t end_ms);

/* One that was abandoned gets no answer any more: its late is told so. */
void request_free(struct request *request);

/* Makes the EVALSHA. False when hiredis cannot. */
bool request_format(struct request *request, const char *sha1,
		    size_t argument_count, const char *const *arguments,
		    const size_t *lengths);

/* The caller's wait. Still WAITING at end_ms: it is to be abandoned. */
enum request_state request_wait(struct request *request, uint64_t end_ms);

/* Then: it is the loop's, with what is to become of its answer (or NULL). But
 * if that has come by now, request and late are still the caller's. */
enum request_state request_abandon(struct request *request,
				   struct redis_late *late);

/* The loop is done with it: tells the caller, or frees it if there is none.
 * Was there a caller? */
bool request_finish(struct request *request, enum request_state state);
/* Nobody waits for it any more, and it need not be sent. */
bool request_is_abandoned(struct request *request);

/* It has no caller from the start: the loop frees it. */
void request_post(struct request *request, unsigned int run);

/* Is an answer a list of integers, and nothing else? */
bool request_answer_is_integers(const redisReply *reply);

/* Takes them; false when they are not as many as were asked for. */
bool request_take_integers(struct request *request, const redisReply *reply);

/* A queue; who locks it is the owner's affair. */
struct request_queue {
	struct request *first, **end;
};

void request_queue_init(struct request_queue *queue);
void request_queue_add(struct request_queue *queue, struct request *request);
struct request *request_queue_take(struct request_queue *queue);

/* Puts more behind queue, and empties it. */
void request_queue_join(struct request_queue *queue,
			struct request_queue *more);

#endif
