/* SPDX-License-Identifier: ISC */

#include "worker.h"

#include "lib/base/thread.h"

void worker_init(struct worker *worker, struct settings *settings)
{
	*worker = (struct worker){ .settings = settings_acquire(settings) };
	pthread_mutex_init(&worker->lock, NULL);
	thread_condition_init(&worker->changed);
}

void worker_clear(struct worker *worker)
{
	settings_release(&worker->settings);
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

void worker_set_settings(struct worker *worker, struct settings *settings)
{
	pthread_mutex_lock(&worker->lock);
	settings_release(&worker->settings);
	worker->settings = settings_acquire(settings);
	pthread_mutex_unlock(&worker->lock);
}

struct settings *worker_settings(struct worker *worker)
{
	struct settings *settings;

	pthread_mutex_lock(&worker->lock);
	settings = settings_acquire(worker->settings);
	pthread_mutex_unlock(&worker->lock);
	return settings;
}
