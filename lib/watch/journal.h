/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_H
#define WEIR_JOURNAL_H

/*
 * The append-only record of what this process saw and did: see journal_line.h
 * for a record, journal_file.h for the files. Callers only queue; a thread of
 * its own writes, each 250 ms and at once for acts, and syncs at once for acts
 * and each second otherwise. So no caller ever waits for a disk.
 *
 * What cannot be written waits: at most JOURNAL_QUEUE_MAX records, of at most
 * JOURNAL_QUEUE_BYTES; then samples go first, the oldest of them before all
 * else, and what was lost is counted in a record `gap` when the disk is back.
 * One line a minute is logged about it meanwhile.
 *
 * The head (file, number and hash of the last record) is logged, and given to
 * the mirror, once a minute if there is more than witnesses since the last one,
 * once an hour in any case, always after a sync.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/wait_histogram.h"
#include "journal_line.h"

#define JOURNAL_QUEUE_MAX   10000
#define JOURNAL_QUEUE_BYTES (8 << 20)

struct journal;

enum journal_urgency {
	JOURNAL_SAMPLE, /* may be lost first: messages, minutes */
	JOURNAL_ACT	/* is written and synced at once */
};

/* Another place for what is written. Called in the writer's thread. */
struct journal_mirror {
	/* A record that is in the file; line is without its newline. */
	void (*record)(void *context, const struct journal_head *head,
		       const char *line, size_t length);
	void (*head)(void *context, const struct journal_head *head);
	/* About four times a second, after what was written then. */
	void (*round)(void *context);
	void *context;
};

struct journal_options {
	const char *directory; /* where the files go; must exist */
	const char *host;
	const char *program; /* "weir-milter 0.2.0" */
	const char *owner;   /* who has to own the directory, for the log */
	uint64_t (*wall_ms)(void);
	struct journal_mirror mirror; /* {0}: none */
};

/* Copies the options. Does not start the thread yet: what is added waits. Never
 * NULL. */
struct journal *journal_new(const struct journal_options *options);

/* Starts the thread, which begins a file at once. False: no thread. */
bool journal_start(struct journal *journal);

/*
 * Queues a record with these members (see journal_line.h for the names that are
 * taken), and gives up the reference. The time is that of this call. Where
 * journal is NULL nothing is kept: there is none. Thread-safe, never waits.
 */
void journal_add(struct journal *journal, enum journal_kind kind,
		 enum journal_urgency urgency, json_t *members);

/* The last record that is in a file; false: there is none yet. Thread-safe. */
bool journal_head(struct journal *journal, struct journal_head *head_r);

struct journal_counts {
	uint64_t written[JOURNAL_KINDS]; /* begin and end too */
	uint64_t waiting;
	uint64_t lost_acts, lost_samples; /* since the start */
	struct wait_counts syncs; /* how long each has waited for the disk */
	bool is_written;	  /* what comes is, as far as is known */
	uint64_t behind_ms;	  /* age of the oldest record that waits */
};

/* Thread-safe. */
void journal_count(struct journal *journal, struct journal_counts *counts_r);

/* Writes what waits, finishes the file and ends the thread; waits for that
 * wait_ms at most. False when it goes on: then it is left to the end of the
 * process. journal may be NULL. */
bool journal_stop(struct journal *journal, unsigned int wait_ms);

/* After a stop that succeeded, or without a start; sets NULL. */
void journal_free(struct journal **journal);

#endif
