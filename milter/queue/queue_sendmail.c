/* SPDX-License-Identifier: ISC */

/*
 * Sendmail has two queues: that of the daemon, and that of sendmail(1) for
 * what the daemon did not take yet (-Ac); quarantined mail of each is listed
 * apart (-qQ). Only root may read a message's control file; without it an
 * address that the listing cuts is not known, and the message is left alone.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "child.h"
#include "lib/base/clock.h"
#include "queue.h"
#include "sendmail_file.h"
#include "sendmail_listing.h"

#define AT_ONCE		100 /* queue ids of one run of a tool */
#define OPTION_SIZE	(QUEUE_ID_MAX + 8)
#define DIRECTORIES_MAX 64
#define QTOOL_PLACE	"/usr/share/sendmail" /* in Debian */

/* the listing */

/* Where messages are, so that no queue is listed twice, and qtool.pl finds
 * them. */
static bool has_place(const struct queue *queue, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(queue->places[i], path) == 0)
			return true;
	return false;
}

static void add_place(struct queue *queue, const char *path)
{
	if (path[0] == '\0' || has_place(queue, queue->place_count, path))
		return;
	if (queue->place_count == QUEUE_PLACES_MAX)
		snprintf(queue->warning, sizeof(queue->warning),
			 "more than %d queue directories: the rest is skipped",
			 QUEUE_PLACES_MAX);
	else
		snprintf(queue->places[queue->place_count++],
			 sizeof(queue->places[0]), "%s", path);
}

struct job {
	struct queue *queue;
	const struct queue_keeper *keeper;
	struct queue_list *list;
	struct sendmail_listing listing;
	bool is_client;
	size_t cut; /* messages with an address that is not known */
};

static void take_message(void *context, struct queue_message *message,
			 const char *directory, bool is_cut)
{
	struct job *job = context;
	struct queue *queue = job->queue;

	/* without a submit.cf, -Ac is the daemon's queue once more */
	if (job->is_client && has_place(queue, queue->daemon_places, directory))
		return;
	add_place(queue, directory);
	job->list->total++;
	if (!sendmail_file_read(directory, message) && is_cut)
		job->cut++;
	else if (job->keeper->keep == NULL ||
		 job->keeper->keep(job->keeper->context, message))
		queue_list_add(job->list, message);
}

static void take_line(void *context, const char *line, size_t length)
{
	struct job *job = context;

	sendmail_listing_read(&job->listing, line, length);
	if (!job->is_client)
		add_place(job->queue, job->listing.directory);
}

static bool list_some(struct queue *queue, struct job *job, bool is_held)
{
	const char *words[6] = { "sendmail" };
	size_t word = 1;
	bool is_listed;

	if (job->is_client)
		words[word++] = "-Ac";
	words[word++] = "-bp";
	words[word++] = "-v";
	if (is_held)
		words[word++] = "-qQ";
	job->listing = (struct sendmail_listing){
		.now_ms = clock_wall_ms(),
		.is_held = is_held,
		.take = take_message,
		.context = job,
	};
	is_listed = queue_run(queue, &(struct queue_tool){
					     .words = words,
					     .take = take_line,
					     .context = job,
				     });
	sendmail_listing_end(&job->listing);
	job->list->unreadable += job->listing.unreadable;
	return is_listed;
}

static void list_client(struct queue *queue, struct job *job)
{
	char error[sizeof(queue->error)];

	job->is_client = true;
	queue->daemon_places = queue->place_count;
	memcpy(error, queue->error, sizeof(error));
	if (list_some(queue, job, false) && list_some(queue, job, true))
		return;
	snprintf(queue->warning, sizeof(queue->warning),
		 "the client queue (-Ac) cannot be listed: %.300s",
		 queue->error);
	memcpy(queue->error, error, sizeof(error));
}

static bool list(struct queue *queue, const struct queue_keeper *keeper,
		 struct queue_list *list_r)
{
	struct job job = { .queue = queue, .keeper = keeper, .list = list_r };
	bool is_listed;

	queue->place_count = 0;
	is_listed = list_some(queue, &job, false) &&
		    list_some(queue, &job, true);
	if (is_listed)
		list_client(queue, &job);
	list_r->unreadable += job.cut;
	return is_listed;
}

/* acting */

/* With -v it says at the end "2 changes", "1 change" or "No changes". */
static void take_changes(void *context, const char *line, size_t length)
{
	static const char word[] = " change";
	char *end;
	unsigned long long changes = strtoull(line, &end, 10);

	(void)length;
	if (end != line && strncmp(end, word, sizeof(word) - 1) == 0)
		*(uint64_t *)context += changes;
}

/* Queue ids as the words of one tool, a room for each. */
struct id_words {
	char options[AT_ONCE][OPTION_SIZE];
	const char *words[AT_ONCE + 6];
	size_t count;
};

static void add_word(struct id_words *words, const char *word)
{
	words->words[words->count++] = word;
	words->words[words->count] = NULL;
}

static void add_ids(struct id_words *words, const char *const *ids,
		    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		snprintf(words->options[i], sizeof(words->options[i]), "-qI%s",
			 ids[i]);
		add_word(words, words->options[i]);
	}
}

/* Of the queue of sendmail(1) or of the daemon; what is in the other one is
 * passed over. */
