/* SPDX-License-Identifier: ISC */

/*
 * The document is made in the thread and never changed after that, so the lock
 * is held to swap it and to copy a reference.
 */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/redis/redis_client.h"
#include "lib/settings/settings.h"
#include "milter/common/redis_settings.h"
#include "page_document.h"
#include "page_reader.h"
#include "worker.h"

#define FRESH_MS  1000
#define STALE_MS  6000
#define WAIT_MS	  700
#define ANSWER_MS 1000 /* of Redis; people wait longer than mail */

struct page_reader {
	const struct page_sources *sources;
	const char *host, *path;
	struct worker worker;
	/* under lock */
	bool is_wanted, has_failed;
	uint64_t begun_ms; /* the last reading; steady */
	uint64_t read_ms;  /* the last one that Redis answered */
	json_t *document;
	char *error; /* of Redis; "" */
};

/* the thread */

/* NULL: Redis did not answer. */
static json_t *read_once(struct page_reader *reader, struct redis_client *redis,
			 struct settings *settings)
{
	struct page_frame frame = { settings, reader->host, reader->path };
	struct page_facts facts;
	json_t *document;

	if (!page_facts_read(redis, settings, &facts))
		return NULL;
	channels_read(reader->sources->channels, &facts.channels);
	document = page_document_make(&frame, &facts);
	channels_state_clear(&facts.channels);
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
	pthread_cond_broadcast(&reader->worker.changed);
}

/* Until it is wanted, or to stop: then false. Under lock. */
static bool wait_wanted(struct page_reader *reader)
{
	while (!reader->is_wanted && !reader->worker.must_stop)
		pthread_cond_wait(&reader->worker.changed,
				  &reader->worker.lock);
	reader->is_wanted = false;
	reader->begun_ms = clock_steady_ms();
	return !reader->worker.must_stop;
}

static void *read_main(void *context)
{
	struct page_reader *reader = context;
	struct settings *used = NULL;
	struct redis_client *redis = NULL;

	pthread_mutex_lock(&reader->worker.lock);
	while (wait_wanted(reader)) {
		json_t *document;

		pthread_mutex_unlock(&reader->worker.lock);
		redis_settings_follow(reader->sources->settings, &used, &redis,
				      ANSWER_MS);
		document = read_once(reader, redis, used);
		pthread_mutex_lock(&reader->worker.lock);
		keep(reader, document, redis_client_error(redis));
	}
	pthread_mutex_unlock(&reader->worker.lock);
	redis_client_free(&redis);
	settings_release(&used);
	return NULL;
}

struct page_reader *page_reader_new(const struct page_sources *sources,
				    const char *host, const char *path)
{
	struct page_reader *reader = alloc_zero(sizeof(*reader));

	reader->sources = sources;
	reader->host = host;
	reader->path = path;
	reader->document = page_document_empty(host);
	reader->error = alloc_text("");
	worker_init(&reader->worker);
	if (!worker_start(&reader->worker, read_main, reader))
		page_reader_free(&reader);
	return reader;
}

void page_reader_free(struct page_reader **reader)
{
	struct page_reader *old = *reader;

	if (old == NULL)
		return;
	*reader = NULL;
	worker_stop(&old->worker);
	json_decref(old->document);
	free(old->error);
	worker_clear(&old->worker);
	free(old);
}

/* viewers */

/* Until a reading that began now or later has ended. */
static void wait_read(struct page_reader *reader, uint64_t now_ms)
{
	while (reader->read_ms < now_ms && !reader->worker.must_stop &&
	       thread_wait(&reader->worker.changed, &reader->worker.lock,
			   now_ms + WAIT_MS))
		;
}

json_t *page_reader_document(struct page_reader *reader)
{
	uint64_t now_ms = clock_steady_ms();
	json_t *document;

	pthread_mutex_lock(&reader->worker.lock);
	if (!reader->is_wanted && now_ms >= reader->begun_ms + FRESH_MS) {
		reader->is_wanted = true;
		pthread_cond_broadcast(&reader->worker.changed);
		if (!reader->has_failed)
			wait_read(reader, now_ms);
	}
	now_ms = clock_steady_ms();
	if (now_ms < reader->read_ms + STALE_MS && reader->read_ms != 0)
		document = json_incref(reader->document);
	else
		document = page_document_stale(reader->document, reader->error);
	pthread_mutex_unlock(&reader->worker.lock);
	return document;
}
