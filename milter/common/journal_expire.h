/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_EXPIRE_H
#define WEIR_JOURNAL_EXPIRE_H

/*
 * Removes files of the journal that are old: by hand with weirctl journal
 * prune, and once a day by weir-keeper. A file is old when its last record is.
 * Its name, records and head are recorded before it is removed, so that it is
 * not missed afterwards; without that record it stays.
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/watch/journal_audit.h"
#include "lib/watch/journal_files.h"

struct journal_expire {
	const struct journal_files *files;
	uint64_t before_ms; /* the last record of an old one is older */
	bool is_dry;	    /* only says which it would remove */
	/* Records this; false: it could not, and said so. */
	bool (*note)(void *context, json_t *members);
	/* It was, or would be, removed. */
	void (*removed)(void *context, const struct journal_file_report *file);
	/* It could not be removed: errno says why. */
	void (*failed)(void *context, const char *path);
	void *context;
};

/* "file", "records", "record", "head" and "last" of a file; the caller's. */
json_t *journal_expire_json(const struct journal_file_report *file);

/* Stops at the first that fails: false. */
bool journal_expire(const struct journal_expire *expire);

#endif
