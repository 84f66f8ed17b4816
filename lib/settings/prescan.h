/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PRESCAN_H
#define WEIR_PRESCAN_H

/*
 * Without this libconfig would be the first to read the file, and what it
 * misreads without a word would be in force.
 *
 * Looks through the main file and the files that it includes, before
 * libconfig does, for what libconfig takes in wrongly (see literal.h), cannot
 * read or cannot explain.
 */
#include <stdbool.h>

struct errors;
struct source_list;

struct prescan {
	/* NULL: the includes have absolute paths (libconfig 1.5 puts the
	 * include directory before those, too) */
	const char *include_directory;
	struct source_list *files; /* the caller's: gets those that were read */
	bool may_parse;		   /* it would be of use to ask libconfig */
};

/* directory is that of path, and must outlive *prescan_r; its files are set. */
void prescan_file(const char *path, const char *directory,
		  struct errors *errors, struct prescan *prescan_r);

#endif
