/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_FEED_H
#define WEIR_LOG_FEED_H

/*
 * From a file to messages: every line is split, read by the parser of its MTA
 * and given to an assembly, or to another reader. One thread.
 */
#include <stdint.h>

#include "assembly.h"
#include "log_file.h"

#define LOG_UNKNOWN_SHOWN 200

struct log_feed {
	struct assembly *assembly; /* that takes the events; or NULL */
	/* Takes each event as well; or NULL. */
	void (*take)(void *context, const struct log_line *line,
		     const struct log_event *event);
	int first_year;	 /* of lines without one; 0: by the file's time */
	uint64_t now_ms; /* the time of a file that has none */
	/* Called now and then; or NULL. */
	void (*progress)(void *context, const struct log_file *file);
	void *context;
	/* what was read, over all files */
	uint64_t lines, cut, events;
	/* Of the last file: lines of a form that is not known, the first of
	 * them (cut), and how many lines it has. */
	uint64_t unknown, file_lines;
	char first_unknown[LOG_UNKNOWN_SHOWN + 1];
};

/* Reads it to its end. False when it is damaged, see log_file_error(). */
bool log_feed_read(struct log_feed *feed, struct log_file *file);

/* The time of the first line that has one, 0 when none of the first hundred
 * has; the file is then not at its beginning any more. */
uint64_t log_feed_peek(const struct log_feed *feed, struct log_file *file);

#endif
