/* SPDX-License-Identifier: ISC */

/* A thread inherits the signals that are blocked when it is made. */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "thread.h"

static int create(pthread_t *thread_r, void *(*run)(void *), void *context)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run, context);

	if (error == 0 && thread_r != NULL)
		*thread_r = thread;
	else if (error == 0)
		pthread_detach(thread);
	return error;
}

bool thread_start(pthread_t *thread_r, void *(*run)(void *), void *context)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = create(thread_r, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		log_error("cannot start a thread: %s", strerror(error));
	return error == 0;
}

void thread_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

bool thread_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
		 uint64_t until_ms)
{
	const struct timespec until = {
		.tv_sec = (time_t)(until_ms / 1000),
		.tv_nsec = (long)(until_ms % 1000) * 1000000,
	};

	return pthread_cond_timedwait(condition, lock, &until) == 0;
}
