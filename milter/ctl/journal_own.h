/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_OWN_H
#define WEIR_JOURNAL_OWN_H

/*
 * What weirctl does to the journal is a record, too: in a file of its own in
 * the same directory, with a begin and an end.
 */
#include <jansson.h>

#include "lib/watch/journal_line.h"

struct journal_file;

/* Never NULL. */
struct journal_file *journal_own_open(const char *directory);

/* Gives up the reference. False, and printed, when it could not be written. */
bool journal_own_add(struct journal_file *file, enum journal_kind kind,
		     json_t *members);

/* Finishes it, if anything was written, and frees it. */
void journal_own_close(struct journal_file **file);

#endif
