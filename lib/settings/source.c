/* SPDX-License-Identifier: ISC */
/*
 * The file is opened without blocking and looked at before it is read, so
 * that a FIFO cannot hold the reader; what is then read is bounded by what is
 * allowed, not by what stat said.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"

static char *error_text(const char *what, int error)
{
	char buffer[128];

	return alloc_format("%s (%s)", what,
			    strerror_r(error, buffer, sizeof(buffer)));
}

static char *check_file(int fd, size_t bytes_max, struct stat *stat_r)
{
	if (fstat(fd, stat_r) != 0)
		return error_text("a file that cannot be looked at", errno);
	if (S_ISDIR(stat_r->st_mode))
		return alloc_text("a directory");
	if (!S_ISREG(stat_r->st_mode))
		return alloc_text("no regular file");
	if ((uintmax_t)stat_r->st_size > bytes_max)
		return alloc_format("a file of %ju bytes (at most %zu)",
				    (uintmax_t)stat_r->st_size, bytes_max);
	return NULL;
}

/* Reads size bytes, or fewer when the file has become shorter. */
static char *read_bytes(int fd, size_t size, struct source *source_r)
{
	char *data = alloc_zero(size + 1);
	size_t length = 0;
	ssize_t count;

	while (length < size) {
		count = read(fd, data + length, size - length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			free(data);
			return error_text("a file that cannot be read", errno);
		}
		if (count == 0)
			break;
		length += (size_t)count;
	}
	source_r->data = data;
	source_r->length = length;
	return NULL;
}

char *source_read(const char *path, size_t bytes_max, struct source *source_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat;
	char *reason;

	memset(source_r, 0, sizeof(*source_r));
	if (fd < 0)
		return error_text("no readable file", errno);
	reason = check_file(fd, bytes_max, &stat);
	if (reason == NULL) {
		source_r->mode = stat.st_mode & 07777;
		reason = read_bytes(fd, (size_t)stat.st_size, source_r);
	}
	close(fd);
	return reason;
}

void source_clear(struct source *source)
{
	free(source->data);
	memset(source, 0, sizeof(*source));
}

bool source_has_mark(const struct source *source, const char *mark)
{
	return source->length >= strlen(mark) &&
	       memcmp(source->data, mark, strlen(mark)) == 0;
}

void source_list_add(struct source_list *list, const char *path)
{
	list->paths = alloc_resize(list->paths, list->count + 1,
				   sizeof(*list->paths));
	list->paths[list->count++] = alloc_text(path);
}

void source_list_clear(struct source_list *list)
{
	alloc_free_texts(list->paths, list->count);
	memset(list, 0, sizeof(*list));
}

char *source_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return alloc_text(".");
	if (slash == path)
		return alloc_text("/");
	return alloc_copy(path, (size_t)(slash - path));
}

char *source_path(const char *directory, const char *path)
{
	if (path[0] == '/' || strcmp(directory, ".") == 0)
		return alloc_text(path);
	if (strcmp(directory, "/") == 0)
		return alloc_format("/%s", path);
	return alloc_format("%s/%s", directory, path);
}

char *source_absolute(const char *path)
{
	char *working = path[0] == '/' ? NULL : getcwd(NULL, 0), *absolute;

	absolute = working == NULL ? alloc_text(path)
				   : alloc_format("%s/%s", working, path);
	free(working);
	return absolute;
}
