/* SPDX-License-Identifier: ISC */

/*
 * A file is old when its last record is. Its name, records and head are
 * recorded before it is removed, so that it is not missed afterwards; without
 * that record it stays.
 */
#include "journal_prune.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/watch/journal_audit.h"
#include "milter/common/clock.h"
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

static json_t *describe(const struct journal_file_report *file)
{
	json_t *object = json_object();

	json_object_set_new(object, "file", document_string(file->name));
	json_object_set_new(object, "records", document_number(file->records));
	json_object_set_new(object, "record", document_number(file->head.n));
	json_object_set_new(object, "head", document_string(file->head.hash));
	json_object_set_new(object, "last", document_string(file->last));
	return object;
}

static bool note(struct job *job, const struct journal_file_report *file)
{
	if (job->own == NULL)
		job->own = journal_own_open(job->directory);
	return journal_own_add(job->own, JOURNAL_PRUNED, describe(file));
}

static void remove_file(struct job *job, const struct journal_file_report *file)
{
	if (!job->is_dry && !note(job, file)) {
		job->is_failed = true;
		return;
	}
	if (!job->is_dry && unlink(file->path) != 0) {
		fputs("weirctl journal prune: ", stderr);
		terminal_put(stderr, file->path, strlen(file->path));
		fprintf(stderr, ": %s\n", strerror(errno));
		job->is_failed = true;
		return;
	}
	json_array_append_new(job->removed, describe(file));
	if (job->globals->is_json)
		return;
	printf(job->is_dry ? "would remove " : "removed ");
	terminal_put(stdout, file->path, strlen(file->path));
	printf(", %" PRIu64 " records, the last of %s\n", file->records,
	       file->last[0] == '\0' ? "an unknown time" : file->last);
}

/* "2026-11-25T10:44:00.001Z" as in a name: "20261125T104400" */
static void make_name_limit(const char *limit, char name_limit_r[16])
{
	(void)snprintf(name_limit_r, 16, "%.4s%.2s%.5s%.2s%.2s", limit,
		       limit + 5, limit + 8, limit + 14, limit + 17);
}

/* One that began after the limit need not be read. */
static bool may_be_old(const char *path, const char *name_limit)
{
	const size_t tail = strlen("20261125T104400Z.jsonl");

	return strncmp(path + strlen(path) - tail, name_limit, 15) < 0;
}

/* One without a readable time is kept; one that is written to, too. */
static bool is_old(const struct journal_file_report *file, const char *limit)
{
	return file->state != JOURNAL_OPEN && file->last[0] != '\0' &&
	       strcmp(file->last, limit) < 0;
}

static void prune(struct job *job, const struct journal_paths *paths)
{
	uint64_t now_ms = clock_wall_ms();
	char limit[MOMENT_TEXT_SIZE], name_limit[16];

	moment_format_utc(now_ms > job->keep_ms ? now_ms - job->keep_ms : 0,
			  limit);
	make_name_limit(limit, name_limit);
	for (size_t i = 0; i < paths->files.count && !job->is_failed; i++) {
		struct journal_audit *audit = journal_audit_new();

		if (may_be_old(paths->files.paths[i], name_limit) &&
		    journal_audit_read(audit, paths->files.paths[i]) &&
		    is_old(journal_audit_file(audit, 0), limit))
			remove_file(job, journal_audit_file(audit, 0));
		journal_audit_free(&audit);
	}
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

	if (arguments_read(argc, argv, arguments, ARGUMENT_COUNT(arguments), 0,
			   0) == 0)
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
