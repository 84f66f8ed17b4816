/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_ANCHORS_H
#define WEIR_JOURNAL_ANCHORS_H

/*
 * Heads that are known from elsewhere than from the file itself, and whether
 * the file has them. {0} is an empty table. One thread.
 */
#include <stddef.h>

#include "journal_line.h"

/* Where a head is known from. */
enum journal_source {
	JOURNAL_FROM_LOG,
	JOURNAL_FROM_WITNESS,
	JOURNAL_FROM_NEXT, /* the file that goes on from it */
	JOURNAL_SOURCES
};

enum journal_anchor_state {
	JOURNAL_ANCHOR_OPEN, /* no record of that number was seen */
	JOURNAL_ANCHOR_MATCHED,
	JOURNAL_ANCHOR_DIFFERS
};

struct journal_anchor {
	struct journal_head head;
	const char *source_name; /* the adder's */
	enum journal_source source;
	enum journal_anchor_state state;
};

struct journal_anchors {
	struct journal_anchor *all;
	size_t count, room;
};

void journal_anchors_clear(struct journal_anchors *anchors);

/* source_name is not copied, and must outlive the table. */
void journal_anchors_add(struct journal_anchors *anchors,
			 const struct journal_head *head,
			 enum journal_source source, const char *source_name);

/* By name, then by number; before the next two. */
void journal_anchors_sort(struct journal_anchors *anchors);

/* Those of one file, together; NULL and 0: none. */
struct journal_anchor *journal_anchors_of(const struct journal_anchors *anchors,
					  const char *name, size_t *count_r);

/* Reads the file at path, and sets the states of its anchors. */
void journal_anchors_compare(struct journal_anchor *anchors, size_t count,
			     const char *path);

#endif
