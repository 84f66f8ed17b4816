/* SPDX-License-Identifier: ISC */

/* A directory gives its files of a journal, and no others. */
#include "journal_paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/watch/journal_line.h"
#include "terminal.h"

#define SUFFIX ".jsonl"

static int fail(const char *path, int number)
{
	fputs("weirctl journal: ", stderr);
	terminal_put(stderr, path, strlen(path));
	fprintf(stderr, ": %s%s\n", strerror(number),
		number == EACCES ? "; its owner and its group may read it, "
				   "and root: try sudo"
				 : "");
	return EX_NOINPUT;
}

static void add(struct journal_paths *paths, char *path)
{
	paths->paths = alloc_resize(paths->paths, paths->count + 1,
				    sizeof(*paths->paths));
	paths->paths[paths->count++] = path;
}

static bool is_file_name(const char *file_name)
{
	size_t length = strlen(file_name), suffix = strlen(SUFFIX);
	char *name;
	bool is_good;

	if (length <= suffix ||
	    strcmp(file_name + length - suffix, SUFFIX) != 0)
		return false;
	name = alloc_copy(file_name, length - suffix);
	is_good = journal_name_is_good(name);
	free(name);
	return is_good;
}

static int add_directory(struct journal_paths *paths, const char *path)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;

	if (stream == NULL)
		return fail(path, errno);
	while ((entry = readdir(stream)) != NULL)
		if (is_file_name(entry->d_name))
			add(paths, alloc_format("%s/%s", path, entry->d_name));
	closedir(stream);
	return EX_OK;
}

static int add_word(struct journal_paths *paths, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return fail(path, errno);
	if (S_ISDIR(status.st_mode))
		return add_directory(paths, path);
	paths->is_all = false;
	add(paths, alloc_text(path));
	return EX_OK;
}

/* "20261125T104400Z.jsonl", or all of a path without one. */
static const char *time_of(const char *path)
{
	size_t length = strlen(path);
	size_t tail = strlen("20261125T104400Z" SUFFIX);

	return length < tail ? path : path + length - tail;
}

static int compare_paths(const void *a, const void *b)
{
	const char *first = *(char *const *)a, *second = *(char *const *)b;
	int order = strcmp(time_of(first), time_of(second));

	return order != 0 ? order : strcmp(first, second);
}

const char *journal_paths_directory(const struct context *context)
{
	const char *directory = context->settings->journal.directory;

	if (directory[0] != '\0')
		return directory;
	fprintf(stderr,
		"weirctl journal: %s keeps no journal: "
		"journal.directory is \"\"\n",
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
		paths_r->directory = journal_paths_directory(context);
		if (paths_r->directory == NULL)
			return EX_CONFIG;
		code = add_directory(paths_r, paths_r->directory);
	}
	for (int i = 0; i < count && code == EX_OK; i++)
		code = add_word(paths_r, words[i]);
	if (paths_r->count != 0)
		qsort(paths_r->paths, paths_r->count, sizeof(*paths_r->paths),
		      compare_paths);
	if (code != EX_OK || paths_r->count != 0)
		return code;
	fprintf(stderr, "weirctl journal: nothing found: there is no file of "
			"a journal\n");
	return EX_NOINPUT;
}

void journal_paths_clear(struct journal_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->paths[i]);
	free(paths->paths);
	memset(paths, 0, sizeof(*paths));
}
