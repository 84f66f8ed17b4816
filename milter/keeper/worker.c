/* SPDX-License-Identifier: ISC */

#include "worker.h"

#include "lib/base/thread.h"

void worker_init(struct worker *worker)
{
	*worker = (struct worker){ 0 };
	pthread_mutex_init(&worker->lock, NULL);
	thread_condition_init(&worker->changed);
}

void worker_clear(struct worker *worker)
{
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
}

bool worker_start(struct worker *worker, void *(*run)(void *), void *context)
{
	worker->is_running = thread_start(&worker->thread, run, context);
	return worker->is_running;
}

void worker_stop(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->must_stop = true;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
	if (worker->is_running)
		pthread_join(worker->thread, NULL);
	worker->is_running = false;
}
