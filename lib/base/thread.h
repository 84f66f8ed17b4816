/* SPDX-License-Identifier: ISC */
#ifndef WEIR_THREAD_H
#define WEIR_THREAD_H

/*
 * What each thread of weir needs: no signal, since these are the main thread's,
 * and waits that a set clock does not stretch. All are thread-safe.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts a thread that takes no signal. False: the reason was logged. With
 * thread_r NULL it is detached. */
bool thread_start(pthread_t *thread_r, void *(*run)(void *), void *context);

/* A condition for thread_wait(). */
void thread_condition_init(pthread_cond_t *condition);

/* Waits, under lock, until condition is signalled (or for no reason) or it is
 * until_ms of clock_steady_ms(). False: it is. */
bool thread_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
		 uint64_t until_ms);

#endif
