/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_JOURNAL_HELP_H
#define WEIR_TEST_JOURNAL_HELP_H

/* What the tests of the journal share: a directory of their own, the bytes of
 * a file, and what a reader says of them. */
#include <stdbool.h>
#include <stddef.h>

#include "lib/watch/journal_file.h"

/* Made by setup, removed with all that is in it by teardown. */
extern char journal_directory[];

void journal_help_setup(void);
void journal_help_teardown(void);

/* How many files there are; the name of the last one in the order of names, or
 * of the only one, becomes path_r. */
size_t journal_help_files(char path_r[512]);

/* A record with one member "i". */
bool journal_help_add(struct journal_file *file, uint64_t now_ms, int i);

struct journal_bytes {
	char *data;
	size_t length;
};

struct journal_bytes journal_help_read(const char *path);
void journal_help_write(const char *path, const char *data, size_t length);

/* What reading the whole file says. */
struct journal_help_verdict {
	size_t records, broken, first_broken;
	bool is_cut, has_end;
};

struct journal_help_verdict journal_help_check(const char *path);

#endif
