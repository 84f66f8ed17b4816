/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_QUEUE_H
#define WEIR_JOURNAL_QUEUE_H

/*
 * The records that wait for the disk, in their order: bounded, and what had to
 * go is counted. An act takes the place of the oldest samples. Not
 * thread-safe: the journal has a lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal_line.h"

struct journal_entry {
	struct journal_entry *prev, *next;
	uint64_t sequence;
	uint64_t when_ms;
	enum journal_kind kind;
	bool is_act;
	size_t bytes;
	char members[];
};

struct journal_fifo {
	struct journal_entry *first;
	size_t count;
};

/* What was lost since the last gap that was told. */
struct journal_loss {
	uint64_t counts[JOURNAL_KINDS];
	uint64_t acts, samples;
	uint64_t first_ms, last_ms;
};

struct journal_queue {
	struct journal_fifo acts, samples;
	size_t bytes;
	size_t max_count, max_bytes;
	uint64_t sequence;
	struct journal_loss loss;
};

void journal_queue_init(struct journal_queue *queue, size_t max_count,
			size_t max_bytes);
void journal_queue_clear(struct journal_queue *queue);

size_t journal_queue_count(const struct journal_queue *queue);

/* When the oldest one happened; UINT64_MAX: none waits. */
uint64_t journal_queue_oldest(const struct journal_queue *queue);

/* A copy of record, or one more that was lost; record->n is not looked at. */
void journal_queue_put(struct journal_queue *queue,
		       const struct journal_record *record, bool is_act);

/* The oldest one, the caller's to free with free(); NULL: it is empty. */
struct journal_entry *journal_queue_take(struct journal_queue *queue);

/* It comes first again; also where it no longer fits. */
void journal_queue_put_back(struct journal_queue *queue,
			    struct journal_entry *entry);

#endif
