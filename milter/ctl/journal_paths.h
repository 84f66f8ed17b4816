/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_PATHS_H
#define WEIR_JOURNAL_PATHS_H

/*
 * The files that a command about the journal is to read: those that are named,
 * all of a directory that is named, or all of the configured one.
 */
#include <stdbool.h>

#include "lib/watch/journal_files.h"
#include "context.h"

struct journal_paths {
	struct journal_files files;
	bool is_all;	       /* no file was named alone */
	const char *directory; /* the configured one; NULL: it was not asked */
};

/*
 * words are files and directories; without any the settings are read into
 * context, which is {0} before. EX_OK, or the exit code of what was printed.
 */
int journal_paths_find(const struct globals *globals, struct context *context,
		       int count, char **words, struct journal_paths *paths_r);
void journal_paths_clear(struct journal_paths *paths);

#endif
