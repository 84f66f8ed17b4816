/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TALLY_H
#define WEIR_TALLY_H

/*
 * A row for each window of a replay: the highest use that it saw, and what was
 * stopped because of it. Bounded: more than max_rows are not kept, only
 * counted. One thread.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/settings/settings.h"

struct tally_row {
	size_t limit; /* its place in settings->limits */
	char *subject;
	uint64_t peak, peak_ms; /* the highest use, and when it was reached */
	uint64_t stopped;	/* messages */
	uint64_t noticed;	/* messages over a limit that only monitors or
				   quarantines */
};

struct tally;

/* settings must outlive it. */
struct tally *tally_new(const struct settings *settings, size_t max_rows);
void tally_free(struct tally **tally);

/* The row of a window's key, "{SUBJECT}:LIMIT:PER" (subject.h), made when it
 * is new; NULL when there is no room or no such limit. */
struct tally_row *tally_find(struct tally *tally, const char *key,
			     size_t key_length);

/* All rows of one limit, in an array that is freed with free(). */
struct tally_row **tally_rows(struct tally *tally, size_t limit,
			      size_t *count_r);

/* How often there was no room for a window. */
uint64_t tally_dropped(const struct tally *tally);

#endif
