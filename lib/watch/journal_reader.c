/* SPDX-License-Identifier: ISC */

/* What a line must be depends on the hash and the number of the one before. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "journal_reader.h"

struct journal_reader {
	FILE *in;
	char buffer[JOURNAL_LINE_MAX + 1];
	size_t lines;		     /* read so far */
	char hash[SHA256_TEXT_SIZE]; /* of the line before */
	uint64_t n;		     /* that the next has to have */
	bool has_ended;		     /* the line before is an `end` */
	struct journal_line line;
};

struct journal_reader *journal_reader_open(const char *path)
{
	/* a FIFO in the place of a file is not to be waited for */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct journal_reader *reader;
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

	if (in == NULL) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	reader = alloc_zero(sizeof(*reader));
	reader->in = in;
	return reader;
}

void journal_reader_close(struct journal_reader **reader_r)
{
	struct journal_reader *reader = *reader_r;

	*reader_r = NULL;
	if (reader == NULL)
		return;
	journal_line_clear(&reader->line);
	fclose(reader->in);
	free(reader);
}

bool journal_reader_is_written(const struct journal_reader *reader)
{
	int fd = fileno(reader->in);

	if (flock(fd, LOCK_SH | LOCK_NB) != 0)
		return true;
	flock(fd, LOCK_UN);
	return false;
}

enum line_end {
	LINE_ENDS,
	LINE_IS_LONG,
	LINE_IS_CUT,
	LINE_IS_NONE
};

/* Reads up to and with a newline; what a long one has more is skipped. */
static enum line_end read_line(struct journal_reader *reader, size_t *length_r)
{
	size_t length = 0;
	int byte;

	while ((byte = getc_unlocked(reader->in)) != EOF && byte != '\n') {
		if (length < JOURNAL_LINE_MAX)
			reader->buffer[length] = (char)byte;
		length++;
	}
	*length_r = length < JOURNAL_LINE_MAX ? length : JOURNAL_LINE_MAX;
	reader->buffer[*length_r] = '\0';
	if (byte == EOF)
		return length == 0 ? LINE_IS_NONE : LINE_IS_CUT;
	return length < JOURNAL_LINE_MAX ? LINE_ENDS : LINE_IS_LONG;
}

/* What is wrong with a line that has a good sum; NULL: nothing. */
static const char *chain_fault(const struct journal_reader *reader,
			       const struct journal_line *line)
{
	if (reader->lines == 0)
		return strcmp(line->kind, "begin") == 0 && line->n == 0
			       ? NULL
			       : "the lines before it are missing";
	if (reader->has_ended)
		return "it comes after the end";
	if (strcmp(line->kind, "begin") == 0)
		return "it begins another file";
	if (strcmp(line->prev, reader->hash) != 0)
		return "it does not follow the line before it";
	if (line->n != reader->n)
		return "its number is not the next one";
	return NULL;
}

static const char *read_fault(struct journal_reader *reader, bool is_long,
			      size_t length)
{
	bool is_good = journal_line_read(reader->buffer, length, &reader->line);

	if (is_long)
		return "it is longer than any record";
	return is_good ? chain_fault(reader, &reader->line) : "it was changed";
}

/* The next one has to follow this one, whatever it is. */
static void go_on(struct journal_reader *reader)
{
	const struct journal_line *line = &reader->line;

	reader->lines++;
	memcpy(reader->hash, line->hash, sizeof(reader->hash));
	reader->n = line->json == NULL ? reader->n + 1 : line->n + 1;
	reader->has_ended = line->json != NULL &&
			    strcmp(line->kind, "end") == 0;
}

enum journal_read journal_reader_next(struct journal_reader *reader,
				      struct journal_read_line *line_r)
{
	enum line_end end;

	memset(line_r, 0, sizeof(*line_r));
	journal_line_clear(&reader->line);
	end = read_line(reader, &line_r->length);
	line_r->text = reader->buffer;
	line_r->number = reader->lines + 1;
	if (end == LINE_IS_NONE)
		return JOURNAL_READ_END;
	if (end == LINE_IS_CUT)
		return JOURNAL_READ_CUT;
	line_r->fault = read_fault(reader, end == LINE_IS_LONG, line_r->length);
	go_on(reader);
	line_r->line = reader->line;
	return line_r->fault == NULL ? JOURNAL_READ_RECORD
				     : JOURNAL_READ_BROKEN;
}

uint64_t journal_reader_number(const struct journal_read_line *line)
{
	return line->line.json == NULL ? line->number - 1 : line->line.n;
}
