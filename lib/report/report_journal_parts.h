/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_JOURNAL_PARTS_H
#define WEIR_REPORT_JOURNAL_PARTS_H

/*
 * Of report_journal_read() alone: what is read so far, and the three that put
 * records there: files, and the copy of the journals in Redis where a file is
 * not here. One thread.
 */
#include "lib/watch/journal_files.h"
#include "report_journal.h"

struct reading {
	const struct report_journal_options *options;
	struct report_journal *journal;
	struct journal_files all; /* also those that are not read */
	size_t first;		  /* of all: the first that is read */
	char uid[128];		  /* "": it is not known */
	uint64_t opened_ms;
};

/* Takes over the sentence. */
void reading_add_fault(struct reading *reading, char *fault);

/* path NULL: of the copy. It is the journal's to free. */
struct report_file *reading_add_source(struct reading *reading,
				       const char *path, const char *name);

/* A line of the source: counted, and kept if the report is made of such. */
void reading_take_line(struct reading *reading, struct report_file *file,
		       const struct journal_line *line);

bool journal_line_is(const struct journal_line *line, enum journal_kind kind);

/* The copy, and the heads for the audit. Nothing without Redis; what cannot be
 * read is a fault. */
void report_journal_read_copy(struct reading *reading);

#endif
