/* SPDX-License-Identifier: ISC */

/* What is removed, and why not, in words; the rest is journal_expire.h. */
#include "command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/base/clock.h"
#include "milter/common/journal_expire.h"
#include "arguments.h"
#include "journal_own.h"
#include "journal_paths.h"
#include "terminal.h"

struct job {
	const struct globals *globals;
	const char *directory;
	uint64_t keep_ms; /* 0: as the settings say */
	bool is_dry;
	struct journal_file *own; /* NULL: nothing was removed yet */
	json_t *removed;
	bool is_failed;
};

static bool note(void *context, json_t *members)
{
	struct job *job = context;

	if (job->own == NULL)
		job->own = journal_own_open(job->directory);
	return journal_own_add(job->own, JOURNAL_PRUNED, members);
}

static void print_failed(void *context, const char *path)
{
	const char *reason = strerror(errno);

	(void)context;
	terminal_error("weirctl journal prune: %s: %s", path, reason);
}

static void print_removed(void *context, const struct journal_file_report *file)
{
	struct job *job = context;

	json_array_append_new(job->removed, journal_expire_json(file));
	if (job->globals->is_json)
		return;
	terminal_print("%s %s, %" PRIu64 " records, the last of %s\n",
		       job->is_dry ? "would remove" : "removed", file->path,
		       file->records,
		       file->last[0] == '\0' ? "an unknown time" : file->last);
}

static void prune(struct job *job, const struct journal_paths *paths)
{
	uint64_t now_ms = clock_wall_ms();

	job->is_failed = !journal_expire(&(struct journal_expire){
		.files = &paths->files,
		.before_ms = now_ms > job->keep_ms ? now_ms - job->keep_ms : 0,
		.is_dry = job->is_dry,
		.note = note,
		.removed = print_removed,
		.failed = print_failed,
		.context = job,
	});
	if (job->own != NULL)
		journal_own_close(&job->own);
}

static int work(struct job *job, const struct journal_paths *paths)
{
	size_t count;

	job->removed = json_array();
	prune(job, paths);
	count = json_array_size(job->removed);
	if (job->globals->is_json)
		document_print(json_pack("{s:b, s:o}", "dry_run", job->is_dry,
					 "removed", job->removed),
			       stdout);
	else
		json_decref(job->removed);
	if (job->is_failed)
		return EX_CANTCREAT;
	if (count == 0 && !job->globals->is_json)
		puts("no file is old enough");
	return EX_OK;
}

int journal_prune_run(const struct globals *globals, int argc, char **argv)
{
	struct job job = { .globals = globals };
	const struct argument arguments[] = {
		ARGUMENT(SPAN, "keep", &job.keep_ms, .min = 86400000),
		ARGUMENT(FLAG, "dry-run", &job.is_dry),
	};
	struct journal_paths paths = { 0 };
	struct context context = { 0 };
	int code;

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 0) == 0)
		return EX_USAGE;
	code = journal_paths_find(globals, &context, 0, NULL, &paths);
	if (code == EX_OK) {
		job.directory = paths.directory;
		if (job.keep_ms == 0)
			job.keep_ms = context.settings->journal.keep_ms;
		code = work(&job, &paths);
	}
	journal_paths_clear(&paths);
	context_close(&context);
	return code;
}
