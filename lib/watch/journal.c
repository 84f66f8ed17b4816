/* SPDX-License-Identifier: ISC */

/*
 * The queue is under a lock that is never held over a call of the system. All
 * of the file is the thread's own; what others ask of it is a copy, under the
 * same lock.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/moment.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "journal.h"
#include "journal_file.h"
#include "journal_queue.h"

#define ROUND_MS	  250
#define SYNC_MS		  1000
#define RETRY_MS	  1000 /* after a write that failed */
#define COMPLAIN_MS	  60000
#define COMPLAIN_NEVER_MS 3600000
#define HEAD_MS		  60000
#define HEAD_MAX_MS	  3600000

struct journal {
	char *directory, *owner;
	uint64_t (*wall_ms)(void);
	struct journal_mirror mirror;
	pthread_t thread;
	bool is_started;

	pthread_mutex_t lock;
	pthread_cond_t changed; /* on the monotonic clock */
	struct journal_queue queue;
	struct journal_counts counts; /* syncs: not here */
	struct journal_head head;
	bool has_act; /* one was queued since the last round */
	bool is_stopping, has_stopped;
	struct wait_histogram syncs;

	/* the thread's own */
	struct journal_file *file;
	uint64_t sync_ms, retry_ms, complain_ms, head_ms; /* steady */
	uint64_t unsynced; /* written since the last sync */
	uint64_t unsure;   /* a sync failed behind them */
	char *reason;	   /* why it fails, or failed before the next gap */
	bool has_worked, is_failing, has_complained, must_sync;
	bool has_news; /* a record since the last head, but of witnesses */
};

static void record_added(void *context, enum journal_kind kind,
			 const struct journal_head *head, const char *line,
			 size_t length)
{
	struct journal *journal = context;

	pthread_mutex_lock(&journal->lock);
	journal->counts.written[kind]++;
	journal->head = *head;
	pthread_mutex_unlock(&journal->lock);
	journal->has_news |= kind != JOURNAL_WITNESS;
	if (journal->mirror.record != NULL)
		journal->mirror.record(journal->mirror.context, head, line,
				       length);
}

static void give_head(void *context, const struct journal_head *head)
{
	struct journal *journal = context;
	char *text = journal_head_text(head);

	journal->has_news = false;
	log_notice("%s", text);
	free(text);
	if (journal->mirror.head != NULL)
		journal->mirror.head(journal->mirror.context, head);
}

struct journal *journal_new(const struct journal_options *options)
{
	struct journal *journal = alloc_zero(sizeof(*journal));
	const struct journal_file_options file = {
		.directory = options->directory,
		.host = options->host,
		.program = options->program,
		.run_ms = options->wall_ms(),
	};

	journal->directory = alloc_text(options->directory);
	journal->owner = alloc_text(options->owner);
	journal->wall_ms = options->wall_ms;
	journal->mirror = options->mirror;
	journal_queue_init(&journal->queue, JOURNAL_QUEUE_MAX,
			   JOURNAL_QUEUE_BYTES);
	pthread_mutex_init(&journal->lock, NULL);
	thread_condition_init(&journal->changed);
	journal->file = journal_file_new(&file);
	journal_file_set_watch(journal->file,
			       &(struct journal_file_watch){
				       record_added, give_head, journal });
	return journal;
}

void journal_free(struct journal **journal_r)
{
	struct journal *journal = *journal_r;

	*journal_r = NULL;
	if (journal == NULL)
		return;
	journal_queue_clear(&journal->queue);
	journal_file_free(&journal->file);
	pthread_cond_destroy(&journal->changed);
	pthread_mutex_destroy(&journal->lock);
	free(journal->directory);
	free(journal->owner);
	free(journal->reason);
	free(journal);
}

/* the callers' side */

void journal_add(struct journal *journal, enum journal_kind kind,
		 enum journal_urgency urgency, json_t *members)
{
	struct journal_record record = { 0, 0, kind, NULL };
	char *text;

	if (journal == NULL) {
		json_decref(members);
		return;
	}
	text = journal_members(members);
	record.members = text;
	record.when_ms = journal->wall_ms();
	pthread_mutex_lock(&journal->lock);
	journal_queue_put(&journal->queue, &record, urgency == JOURNAL_ACT);
	if (urgency == JOURNAL_ACT) {
		journal->has_act = true;
		pthread_cond_signal(&journal->changed);
	}
	pthread_mutex_unlock(&journal->lock);
	free(text);
}

bool journal_head(struct journal *journal, struct journal_head *head_r)
{
	memset(head_r, 0, sizeof(*head_r));
	if (journal == NULL)
		return false;
	pthread_mutex_lock(&journal->lock);
	*head_r = journal->head;
	pthread_mutex_unlock(&journal->lock);
	return head_r->name[0] != '\0';
}

