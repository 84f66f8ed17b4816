/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WORKER_H
#define WEIR_WORKER_H

/*
 * What each thread of weir-keeper has: a lock, what it waits for, and a request
 * to stop. Its owner keeps what else is under the lock.
 */
#include <pthread.h>
#include <stdbool.h>

struct worker {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* see thread_wait() */
	bool must_stop;		/* under lock */
	pthread_t thread;
	bool is_running;
};

void worker_init(struct worker *worker);
void worker_clear(struct worker *worker);

bool worker_start(struct worker *worker, void *(*run)(void *), void *context);

/* Wakes all that wait for changed, and waits for the end of the thread. */
void worker_stop(struct worker *worker);

#endif
