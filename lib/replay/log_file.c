/* SPDX-License-Identifier: ISC */

/*
 * The bytes read, unpacked, fill one buffer, and lines are pieces of it. The
 * rest of a line at the end of the buffer moves to its front before it is
 * filled again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "log_file.h"
#include "log_pack.h"

#define BUFFER_SIZE 262144

_Static_assert(BUFFER_SIZE > 2 * LOG_LINE_MAX, "a line must fit");

struct log_file {
	struct log_pack *pack;
	uint64_t size, written_ms, lines, cut;
	size_t at, filled;
	bool is_over;	  /* nothing more to read */
	bool is_skipping; /* in the rest of a line that was cut */
	char buffer[BUFFER_SIZE];
};

struct log_file *log_file_open(const char *path)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
					: open(path, O_RDONLY | O_CLOEXEC);
	struct log_file *file;
	struct stat about;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &about) != 0 || S_ISDIR(about.st_mode)) {
		close(fd);
		errno = EISDIR;
		return NULL;
	}
	file = alloc_zero(sizeof(*file));
	if (S_ISREG(about.st_mode)) {
		file->size = (uint64_t)about.st_size;
		file->written_ms = (uint64_t)about.st_mtim.tv_sec * 1000;
	}
	file->pack = log_pack_new(fd);
	return file;
}

void log_file_close(struct log_file **file_r)
{
	struct log_file *file = *file_r;

	if (file == NULL)
		return;
	log_pack_free(&file->pack);
	free(file);
	*file_r = NULL;
}

static void fill(struct log_file *file)
{
	ssize_t got;

	memmove(file->buffer, file->buffer + file->at, file->filled - file->at);
	file->filled -= file->at;
	file->at = 0;
	got = log_pack_read(file->pack, file->buffer + file->filled,
			    BUFFER_SIZE - file->filled);
	if (got > 0)
		file->filled += (size_t)got;
	else
		file->is_over = true;
}

/* The end of the line that begins at file->at, if it is in the buffer. */
static bool find_end(struct log_file *file, size_t *length_r)
{
	size_t left = file->filled - file->at;
	const char *end = memchr(file->buffer + file->at, '\n', left);

	*length_r = end != NULL ? (size_t)(end - file->buffer) - file->at
				: left;
	return end != NULL;
}

static struct slice hand_out(struct log_file *file, size_t length)
{
	struct slice line = { file->buffer + file->at, length };

	file->lines++;
	if (line.length > LOG_LINE_MAX) {
		line.length = LOG_LINE_MAX;
		file->cut++;
	}
	if (line.length > 0 && line.data[line.length - 1] == '\r')
		line.length--;
	return line;
}

bool log_file_next(struct log_file *file, struct slice *line_r)
{
	for (;;) {
		size_t length;
		bool is_ended = find_end(file, &length), is_rest;

		if (!is_ended && length <= LOG_LINE_MAX && !file->is_over) {
			fill(file);
			continue;
		}
		if (!is_ended && length == 0)
			return false;
		is_rest = file->is_skipping;
		if (!is_rest)
			*line_r = hand_out(file, length);
		file->at += length + (is_ended ? 1 : 0);
		file->is_skipping = !is_ended;
		if (!is_rest)
			return true;
	}
}

const char *log_file_error(const struct log_file *file)
{
	return log_pack_error(file->pack);
}

uint64_t log_file_done(const struct log_file *file)
{
	return log_pack_done(file->pack);
}

uint64_t log_file_size(const struct log_file *file)
{
	return file->size;
}

uint64_t log_file_written_ms(const struct log_file *file)
{
	return file->written_ms;
}

uint64_t log_file_lines(const struct log_file *file)
{
	return file->lines;
}

uint64_t log_file_cut(const struct log_file *file)
{
	return file->cut;
}
