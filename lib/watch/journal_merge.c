/* SPDX-License-Identifier: ISC */

/* A file is opened when the others have come to the time in its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "journal_merge.h"

#define TIME_SIZE 20 /* "2026-11-25T10:44:00" */

struct source {
	const char *path;
	char begins[TIME_SIZE];	       /* "": not known, so at once */
	struct journal_reader *reader; /* NULL: not open yet, or at its end */
	struct journal_read_line line; /* while reader is not NULL */
};

struct journal_merge {
	struct source *sources;
	size_t count, opened;
	struct source *last; /* whose line was given out */
	size_t broken, unreadable;
};

/* "/x/gw1.1.20261125T104400Z.jsonl": "2026-11-25T10:44:00" */
static void find_begin(const char *path, char begins_r[TIME_SIZE])
{
	const size_t length = strlen("20261125T104400Z.jsonl");
	const char *time = path + strlen(path) - length;

	if (strlen(path) > length && time[8] == 'T')
		(void)snprintf(begins_r, TIME_SIZE,
			       "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", time, time + 4,
			       time + 6, time + 9, time + 11, time + 13);
}

struct journal_merge *journal_merge_new(char *const *paths, size_t count)
{
	struct journal_merge *merge = alloc_zero(sizeof(*merge));

	merge->sources = alloc_array(count, sizeof(*merge->sources));
	merge->count = count;
	for (size_t i = 0; i < count; i++) {
		merge->sources[i].path = paths[i];
		find_begin(paths[i], merge->sources[i].begins);
	}
	return merge;
}

void journal_merge_free(struct journal_merge **merge_r)
{
	struct journal_merge *merge = *merge_r;

	*merge_r = NULL;
	if (merge == NULL)
		return;
	for (size_t i = 0; i < merge->count; i++)
		journal_reader_close(&merge->sources[i].reader);
	free(merge->sources);
	free(merge);
}

/* To the next record of a source; closes it at its end. */
static void advance(struct journal_merge *merge, struct source *source)
{
	while (source->reader != NULL) {
		enum journal_read read = journal_reader_next(source->reader,
							     &source->line);

		if (read > JOURNAL_READ_BROKEN) {
			journal_reader_close(&source->reader);
			return;
		}
		merge->broken += read == JOURNAL_READ_BROKEN;
		if (source->line.line.json != NULL)
			return;
	}
}

static struct source *find_earliest(struct journal_merge *merge)
{
	struct source *earliest = NULL;

	for (size_t i = 0; i < merge->opened; i++) {
		struct source *source = &merge->sources[i];

		if (source->reader != NULL &&
		    (earliest == NULL || strcmp(source->line.line.when,
						earliest->line.line.when) < 0))
			earliest = source;
	}
	return earliest;
}

static bool must_open(const struct journal_merge *merge,
		      const struct source *earliest)
{
	return merge->opened < merge->count &&
	       (earliest == NULL ||
		strncmp(merge->sources[merge->opened].begins,
			earliest->line.line.when, TIME_SIZE - 1) <= 0);
}

static void open_next(struct journal_merge *merge)
{
	struct source *source = &merge->sources[merge->opened++];

	source->reader = journal_reader_open(source->path);
	merge->unreadable += source->reader == NULL;
	advance(merge, source);
}

bool journal_merge_next(struct journal_merge *merge,
			struct journal_read_line *line_r, const char **path_r)
{
	struct source *earliest;

	if (merge->last != NULL)
		advance(merge, merge->last);
	while (must_open(merge, earliest = find_earliest(merge)))
		open_next(merge);
	merge->last = earliest;
	if (earliest == NULL)
		return false;
	*line_r = earliest->line;
	*path_r = earliest->path;
	return true;
}

size_t journal_merge_broken(const struct journal_merge *merge)
{
	return merge->broken;
}

size_t journal_merge_unreadable(const struct journal_merge *merge)
{
	return merge->unreadable;
}
