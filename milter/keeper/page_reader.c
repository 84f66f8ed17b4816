/* SPDX-License-Identifier: ISC */

/*
 * The document is made in the thread and never changed after that, so the lock
 * is held to swap it and to copy a reference.
 */
#include <pthread.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "milter/common/program.h"
#include "page_document.h"
#include "page_reader.h"

#define FRESH_MS  1000
#define STALE_MS  6000
#define WAIT_MS	  700
#define ANSWER_MS 1000 /* of Redis; people wait longer than mail */

struct page_reader {
	const struct page_sources *sources;
	const char *host, *path;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* wanted, a reading has ended, stop */
	pthread_t thread;
	bool is_running;
	/* under lock */
	struct settings *settings;
	bool must_stop, is_wanted, has_failed;
	uint64_t begun_ms; /* the last reading; steady */
	uint64_t read_ms;  /* the last one that Redis answered */
	json_t *document;
	char *error; /* of Redis; "" */
};

struct page_reader *page_reader_new(const struct page_frame *frame)
{
	struct page_reader *reader = alloc_zero(sizeof(*reader));

	reader->host = frame->host;
	reader->path = frame->path;
	reader->settings = settings_acquire(frame->settings);
	reader->document = page_document_empty(frame);
	reader->error = alloc_text("");
	pthread_mutex_init(&reader->lock, NULL);
	thread_condition_init(&reader->changed);
	return reader;
}

/* the thread */

static struct redis_client *new_client(const struct settings *settings)
{
	unsigned int timeout_ms = settings->redis.timeout_ms;

	return redis_client_new(&(struct redis_client_options){
		.server = settings->redis.server,
		.database = settings->redis.database,
		.user = settings->redis.user,
		.password = settings->redis.password,
		.timeout_ms = timeout_ms < ANSWER_MS ? ANSWER_MS : timeout_ms,
	});
}

/* NULL: Redis did not answer. */
static json_t *read_once(struct page_reader *reader, struct redis_client *redis,
			 struct settings *settings)
{
	struct page_frame frame = { settings, reader->host, reader->path };
	struct page_facts facts;
	json_t *document;

	if (!page_facts_read(redis, settings, &facts))
		return NULL;
	if (reader->sources->channels != NULL)
		reader->sources->channels(reader->sources->context,
					  &facts.channels);
	document = page_document_make(&frame, &facts);
	if (reader->sources->channels != NULL)
		reader->sources->channels_clear(&facts.channels);
	page_facts_clear(&facts);
	return document;
}

static void keep(struct page_reader *reader, json_t *document,
		 const char *error)
{
	reader->has_failed = document == NULL;
	if (document == NULL) {
		free(reader->error);
		reader->error = alloc_text(error);
	} else {
		json_decref(reader->document);
		reader->document = document;
		reader->read_ms = clock_steady_ms();
	}
	pthread_cond_broadcast(&reader->changed);
}

/* Until it is wanted, or to stop: then false. Under lock. */
static bool wait_wanted(struct page_reader *reader)
{
	while (!reader->is_wanted && !reader->must_stop)
		pthread_cond_wait(&reader->changed, &reader->lock);
	reader->is_wanted = false;
	reader->begun_ms = clock_steady_ms();
	return !reader->must_stop;
}

static void *read_main(void *context)
{
	struct page_reader *reader = context;
	struct settings *used = NULL;
	struct redis_client *redis = NULL;

	pthread_mutex_lock(&reader->lock);
	while (wait_wanted(reader)) {
		json_t *document;

		if (used != reader->settings) {
			redis_client_free(&redis);
			settings_release(&used);
			used = settings_acquire(reader->settings);
			redis = new_client(used);
		}
		pthread_mutex_unlock(&reader->lock);
		document = read_once(reader, redis, used);
		pthread_mutex_lock(&reader->lock);
		keep(reader, document, redis_client_error(redis));
	}
	pthread_mutex_unlock(&reader->lock);
	redis_client_free(&redis);
	settings_release(&used);
	return NULL;
}

bool page_reader_start(struct page_reader *reader,
		       const struct page_sources *sources)
{
	reader->sources = sources;
	reader->is_running = thread_start(&reader->thread, read_main, reader);
	return reader->is_running;
}

void page_reader_set_settings(struct page_reader *reader,
			      struct settings *settings)
{
	pthread_mutex_lock(&reader->lock);
	settings_release(&reader->settings);
	reader->settings = settings_acquire(settings);
	pthread_mutex_unlock(&reader->lock);
}

void page_reader_free(struct page_reader **reader)
{
	struct page_reader *old = *reader;

	*reader = NULL;
	if (old->is_running) {
		pthread_mutex_lock(&old->lock);
		old->must_stop = true;
		pthread_cond_broadcast(&old->changed);
		pthread_mutex_unlock(&old->lock);
		pthread_join(old->thread, NULL);
	}
	settings_release(&old->settings);
	json_decref(old->document);
	free(old->error);
	pthread_cond_destroy(&old->changed);
	pthread_mutex_destroy(&old->lock);
	free(old);
}

/* viewers */

/* Until a reading that began now or later has ended. */
static void wait_read(struct page_reader *reader, uint64_t now_ms)
{
	while (reader->read_ms < now_ms && !reader->must_stop &&
	       thread_wait(&reader->changed, &reader->lock, now_ms + WAIT_MS))
		;
}

json_t *page_reader_document(struct page_reader *reader)
{
	uint64_t now_ms = clock_steady_ms();
	json_t *document;

	pthread_mutex_lock(&reader->lock);
	if (!reader->is_wanted && now_ms >= reader->begun_ms + FRESH_MS) {
		reader->is_wanted = true;
		pthread_cond_broadcast(&reader->changed);
		if (!reader->has_failed)
			wait_read(reader, now_ms);
	}
	now_ms = clock_steady_ms();
	if (now_ms < reader->read_ms + STALE_MS && reader->read_ms != 0)
		document = json_incref(reader->document);
	else
		document = page_document_stale(reader->document, reader->error);
	pthread_mutex_unlock(&reader->lock);
	return document;
}
