/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_PRINT_H
#define WEIR_QUEUE_PRINT_H

/*
 * Messages of a queue, added up for each sender, greatest first.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/base/address.h"
#include "milter/queue/queue.h"

struct queue_sender {
	char *sender; /* identity, "" for the null sender */
	uint64_t messages, bytes, oldest_ms;
};

struct queue_summary {
	struct queue_sender *senders;
	size_t count;
	uint64_t messages, bytes, oldest_ms;
};

void queue_summary_make(const struct queue_list *list,
			const struct address_rules *rules,
			struct queue_summary *summary_r);
void queue_summary_clear(struct queue_summary *summary);

/* The first 20 senders, how many more there are, and the sum. */
void queue_summary_print(const struct queue_summary *summary, uint64_t now_ms,
			 FILE *out);

/* Adds "messages", "bytes", "oldest", "senders" (the first 1000) and
 * "more_senders" to object. */
void queue_summary_add_json(const struct queue_summary *summary,
			    json_t *object);

#endif
