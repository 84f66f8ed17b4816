/* SPDX-License-Identifier: ISC */

/* A word is a file or a directory of them. */
#include "journal_paths.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "terminal.h"

static int fail(const char *path, int number)
{
	terminal_error("weirctl journal: %s: %s%s", path, strerror(number),
		       number == EACCES ? "; its owner and its group may read "
					  "it, and root: try sudo"
					: "");
	return EX_NOINPUT;
}

static int add_directory(struct journal_paths *paths, const char *path)
{
	return journal_files_add_directory(&paths->files, path)
		       ? EX_OK
		       : fail(path, errno);
}

static int add_word(struct journal_paths *paths, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return fail(path, errno);
	if (S_ISDIR(status.st_mode))
		return add_directory(paths, path);
	paths->is_all = false;
	journal_files_add(&paths->files, alloc_text(path));
	return EX_OK;
}

/* NULL, and printed: the settings want no journal. */
static const char *directory_of(const struct context *context)
{
	const char *directory = context->settings->journal.directory;

	if (directory[0] != '\0')
		return directory;
	terminal_error("weirctl journal: %s keeps no journal: "
		       "journal.directory is \"\"",
		       context->settings->path);
	return NULL;
}

int journal_paths_find(const struct globals *globals, struct context *context,
		       int count, char **words, struct journal_paths *paths_r)
{
	int code = EX_OK;

	memset(paths_r, 0, sizeof(*paths_r));
	paths_r->is_all = true;
	if (count == 0) {
		code = context_open_settings(globals, context);
		if (code != EX_OK)
			return code;
		paths_r->directory = directory_of(context);
		if (paths_r->directory == NULL)
			return EX_CONFIG;
		code = add_directory(paths_r, paths_r->directory);
	}
	for (int i = 0; i < count && code == EX_OK; i++)
		code = add_word(paths_r, words[i]);
	journal_files_sort(&paths_r->files);
	if (code != EX_OK || paths_r->files.count != 0)
		return code;
	terminal_error("weirctl journal: nothing found: there is no file of "
		       "a journal");
	return EX_NOINPUT;
}

void journal_paths_clear(struct journal_paths *paths)
{
	journal_files_clear(&paths->files);
	memset(paths, 0, sizeof(*paths));
}