void journal_count(struct journal *journal, struct journal_counts *counts_r)
{
	uint64_t now_ms, oldest_ms;

	memset(counts_r, 0, sizeof(*counts_r));
	if (journal == NULL)
		return;
	now_ms = journal->wall_ms();
	pthread_mutex_lock(&journal->lock);
	*counts_r = journal->counts;
	wait_histogram_read(&journal->syncs, &counts_r->syncs);
	counts_r->waiting = journal_queue_count(&journal->queue);
	oldest_ms = journal_queue_oldest(&journal->queue);
	if (oldest_ms < now_ms)
		counts_r->behind_ms = now_ms - oldest_ms;
	counts_r->lost_acts += journal->queue.loss.acts;
	counts_r->lost_samples += journal->queue.loss.samples;
	pthread_mutex_unlock(&journal->lock);
}

/* failures */

static const char *advice(const struct journal *journal, char **text_r)
{
	if (journal_file_errno(journal->file) != ENOENT)
		return *text_r = alloc_text("");
	return *text_r = alloc_format(
		       "; create it: install -d -o %s -g %s -m 2770 %s, or "
		       "set journal = { directory = \"\"; } to keep none",
		       journal->owner, journal->owner, journal->directory);
}

/* A journal that never worked is most likely not wanted: it is logged once an
 * hour. */
static void complain(struct journal *journal, uint64_t now_ms)
{
	uint64_t every_ms = journal->has_worked ? COMPLAIN_MS
						: COMPLAIN_NEVER_MS;
	struct journal_counts counts;
	char *text;

	if (journal->complain_ms != 0 &&
	    now_ms - journal->complain_ms < every_ms)
		return;
	journal->complain_ms = now_ms;
	journal->has_complained = true;
	journal_count(journal, &counts);
	log_warning("journal: not written: %s%s; mail is not affected, "
		    "records waiting: %" PRIu64 ", lost: %" PRIu64,
		    journal_file_error(journal->file), advice(journal, &text),
		    counts.waiting, counts.lost_acts + counts.lost_samples);
	free(text);
}

static void set_written(struct journal *journal, bool is_written)
{
	pthread_mutex_lock(&journal->lock);
	journal->counts.is_written = is_written;
	pthread_mutex_unlock(&journal->lock);
}

static void note_failure(struct journal *journal)
{
	uint64_t now_ms = clock_steady_ms();

	set_written(journal, false);
	journal->is_failing = true;
	journal->retry_ms = now_ms + RETRY_MS;
	free(journal->reason);
	journal->reason = alloc_text(journal_file_error(journal->file));
	complain(journal, now_ms);
}

static void note_success(struct journal *journal)
{
	if (journal->is_failing && journal->has_complained)
		log_notice("journal: written again: %s", journal->directory);
	if (journal->is_failing || !journal->has_worked)
		set_written(journal, true);
	journal->has_worked = true;
	journal->is_failing = false;
	journal->has_complained = false;
}

/* gaps */

static json_t *lost_by_kind(const struct journal_loss *loss)
{
	json_t *object = json_object();

	for (int i = 0; i < JOURNAL_KINDS; i++)
		if (loss->counts[i] != 0)
			json_object_set_new(
				object, journal_kind_name((enum journal_kind)i),
				document_number(loss->counts[i]));
	return object;
}

static char *gap_members(const struct journal *journal,
			 const struct journal_loss *loss)
{
	uint64_t lost = loss->acts + loss->samples;
	json_t *object = document_make("lost:n kinds:o", lost,
				       lost_by_kind(loss));

	if (lost != 0)
		document_put(object, "first:m last:m", loss->first_ms,
			     loss->last_ms);
	document_put_number(object, "unsynced", journal->unsure);
	document_put_text(object, "reason",
			  journal->reason == NULL ? "the queue was full"
						  : journal->reason);
	return journal_members(object);
}

/* What was lost while this one was written stays for the next. */
static void forget_loss(struct journal *journal,
			const struct journal_loss *told)
{
	struct journal_loss *loss = &journal->queue.loss;

	pthread_mutex_lock(&journal->lock);
	for (int i = 0; i < JOURNAL_KINDS; i++)
		loss->counts[i] -= told->counts[i];
	loss->acts -= told->acts;
	loss->samples -= told->samples;
	loss->first_ms = loss->last_ms;
	journal->counts.lost_acts += told->acts;
	journal->counts.lost_samples += told->samples;
	pthread_mutex_unlock(&journal->lock);
	journal->unsure = 0;
	free(journal->reason);
	journal->reason = NULL;
}

/* writing */

static bool write_record(struct journal *journal,
			 const struct journal_record *record)
{
	if (!journal_file_add(journal->file, journal->wall_ms(), record))
		return false;
	journal->unsynced++;
	note_success(journal);
	return true;
}

static bool write_gap(struct journal *journal)
{
	struct journal_record record = { 0, 0, JOURNAL_GAP, NULL };
	struct journal_loss loss;
	bool is_written;
	char *members;

	pthread_mutex_lock(&journal->lock);
	loss = journal->queue.loss;
	pthread_mutex_unlock(&journal->lock);
	if (loss.acts + loss.samples + journal->unsure == 0)
		return true;
	members = gap_members(journal, &loss);
	record.members = members;
	record.when_ms = journal->wall_ms();
	is_written = write_record(journal, &record);
	free(members);
	if (is_written)
		forget_loss(journal, &loss);
	return is_written;
}

