/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_SEARCH_H
#define WEIR_QUEUE_SEARCH_H

/*
 * Finds the messages of a queue that match a filter: the queue is listed, and
 * the records of held mail and the clients are looked up only where the
 * filter asks for them, and only for what the envelope leaves.
 */
#include "queue.h"
#include "queue_filter.h"

struct redis_client;

enum queue_search_end {
	QUEUE_SEARCH_DONE,
	QUEUE_SEARCH_NO_QUEUE, /* queue->error says why */
	QUEUE_SEARCH_NO_REDIS  /* notes->redis says why */
};

/* Where the records of held mail are. */
struct queue_notes {
	struct redis_client *redis; /* NULL: nothing is known of records */
	const char *prefix;	    /* of every key */
};

/*
 * The messages with which act would do something: hold acts on what is not
 * held, release what is, delete any. found_r is {0} before, and the caller's to
 * clear in every case; oldest first.
 */
enum queue_search_end queue_search(struct queue *queue,
				   const struct queue_notes *notes,
				   const struct queue_filter *filter,
				   enum queue_act act,
				   struct queue_list *found_r);

/*
 * Lists the queue anew and drops from found what has left it, or changed its
 * state, meanwhile: a queue id may belong to another message by now. False
 * when it could not be listed; found is then as it was.
 */
bool queue_search_again(struct queue *queue, enum queue_act act,
			struct queue_list *found);

/*
 * With how many of the first count of found could act still do something? The
 * MTA did nothing with them, but has them: it is delivering them. 0 when the
 * queue could not be listed. Sorts those of found by their queue ids.
 */
uint64_t queue_search_remaining(struct queue *queue, enum queue_act act,
				struct queue_list *found, size_t count);

#endif
