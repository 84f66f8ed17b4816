/* SPDX-License-Identifier: ISC */

/*
 * A report waits a moment, so that the milters' last records of the incident
 * are in the journals; one that is wanted again meanwhile is written once.
 */
#include "scribe.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/redis/redis_client.h"
#include "lib/report/report.h"
#include "lib/watch/journal_files.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/settings/settings.h"
#include "milter/common/current_settings.h"
#include "milter/common/journal_expire.h"
#include "milter/common/redis_settings.h"
#include "milter/queue/child.h"
#include "worker.h"

#define WAITING_MAX	 100
#define REPORT_DELAY_MS	 2000
#define DAY_MS		 UINT64_C(86400000)
#define REDIS_TIMEOUT_MS 5000
#define ANCHOR_MS	 300000
#define STOP_MS		 1000
#define SYNC_TRIES	 500 /* each 10 ms */

struct scribe {
	struct current_settings *settings;
	const char *host;
	struct journal *journal;
	struct worker worker;
	/* under its lock */
	uint64_t waiting[WAITING_MAX];
	size_t waiting_count;
	bool has_stopped;
};

struct scribe *scribe_new(struct current_settings *settings, const char *host,
			  struct journal *journal)
{
	struct scribe *scribe = alloc_zero(sizeof(*scribe));

	scribe->settings = settings;
	scribe->host = host;
	scribe->journal = journal;
	worker_init(&scribe->worker);
	return scribe;
}

void scribe_report(void *context, uint64_t number)
{
	struct scribe *scribe = context;
	bool is_known = false;

	pthread_mutex_lock(&scribe->worker.lock);
	for (size_t i = 0; i < scribe->waiting_count; i++)
		is_known |= scribe->waiting[i] == number;
	if (!is_known && scribe->waiting_count < WAITING_MAX)
		scribe->waiting[scribe->waiting_count++] = number;
	else if (!is_known)
		log_warning("incident %" PRIu64 ": no report is written, too "
			    "many wait; weirctl report writes it",
			    number);
	pthread_cond_signal(&scribe->worker.changed);
	pthread_mutex_unlock(&scribe->worker.lock);
}

/* reports */

static void save(const struct settings *settings, uint64_t number,
		 const json_t *document)
{
	char *error = NULL;
	char *path = alloc_format("%s/incident-%" PRIu64 ".html",
				  settings->keeper.reports, number);

	if (report_save(document, REPORT_HTML, path, &error))
		log_notice("incident %" PRIu64 ": its report is %s", number,
			   path);
	else
		log_warning("incident %" PRIu64 ": no report: %s", number,
			    error);
	free(error);
	free(path);
}

static void write_report(struct scribe *scribe, uint64_t number)
{
	struct settings *settings = current_settings_get(scribe->settings);
	struct redis_client *redis = redis_settings_client(&settings->redis,
							   REDIS_TIMEOUT_MS);
	json_t *document = NULL;
	char *error = NULL;

	if (settings->keeper.reports[0] != '\0') {
		if (report_make(
			    &(struct report_options){
				    .number = number,
				    .settings = settings,
				    .redis = redis,
				    .program = "weir-keeper " WEIR_VERSION,
				    .host = scribe->host,
				    .now_ms = clock_wall_ms() },
			    &document, &error) == REPORT_MADE)
			save(settings, number, document);
		else
			log_warning("incident %" PRIu64 ": no report: %s",
				    number, error);
	}
	json_decref(document);
	free(error);
	redis_client_free(&redis);
	settings_release(&settings);
}

/* old files of the journal */

/* Until it is on the disk. */
static bool note_removal(void *context, json_t *members)
{
	struct scribe *scribe = context;

	struct journal_counts counts = { .waiting = 1 };

	journal_add(scribe->journal, JOURNAL_PRUNED, JOURNAL_ACT, members);
	for (int i = 0; i < SYNC_TRIES && counts.waiting != 0; i++) {
		poll(NULL, 0, 10);
		journal_count(scribe->journal, &counts);
	}
	return counts.waiting == 0;
}

static void log_failed(void *context, const char *path)
{
	(void)context;
	log_warning("journal: cannot remove %s: %s", path, strerror(errno));
}

static void log_removed(void *context, const struct journal_file_report *file)
{
	(void)context;
	log_notice("journal: removed %s, %" PRIu64 " records, the last of %s",
		   file->path, file->records, file->last);
}

static void expire(struct scribe *scribe, const struct settings *settings)
{
	const char *directory = settings->journal.directory;
	uint64_t now_ms = clock_wall_ms(), keep_ms = settings->journal.keep_ms;
	struct journal_files files = { 0 };

	if (scribe->journal == NULL)
		return;
	if (!journal_files_add_directory(&files, directory)) {
		log_warning("journal: cannot read %s: %s", directory,
			    strerror(errno));
		return;
	}
	journal_files_sort(&files);
	journal_expire(&(struct journal_expire){
		.files = &files,
		.before_ms = now_ms > keep_ms ? now_ms - keep_ms : 0,
		.note = note_removal,
		.removed = log_removed,
		.failed = log_failed,
		.context = scribe,
	});
	journal_files_clear(&files);
}