static bool write_entry(struct journal *journal,
			const struct journal_entry *entry)
{
	const struct journal_record record = { 0, entry->when_ms, entry->kind,
					       entry->members };

	if (!write_gap(journal) || !write_record(journal, &record))
		return false;
	journal->must_sync |= entry->is_act;
	return true;
}

static struct journal_entry *take_entry(struct journal *journal)
{
	struct journal_entry *entry;

	pthread_mutex_lock(&journal->lock);
	entry = journal_queue_take(&journal->queue);
	pthread_mutex_unlock(&journal->lock);
	return entry;
}

static void put_back(struct journal *journal, struct journal_entry *entry)
{
	pthread_mutex_lock(&journal->lock);
	journal_queue_put_back(&journal->queue, entry);
	pthread_mutex_unlock(&journal->lock);
}

/* False when one could not be written. */
static bool write_waiting(struct journal *journal)
{
	struct journal_entry *entry;

	while ((entry = take_entry(journal)) != NULL) {
		if (!write_entry(journal, entry)) {
			put_back(journal, entry);
			note_failure(journal);
			return false;
		}
		free(entry);
	}
	return true;
}

static void sync_file(struct journal *journal)
{
	bool is_needed = journal_file_is_dirty(journal->file);
	uint64_t begun_ns = clock_steady_ns();

	journal->must_sync = false;
	journal->sync_ms = begun_ns / 1000000;
	if (!journal_file_sync(journal->file)) {
		journal->unsure += journal->unsynced;
		note_failure(journal);
	}
	journal->unsynced = 0;
	if (is_needed)
		wait_histogram_note(&journal->syncs,
				    clock_steady_ns() - begun_ns);
}

/* What a head speaks of is on the disk. Two journals that witness each other
 * are no news to each other. */
static void show_head(struct journal *journal)
{
	const struct journal_head *head = journal_file_head(journal->file);
	uint64_t now_ms = clock_steady_ms();
	uint64_t every_ms = journal->has_news ? HEAD_MS : HEAD_MAX_MS;

	if (!journal->has_worked || journal->is_failing ||
	    journal_file_is_dirty(journal->file) ||
	    (journal->head_ms != 0 && now_ms - journal->head_ms < every_ms))
		return;
	journal->head_ms = now_ms;
	give_head(journal, head);
}

static void do_round(struct journal *journal)
{
	if (clock_steady_ms() >= journal->retry_ms)
		write_waiting(journal);
	if (journal->must_sync ||
	    clock_steady_ms() - journal->sync_ms >= SYNC_MS)
		sync_file(journal);
	show_head(journal);
	if (journal->mirror.round != NULL)
		journal->mirror.round(journal->mirror.context);
}

/* the thread */

/* Under lock: until is_so, or until until_ms. */
static bool wait_until(struct journal *journal, const bool *is_so,
		       uint64_t until_ms)
{
	while (!*is_so &&
	       thread_wait(&journal->changed, &journal->lock, until_ms))
		;
	return *is_so;
}

/* For an act, or the next round; false: it is time to stop. */
static bool rest(struct journal *journal)
{
	bool is_stopping;

	pthread_mutex_lock(&journal->lock);
	if (!journal->is_stopping)
		wait_until(journal, &journal->has_act,
			   clock_steady_ms() + ROUND_MS);
	journal->has_act = false;
	is_stopping = journal->is_stopping;
	pthread_mutex_unlock(&journal->lock);
	return !is_stopping;
}

static void finish(struct journal *journal)
{
	struct journal_counts counts;

	if (write_waiting(journal) && write_gap(journal))
		journal_file_end(journal->file, journal->wall_ms(), "stop");
	journal_count(journal, &counts);
	if (counts.waiting != 0)
		log_warning("journal: %" PRIu64 " records are lost: %s",
			    counts.waiting, journal_file_error(journal->file));
	if (journal->mirror.round != NULL)
		journal->mirror.round(journal->mirror.context);
}

static void *journal_main(void *context)
{
	struct journal *journal = context;

	do
		do_round(journal);
	while (rest(journal));
	finish(journal);
	pthread_mutex_lock(&journal->lock);
	journal->has_stopped = true;
	pthread_cond_broadcast(&journal->changed);
	pthread_mutex_unlock(&journal->lock);
	return NULL;
}

bool journal_start(struct journal *journal)
{
	journal->is_started = thread_start(&journal->thread, journal_main,
					   journal);
	return journal->is_started;
}

bool journal_stop(struct journal *journal, unsigned int wait_ms)
{
	bool has_stopped;

	if (journal == NULL || !journal->is_started)
		return true;
	pthread_mutex_lock(&journal->lock);
	journal->is_stopping = true;
	journal->has_act = true;
	pthread_cond_broadcast(&journal->changed);
	has_stopped = wait_until(journal, &journal->has_stopped,
				 clock_steady_ms() + wait_ms);
	pthread_mutex_unlock(&journal->lock);
	if (has_stopped) {
		pthread_join(journal->thread, NULL);
		journal->is_started = false;
	}
	return has_stopped;
}
