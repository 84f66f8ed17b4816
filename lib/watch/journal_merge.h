/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_MERGE_H
#define WEIR_JOURNAL_MERGE_H

/*
 * The records of many files in the order of their times, with few files open at
 * once. One thread.
 */
#include <stdbool.h>
#include <stddef.h>

#include "journal_reader.h"

struct journal_merge;

/* The paths are in the order of the times in their names, and must outlive the
 * merge. A file that cannot be read is passed over, and counted. */
struct journal_merge *journal_merge_new(char *const *paths, size_t count);
void journal_merge_free(struct journal_merge **merge);

/* The next record, valid until the next call, and its file; false: that was
 * all. Lines that are no records are passed over, and counted; one that is a
 * record but does not follow the line before it has its fault. */
bool journal_merge_next(struct journal_merge *merge,
			struct journal_read_line *line_r, const char **path_r);

/* So far: lines with a fault, and files that could not be read. */
size_t journal_merge_broken(const struct journal_merge *merge);
size_t journal_merge_unreadable(const struct journal_merge *merge);

#endif
