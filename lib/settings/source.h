/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SOURCE_H
#define WEIR_SOURCE_H

/*
 * Without this a list that is a pipe, a directory or endless would hang the
 * reading of the settings or fill the memory.
 *
 * Reads whole regular files, bounded. Paths in the settings are relative to
 * the directory of the main file.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SOURCE_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* Files that were read, for who wants to look at them again. {0} is empty. */
struct source_list {
	char **paths;
	size_t count;
};

struct source {
	char *data; /* followed by a NUL */
	size_t length;
	mode_t mode; /* permission bits */
};

/*
 * NULL when it was read, else what was found instead (freed with free());
 * then *source_r is empty.
 */
char *source_read(const char *path, size_t bytes_max, struct source *source_r);
void source_clear(struct source *source);

/* Does it begin with these bytes, such as a byte order mark? */
bool source_has_mark(const struct source *source, const char *mark);

void source_list_add(struct source_list *list, const char *path);
void source_list_clear(struct source_list *list);

/* The directory of a file, "." if path names none. Freed with free(). */
char *source_directory(const char *path);

/* path as seen from directory. Freed with free(). */
char *source_path(const char *directory, const char *path);

/* path from the root, if the working directory is known. Freed with free(). */
char *source_absolute(const char *path);

#endif
