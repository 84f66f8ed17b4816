/* SPDX-License-Identifier: ISC */

/* A name ends in a time: that is the order. */
#include "journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/moment.h"
#include "journal_line.h"

#define DAY_SIZE sizeof("20261125")

void journal_files_add(struct journal_files *files, char *path)
{
	files->paths = alloc_resize(files->paths, files->count + 1,
				    sizeof(*files->paths));
	files->paths[files->count++] = path;
}

void journal_files_name(const char *path, char name_r[JOURNAL_NAME_SIZE])
{
	const char *slash = strrchr(path, '/');
	const char *start = slash == NULL ? path : slash + 1;
	size_t length = strlen(start);

	if (length > strlen(JOURNAL_SUFFIX) &&
	    strcmp(start + length - strlen(JOURNAL_SUFFIX), JOURNAL_SUFFIX) ==
		    0)
		length -= strlen(JOURNAL_SUFFIX);
	(void)snprintf(name_r, JOURNAL_NAME_SIZE, "%.*s", (int)length, start);
}

bool journal_files_add_directory(struct journal_files *files, const char *path)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;
	char name[JOURNAL_NAME_SIZE];

	if (stream == NULL)
		return false;
	while ((entry = readdir(stream)) != NULL)
		if (journal_name_of_file(entry->d_name, name))
			journal_files_add(files, alloc_format("%s/%s", path,
							      entry->d_name));
	closedir(stream);
	return true;
}

/* "20261125T104400Z.jsonl", or all of a path without one. */
static const char *time_of(const char *path)
{
	size_t length = strlen(path);
	size_t tail = strlen("20261125T104400Z" JOURNAL_SUFFIX);

	return length < tail ? path : path + length - tail;
}

static bool is_time(const char *time)
{
	return strlen(time) == strlen("20261125T104400Z" JOURNAL_SUFFIX) &&
	       time[8] == 'T' && time[15] == 'Z';
}

static int compare_paths(const void *a, const void *b)
{
	const char *first = *(char *const *)a, *second = *(char *const *)b;
	int order = strcmp(time_of(first), time_of(second));

	return order != 0 ? order : strcmp(first, second);
}

void journal_files_sort(struct journal_files *files)
{
	if (files->count != 0)
		qsort(files->paths, files->count, sizeof(*files->paths),
		      compare_paths);
}

size_t journal_files_before(const struct journal_files *files,
			    uint64_t moment_ms)
{
	char moment[MOMENT_TEXT_SIZE], day[DAY_SIZE];
	size_t count = 0;

	moment_format_utc(moment_ms, moment);
	(void)snprintf(day, sizeof(day), "%.4s%.2s%.2s", moment, moment + 5,
		       moment + 8);
	while (count < files->count && is_time(time_of(files->paths[count])) &&
	       strncmp(time_of(files->paths[count]), day, DAY_SIZE - 1) < 0)
		count++;
	return count;
}

void journal_files_clear(struct journal_files *files)
{
	alloc_free_texts(files->paths, files->count);
	*files = (struct journal_files){ 0 };
}
