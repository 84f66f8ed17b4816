/* SPDX-License-Identifier: ISC */

/* A sorted array; a file is read once for all of its anchors. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "journal_anchors.h"
#include "journal_reader.h"

void journal_anchors_clear(struct journal_anchors *anchors)
{
	free(anchors->all);
	memset(anchors, 0, sizeof(*anchors));
}

void journal_anchors_add(struct journal_anchors *anchors,
			 const struct journal_head *head,
			 enum journal_source source, const char *source_name)
{
	if (anchors->count == anchors->room) {
		anchors->room = anchors->room == 0 ? 64 : 2 * anchors->room;
		anchors->all = alloc_resize(anchors->all, anchors->room,
					    sizeof(*anchors->all));
	}
	anchors->all[anchors->count++] = (struct journal_anchor){
		*head, source_name, source, JOURNAL_ANCHOR_OPEN
	};
}

static int compare_anchors(const void *a, const void *b)
{
	const struct journal_anchor *first = a, *second = b;
	int order = strcmp(first->head.name, second->head.name);

	if (order != 0)
		return order;
	return (first->head.n > second->head.n) -
	       (first->head.n < second->head.n);
}

void journal_anchors_sort(struct journal_anchors *anchors)
{
	if (anchors->count != 0)
		qsort(anchors->all, anchors->count, sizeof(*anchors->all),
		      compare_anchors);
}

static int compare_name(const void *name, const void *anchor)
{
	return strcmp(name, ((const struct journal_anchor *)anchor)->head.name);
}

struct journal_anchor *journal_anchors_of(const struct journal_anchors *anchors,
					  const char *name, size_t *count_r)
{
	struct journal_anchor *first, *last;

	*count_r = 0;
	if (anchors->count == 0)
		return NULL;
	first = bsearch(name, anchors->all, anchors->count,
			sizeof(*anchors->all), compare_name);
	if (first == NULL)
		return NULL;
	last = first;
	while (first > anchors->all && compare_name(name, first - 1) == 0)
		first--;
	while (last < anchors->all + anchors->count &&
	       compare_name(name, last) == 0)
		last++;
	*count_r = (size_t)(last - first);
	return first;
}

/* Once it was found, no later line of that number matters. */
static void compare_line(struct journal_anchor *anchors, size_t count,
			 const struct journal_read_line *line)
{
	for (size_t i = 0; i < count; i++) {
		if (anchors[i].state == JOURNAL_ANCHOR_MATCHED)
			continue;
		anchors[i].state = strcmp(anchors[i].head.hash,
					  line->line.hash) == 0
					   ? JOURNAL_ANCHOR_MATCHED
					   : JOURNAL_ANCHOR_DIFFERS;
	}
}

/* Lines mostly come in their order, so the place is near the last one. */
void journal_anchors_compare(struct journal_anchor *anchors, size_t count,
			     const char *path)
{
	struct journal_reader *reader = journal_reader_open(path);
	struct journal_read_line line;
	size_t at = 0;

	while (reader != NULL &&
	       journal_reader_next(reader, &line) <= JOURNAL_READ_BROKEN) {
		uint64_t n = journal_reader_number(&line);
		size_t end;

		while (at > 0 && anchors[at - 1].head.n >= n)
			at--;
		while (at < count && anchors[at].head.n < n)
			at++;
		for (end = at; end < count && anchors[end].head.n == n;)
			end++;
		compare_line(anchors + at, end - at, &line);
	}
	journal_reader_close(&reader);
}
