/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_AUDIT_H
#define WEIR_JOURNAL_AUDIT_H

/*
 * Is a journal as it was written? Each file is checked by itself (see
 * journal_reader.h). Then all heads that are known are held against the files:
 * those of a log, those that another milter witnessed, and those that the next
 * file goes on from. A chain that was written anew as a whole is found by these
 * alone. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal_anchors.h"
#include "journal_line.h"

enum journal_state {
	JOURNAL_WHOLE,	/* it has its end */
	JOURNAL_OPEN,	/* a process writes to it now */
	JOURNAL_CUT,	/* it has no end: a crash, or it was cut */
	JOURNAL_CHANGED /* a line, or the chain, is broken */
};

struct journal_file_report {
	char *path;
	char name[JOURNAL_NAME_SIZE]; /* as it calls itself */
	enum journal_state state;
	bool is_torn;		  /* it ends in the middle of a line */
	uint64_t records;	  /* whole lines */
	uint64_t broken;	  /* lines that are wrong */
	size_t broken_line;	  /* the first of them */
	const char *fault;	  /* of that one; NULL: none */
	char first[32], last[32]; /* the times of the records, ISO 8601 */
	uint64_t gaps, lost;	  /* records `gap`, and what they count */
	struct journal_head head; /* of the last whole line */
};

struct journal_anchor_counts {
	uint64_t checked, matched;
	uint64_t elsewhere; /* of files that are not here, rightly */
};

struct journal_audit;

struct journal_audit *journal_audit_new(void);
void journal_audit_free(struct journal_audit **audit);

/* A head, and the file or log that it is from; copied. */
void journal_audit_add_head(struct journal_audit *audit,
			    const struct journal_head *head,
			    const char *source);

/* The hash of a record, or its first digits: one of the files must have it. */
void journal_audit_add_hash(struct journal_audit *audit, const char *hash);

/* Reads a file. False, and errno, when it cannot be read. */
bool journal_audit_read(struct journal_audit *audit, const char *path);

/* Holds all heads against the files. is_all: these are all files of their
 * hosts, and one that is missing was removed. */
void journal_audit_finish(struct journal_audit *audit, bool is_all);

size_t journal_audit_count(const struct journal_audit *audit);
const struct journal_file_report *
journal_audit_file(const struct journal_audit *audit, size_t index);

struct journal_anchor_counts
journal_audit_anchors(const struct journal_audit *audit,
		      enum journal_source source);

/* What does not fit, one sentence each. */
size_t journal_audit_findings(const struct journal_audit *audit);
const char *journal_audit_finding(const struct journal_audit *audit,
				  size_t index);

/* The worst of all. */
enum journal_verdict {
	JOURNAL_IS_WHOLE,   /* 0 */
	JOURNAL_IS_CHANGED, /* 1: a file is */
	JOURNAL_IS_CUT,	    /* 2: a file has no end, and nothing says more */
	JOURNAL_DIFFERS	    /* 3: a head is ahead of its file, or differs */
};

enum journal_verdict journal_audit_verdict(const struct journal_audit *audit);

#endif
