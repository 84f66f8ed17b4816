/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_JOURNAL_H
#define WEIR_REPORT_JOURNAL_H

/*
 * The records that a report is made of, by time: those of one incident, and
 * what operators, milters and the keeper did in that time. From files, and from
 * the copy in Redis where a file is not here. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/watch/journal_audit.h"

struct redis_client;

#define REPORT_RECORDS_MAX 200000

struct report_file {
	char *path; /* NULL: the copy in Redis */
	char name[JOURNAL_NAME_SIZE];
	char *host;
	char *tag; /* "gw1", or "gw1/2": the host has several */
	uint64_t records;
	char first[32], last[32]; /* times of the records read */
	struct journal_head head; /* of the last one read of the copy */
	bool is_broken;		  /* of the copy: the chain has a break */
	bool is_cited;		  /* a figure is from it */
};

struct report_record {
	json_t *json;
	struct report_file *file;
	enum journal_kind kind;
	uint64_t n, when_ms;
};

struct report_journal {
	struct report_file **sources;
	size_t source_count;
	struct report_record *records;
	size_t record_count;
	bool is_cut; /* there were more than REPORT_RECORDS_MAX */
	size_t broken, unreadable;
	char **faults; /* what could not be read, a sentence each */
	size_t fault_count;
	struct journal_audit *audit; /* of the files */
};

struct report_journal_options {
	uint64_t number;	 /* of the incident */
	const char *uid;	 /* "": find it */
	uint64_t opened_ms;	 /* 0: find it */
	const char *directory;	 /* "": none */
	const char *const *more; /* files and directories */
	size_t more_count;
	struct redis_client *redis; /* NULL: none */
	const char *prefix;
};

/* False, and error_r (one sentence, freed with free()), when one of `more`
 * cannot be read. The caller clears in both cases. */
bool report_journal_read(const struct report_journal_options *options,
			 struct report_journal *journal_r, char **error_r);
void report_journal_clear(struct report_journal *journal);

/* Behind the last record; NULL where there is none. */
const struct report_record *
report_records_end(const struct report_journal *journal);

/* A loop over all records, oldest first; record is the name of a pointer. */
#define report_records_foreach(journal, record)                       \
	for (const struct report_record *record = (journal)->records; \
	     record != report_records_end(journal); record++)

/* Is it one of that kind, with that act? */
bool report_record_is(const struct report_record *record,
		      enum journal_kind kind, const char *act);

/* A record of an alert about this incident? */
bool report_record_is_alert(const struct report_record *record);

/* A message record that shows the message, and not only queue ids? */
bool report_record_is_sample(const struct report_record *record);

/* "gw1 4711", for a figure that is from this record; the caller's. NULL gives
 * json_null(). */
json_t *report_record_source(const struct report_record *record);

#endif
