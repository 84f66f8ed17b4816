/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LIBCONFIG_FIX_H
#define WEIR_LIBCONFIG_FIX_H

/*
 * Looks through the main file and the files that it includes before libconfig
 * reads them, and reports what libconfig would misread without a word (see
 * token.h), cannot read or cannot explain (see syntax.h).
 */
#include <stdbool.h>

struct errors;
struct source_list;

struct libconfig_fix {
	/* NULL: the includes have absolute paths (libconfig 1.5 puts the
	 * include directory before those, too) */
	const char *include_directory;
	struct source_list *files; /* the caller's: gets those that were read */
	bool may_parse;		   /* it would be of use to ask libconfig */
};

/* directory is that of path, and must outlive *fix_r; its files are set. */
void libconfig_fix_file(const char *path, const char *directory,
			struct errors *errors, struct libconfig_fix *fix_r);

#endif
