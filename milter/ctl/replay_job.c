/* SPDX-License-Identifier: ISC */

/* weirctl replay, the reading. "mail.log*" gives a shell's order, the newest
 * first: the times in the files say better. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/replay/log_feed.h"
#include "lib/base/clock.h"
#include "replay_job.h"
#include "terminal.h"

/* A message that is deferred at first is delivered to the rest of its
 * recipients within the hour, or it would hold up all others. */
#define HORIZON_MS   UINT64_C(3600000)
#define MESSAGES_MAX 200000

struct bar {
	struct progress progress;
	uint64_t before; /* bytes of the files that were read */
};

struct ordered {
	const char *file;
	uint64_t first_ms;
	size_t place;
};

static bool complain(const char *file, const char *reason)
{
	return terminal_error("weirctl replay: %s: %s", file, reason);
}

/* order */

static int compare(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->first_ms != y->first_ms)
		return x->first_ms < y->first_ms ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static bool peek(const struct replay_job *job, struct ordered *ordered)
{
	struct log_feed feed = { .first_year = job->first_year,
				 .now_ms = clock_wall_ms() };
	struct log_file *file = log_file_open(ordered->file);

	if (file == NULL)
		return complain(ordered->file, strerror(errno));
	ordered->first_ms = log_feed_peek(&feed, file);
	log_file_close(&file);
	return true;
}

/* Standard input can be read once only, and a first year is the first file's:
 * then the order is as it was given. */
static bool is_sortable(const struct replay_job *job)
{
	for (size_t i = 0; i < job->file_count; i++)
		if (strcmp(job->files[i], "-") == 0)
			return false;
	return job->file_count > 1 && job->first_year == 0;
}

bool replay_job_sort(struct replay_job *job)
{
	struct ordered *ordered;
	bool is_good = true;

	if (!is_sortable(job))
		return true;
	ordered = alloc_array(job->file_count, sizeof(*ordered));
	for (size_t i = 0; i < job->file_count; i++) {
		ordered[i].file = job->files[i];
		ordered[i].place = i;
		is_good &= peek(job, &ordered[i]);
	}
	qsort(ordered, job->file_count, sizeof(*ordered), compare);
	for (size_t i = 0; i < job->file_count; i++) {
		job->is_resorted |= ordered[i].place != i;
		job->files[i] = ordered[i].file;
	}
	free(ordered);
	return is_good;
}

/* reading */

static void take(void *user_data, const struct log_message *message)
{
	struct replay_job *job = user_data;
	bool is_stopped[REPLAY_JOB_MAX] = { false };

	for (size_t i = 0; i < job->replay_count; i++)
		is_stopped[i] = replay_take(job->replays[i], message);
	job->both += is_stopped[0] && is_stopped[1];
	job->only_first += is_stopped[0] && !is_stopped[1];
	job->only_second += is_stopped[1] && !is_stopped[0];
}

static void draw(void *user_data, const struct log_file *file)
{
	struct bar *bar = user_data;

	progress_set(&bar->progress, bar->before + log_file_done(file));
}

/* Lines of a form that is not known; a file that has no others is none that
 * can be read. */
static bool check_lines(const struct replay_job *job,
			const struct log_feed *feed, const char *path)
{
	bool is_good = feed->unknown != feed->file_lines || feed->unknown == 0;

	if (feed->unknown == 0 || job->is_again)
		return is_good;
	terminal_error("weirctl replay: %s: %" PRIu64 " of %" PRIu64
		       " lines could not be parsed%s, the first: \"%s\"",
		       path, feed->unknown, feed->file_lines,
		       is_good ? "" : " (not a known mail log format)",
		       feed->first_unknown);
	return is_good;
}

static bool read_one(struct replay_job *job, struct log_feed *feed,
		     const char *path, struct bar *bar)
{
	struct log_file *file = log_file_open(path);
	bool is_good;

	if (file == NULL)
		return complain(path, strerror(errno));
	is_good = log_feed_read(feed, file);
	if (!is_good)
		complain(path, log_file_error(file));
	is_good &= check_lines(job, feed, path);
	job->unknown += feed->unknown;
	bar->before += log_file_size(file);
	log_file_close(&file);
	return is_good;
}

static uint64_t total_size(const struct replay_job *job)
{
	uint64_t total = 0;

	for (size_t i = 0; i < job->file_count; i++) {
		struct log_file *file = log_file_open(job->files[i]);

		if (file == NULL)
			continue;
		total += log_file_size(file);
		log_file_close(&file);
	}
	return total;
}

static struct assembly *make_assembly(struct replay_job *job)
{
	struct assembly_options options = { .horizon_ms = HORIZON_MS,
					    .max = MESSAGES_MAX,
					    .with_local = job->with_local,
					    .take = take,
					    .context = job };

	for (size_t i = 0; i < job->replay_count; i++)
		options.with_recipients |= replay_needs_recipients(
			replay_settings(job->replays[i]));
	return assembly_new(&options);
}

bool replay_job_run(struct replay_job *job)
{
	struct bar bar = { .before = 0 };
	struct log_feed feed = { .assembly = make_assembly(job),
				 .first_year = job->first_year,
				 .now_ms = clock_wall_ms(),
				 .progress = draw,
				 .context = &bar };
	bool is_good = true;

	progress_begin(&bar.progress, "bytes", total_size(job));
	for (size_t i = 0; i < job->file_count; i++)
		is_good &= read_one(job, &feed, job->files[i], &bar);
	assembly_finish(feed.assembly);
	progress_end(&bar.progress);
	job->lines = feed.lines;
	job->cut = feed.cut;
	job->counts = *assembly_counts(feed.assembly);
	assembly_free(&feed.assembly);
	return is_good;
}
