/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_FILES_H
#define WEIR_JOURNAL_FILES_H

/*
 * The files of a journal, oldest first. {0} is an empty list. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal_line.h"

struct journal_files {
	char **paths; /* in the order of the times in their names */
	size_t count;
};

/* Takes over the path. */
void journal_files_add(struct journal_files *files, char *path);

/* Adds the files of a journal that are in the directory, and no others. False,
 * and errno, when it cannot be read. */
bool journal_files_add_directory(struct journal_files *files, const char *path);

/* Of a file of any name: without its directory and ".jsonl", cut to the size.
 */
void journal_files_name(const char *path, char name_r[JOURNAL_NAME_SIZE]);

void journal_files_sort(struct journal_files *files);

/* After the sort: how many are of UTC days before that of the moment, so that
 * nothing of that moment or later is in them. */
size_t journal_files_before(const struct journal_files *files,
			    uint64_t moment_ms);

void journal_files_clear(struct journal_files *files);

#endif
