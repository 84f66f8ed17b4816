/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_FILE_H
#define WEIR_JOURNAL_FILE_H

/*
 * The files of one process, HOST.PID.YYYYMMDDTHHMMSSZ.jsonl in a directory: a
 * new one for each UTC day, for each JOURNAL_FILE_MAX bytes, and after a write
 * that did not succeed as a whole. What is in a file is never changed: nothing
 * is truncated, so that chattr +a works, and a file that was not finished ends
 * without the record `end`. While a process writes to a file it holds a lock
 * of flock(2) on it. One thread. now_ms is milliseconds since the epoch.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal_line.h"

#define JOURNAL_FILE_MAX (64 << 20) /* bytes; the last record may exceed it */

struct journal_file;

struct journal_file_options {
	const char *directory;
	const char *host;
	const char *program; /* "weir-milter", with its version */
	uint64_t run_ms;     /* when the process began */
	size_t max_bytes;    /* 0: JOURNAL_FILE_MAX */
};

/* Copies the options; opens nothing yet. Never NULL. */
struct journal_file *
journal_file_new(const struct journal_file_options *options);

/* Closes it as it is; journal_file_end() comes before that. */
void journal_file_free(struct journal_file **file);

/*
 * Appends one record, after a change of files where that is due. False when it
 * is not in a file; see journal_file_error(). Then the same record may be
 * tried again.
 */
bool journal_file_add(struct journal_file *file, uint64_t now_ms,
		      const struct journal_record *record);

/* fdatasync(2), if anything was added since the last. False when it failed;
 * what was added since then may be lost, and a new file is begun. */
bool journal_file_sync(struct journal_file *file);

/* Finishes the file, if there is one, with `end` and a sync. */
bool journal_file_end(struct journal_file *file, uint64_t now_ms,
		      const char *reason);

/* Of the last record that was added; name "" before the first. */
const struct journal_head *journal_file_head(const struct journal_file *file);

bool journal_file_is_dirty(const struct journal_file *file);

/* What went wrong last, and its errno: "PATH: No space left on device" */
const char *journal_file_error(const struct journal_file *file);
int journal_file_errno(const struct journal_file *file);

struct journal_file_watch {
	/* A record was added, or `begin` or `end`; line is without its newline.
	 */
	void (*added)(void *context, enum journal_kind kind,
		      const struct journal_head *head, const char *line,
		      size_t length);
	/* A file was finished and synced; head is that of its end. */
	void (*ended)(void *context, const struct journal_head *head);
	void *context;
};

void journal_file_set_watch(struct journal_file *file,
			    const struct journal_file_watch *watch);

/* The head of the newest file of this host in the directory that has a whole
 * record: after it comes the next. name "": there is none. */
void journal_file_last(const char *directory, const char *host,
		       struct journal_head *head_r);

/* A host as it stands in a name: what is not allowed there is "-". Freed with
 * free(). */
char *journal_file_host(const char *host);

#endif