static bool quarantine(struct queue *queue, bool is_release, bool is_client,
		       const char *const *ids, size_t count, uint64_t *done)
{
	struct id_words words = { .count = 0 };
	char reason[300];

	snprintf(reason, sizeof(reason), "-Q%s%s",
		 is_release ? "" : "weir: ", is_release ? "" : queue->reason);
	add_word(&words, "sendmail");
	if (is_client)
		add_word(&words, "-Ac");
	add_word(&words, "-v");
	if (is_release)
		add_word(&words, "-qQ");
	add_ids(&words, ids, count);
	add_word(&words, reason);
	return queue_run(queue, &(struct queue_tool){ .words = words.words,
						      .take = take_changes,
						      .context = done });
}

static bool quarantine_both(struct queue *queue, bool is_release,
			    const char *const *ids, size_t count,
			    uint64_t *done)
{
	return quarantine(queue, is_release, false, ids, count, done) &&
	       (queue->place_count == queue->daemon_places ||
		quarantine(queue, is_release, true, ids, count, done));
}

/* deleting: qtool.pl deletes what is quarantined and not locked, and does not
 * say what it left. */

/* The control files of these messages that are quarantined. */
static size_t find_files(const struct queue *queue, const char *const *ids,
			 size_t count, char **paths_r)
{
	char path[PATH_MAX];
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at < queue->place_count; at++) {
			snprintf(path, sizeof(path), "%s/hf%s",
				 queue->places[at], ids[i]);
			if (access(path, F_OK) == 0) {
				paths_r[found++] = alloc_text(path);
				break;
			}
		}
	return found;
}

static bool run_qtool(struct queue *queue, char **paths, size_t count)
{
	const char *words[AT_ONCE + 4] = { "qtool.pl", "-Q", "-d" };
	const char *tools = queue->tools;
	char path[PATH_MAX];
	bool is_run;

	memcpy(words + 3, paths, count * sizeof(*paths));
	if (!child_find(tools, words[0], path))
		queue->tools = QTOOL_PLACE;
	is_run = queue_run(queue, &(struct queue_tool){ .words = words });
	queue->tools = tools;
	return is_run;
}

static bool has_qtool(struct queue *queue)
{
	char path[PATH_MAX];

	if (child_find(queue->tools, "qtool.pl", path) ||
	    child_find(QTOOL_PLACE, "qtool.pl", path))
		return true;
	snprintf(queue->error, sizeof(queue->error),
		 "qtool.pl not found: it deletes mail from Sendmail's queue "
		 "and comes with Sendmail (contrib/qtool.pl, in Debian's "
		 "sendmail-bin); --tools names its directory. Nothing was "
		 "deleted");
	return false;
}

static bool delete_some(struct queue *queue, const char *const *ids,
			size_t count, uint64_t *done)
{
	char *paths[AT_ONCE];
	size_t found = find_files(queue, ids, count, paths);
	uint64_t held = 0;
	bool is_done = true;

	if (found < count) {
		for (size_t i = 0; i < found; i++)
			free(paths[i]);
		is_done = quarantine_both(queue, false, ids, count, &held);
		found = find_files(queue, ids, count, paths);
	}
	if (is_done && found != 0)
		is_done = run_qtool(queue, paths, found);
	for (size_t i = 0; i < found; i++) {
		*done += is_done && access(paths[i], F_OK) != 0;
		free(paths[i]);
	}
	return is_done;
}

static bool act(struct queue *queue, enum queue_act act, const char *const *ids,
		size_t count, uint64_t *done_r)
{
	if (act == QUEUE_DELETE && !has_qtool(queue))
		return false;
	for (size_t done = 0; done < count;) {
		size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;
		bool is_done =
			act == QUEUE_DELETE
				? delete_some(queue, ids + done, some, done_r)
				: quarantine_both(queue, act == QUEUE_RELEASE,
						  ids + done, some, done_r);

		if (!is_done)
			return false;
		done += some;
	}
	return true;
}

/* Tries to deliver now, in the background. */
static bool deliver_some(struct queue *queue, bool is_client,
			 const char *const *ids, size_t count)
{
	struct id_words words = { .count = 0 };

	add_word(&words, "sendmail");
	if (is_client)
		add_word(&words, "-Ac");
	add_ids(&words, ids, count);
	return queue_run(queue, &(struct queue_tool){ .words = words.words });
}

static bool deliver(struct queue *queue, const char *const *ids, size_t count)
{
	bool has_client = queue->place_count > queue->daemon_places;

	for (size_t done = 0; done < count;) {
		size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;

		if (!deliver_some(queue, false, ids + done, some) ||
		    (has_client &&
		     !deliver_some(queue, true, ids + done, some)))
			return false;
		done += some;
	}
	return true;
}

/* Postfix and others have a sendmail(1), too; only Sendmail's own says its
 * version in test mode. */
static void take_version(void *context, const char *line, size_t length)
{
	(void)length;
	if (strncmp(line, "Version ", 8) == 0)
		*(bool *)context = true;
}

static bool is_usable(struct queue *queue)
{
	static const char *const words[] = { "sendmail", "-d0.1", "-bt", NULL };
	bool is_sendmail = false;

	if (!queue_run(queue, &(struct queue_tool){ .words = words,
						    .take = take_version,
						    .context = &is_sendmail }))
		return false;
	if (!is_sendmail)
		snprintf(queue->error, sizeof(queue->error),
			 "sendmail: found that of another MTA, allowed is "
			 "that of Sendmail 8; --tools names its directory");
	return is_sendmail;
}

const struct queue_backend queue_sendmail = {
	.name = "sendmail",
	.is_usable = is_usable,
	.list = list,
	.act = act,
	.deliver = deliver,
};