/* anchors */

/* A line for each head; freed with free(). */
static char *read_heads(const struct settings *settings)
{
	struct redis_client *redis = redis_settings_client(&settings->redis,
							   REDIS_TIMEOUT_MS);
	struct redis_value *heads = redis_client_command(
		redis, "HGETALL %s:{journal}:heads", settings->redis.prefix);
	char *text = alloc_text("");

	for (size_t i = 1; i < redis_value_count(heads); i += 2) {
		char *longer = alloc_format("%s%s\n", text,
					    redis_value_text_at(heads, i));

		free(text);
		text = longer;
	}
	redis_value_free(&heads);
	redis_client_free(&redis);
	return text;
}

static void log_line(void *context, enum child_stream stream, const char *line,
		     size_t length)
{
	const struct settings *settings = context;

	if (stream == CHILD_ERRORS)
		log_warning("%s: %.*s", settings->journal.anchor[0],
			    length > 400 ? 400 : (int)length, line);
}

static void run_anchor(const struct settings *settings)
{
	char *const *words = settings->journal.anchor;
	char *input;
	int code;

	if (words == NULL)
		return;
	input = read_heads(settings);
	code = child_run(&(struct child){ .words = (const char *const *)words,
					  .input = input,
					  .input_length = strlen(input),
					  .take = log_line,
					  .context = (void *)settings,
					  .limit_ms = ANCHOR_MS });
	if (code == 0)
		log_info("journal: %s has the heads", words[0]);
	else
		log_error("journal: %s failed (%s %d): the heads of today are "
			  "not kept elsewhere by it",
			  words[0], code < 0 ? strerror(errno) : "exit status",
			  code);
	free(input);
}

/* the thread */

static void do_day(struct scribe *scribe)
{
	struct settings *settings = current_settings_get(scribe->settings);

	expire(scribe, settings);
	run_anchor(settings);
	settings_release(&settings);
}

/* 0: it is time for the day's work, or to stop. */
static uint64_t next_report(struct scribe *scribe, uint64_t day_ms,
			    bool *must_stop_r)
{
	uint64_t number = 0;

	pthread_mutex_lock(&scribe->worker.lock);
	while (!scribe->worker.must_stop && scribe->waiting_count == 0 &&
	       clock_steady_ms() < day_ms)
		thread_wait(&scribe->worker.changed, &scribe->worker.lock,
			    day_ms);
	if (scribe->waiting_count != 0) {
		uint64_t until_ms = clock_steady_ms() + REPORT_DELAY_MS;

		while (!scribe->worker.must_stop &&
		       clock_steady_ms() < until_ms)
			thread_wait(&scribe->worker.changed,
				    &scribe->worker.lock, until_ms);
		number = scribe->waiting[0];
		memmove(scribe->waiting, scribe->waiting + 1,
			--scribe->waiting_count * sizeof(*scribe->waiting));
	}
	*must_stop_r = scribe->worker.must_stop;
	pthread_mutex_unlock(&scribe->worker.lock);
	return number;
}

static void *run(void *context)
{
	struct scribe *scribe = context;
	uint64_t day_ms = clock_steady_ms();
	bool must_stop = false;

	while (!must_stop) {
		uint64_t number = next_report(scribe, day_ms, &must_stop);

		if (must_stop)
			break;
		if (number != 0)
			write_report(scribe, number);
		if (clock_steady_ms() < day_ms)
			continue;
		do_day(scribe);
		day_ms = clock_steady_ms() + DAY_MS;
	}
	pthread_mutex_lock(&scribe->worker.lock);
	scribe->has_stopped = true;
	pthread_cond_broadcast(&scribe->worker.changed);
	pthread_mutex_unlock(&scribe->worker.lock);
	return NULL;
}

bool scribe_start(struct scribe *scribe)
{
	return worker_start(&scribe->worker, run, scribe);
}

void scribe_stop(struct scribe *scribe)
{
	uint64_t until_ms = clock_steady_ms() + STOP_MS;
	bool has_stopped;

	if (!scribe->worker.is_running)
		return;
	pthread_mutex_lock(&scribe->worker.lock);
	scribe->worker.must_stop = true;
	pthread_cond_broadcast(&scribe->worker.changed);
	while (!scribe->has_stopped &&
	       thread_wait(&scribe->worker.changed, &scribe->worker.lock,
			   until_ms))
		;
	has_stopped = scribe->has_stopped;
	pthread_mutex_unlock(&scribe->worker.lock);
	if (has_stopped)
		pthread_join(scribe->worker.thread, NULL);
	else
		pthread_detach(scribe->worker.thread); /* until the end */
}
