/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_READER_H
#define WEIR_JOURNAL_READER_H

/*
 * Reads a file of a journal line by line and checks the chain: whoever changed,
 * removed, added or moved a line is found at that line or at the next one. One
 * thread. A line is at most JOURNAL_LINE_MAX bytes, whatever is in the file.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal_line.h"

enum journal_read {
	JOURNAL_READ_RECORD, /* as it was written */
	JOURNAL_READ_BROKEN, /* this line, or the chain before it */
	JOURNAL_READ_CUT,    /* the last line has no end; the file ends here */
	JOURNAL_READ_END     /* of the file */
};

/* One line. Valid until the next call. */
struct journal_read_line {
	const char *text; /* without its newline, with a NUL behind it */
	size_t length;
	size_t number;		  /* in the file, from 1 */
	struct journal_line line; /* of a record: line.json is never NULL */
	const char *fault;	  /* of a broken line, else NULL */
};

struct journal_reader;

/* NULL, and errno, when it cannot be opened. */
struct journal_reader *journal_reader_open(const char *path);
void journal_reader_close(struct journal_reader **reader);

/* After a broken line the chain goes on from it. */
enum journal_read journal_reader_next(struct journal_reader *reader,
				      struct journal_read_line *line_r);

/* The number that a line says it has, or, where it says nothing, the one that
 * belongs in its place. */
uint64_t journal_reader_number(const struct journal_read_line *line);

/* Does a process write to it now? Known on the host of that process only. */
bool journal_reader_is_written(const struct journal_reader *reader);

#endif
