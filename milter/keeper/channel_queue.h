/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHANNEL_QUEUE_H
#define WEIR_CHANNEL_QUEUE_H

/*
 * What waits on one channel, and when it is tried: the newest alert of an
 * incident only, and what was tried less often first, so that an old failure
 * does not delay a new alert. Times are those of the steady clock. One thread
 * at a time.
 */
#include "channel_kind.h"

#define CHANNEL_QUEUE_MAX 1000

struct channel_item {
	struct channel_item *next;
	char *thread; /* alert_thread() */
	char *uid;
	enum alert_act act;
	uint64_t token;
	unsigned int tries;
	uint64_t due_ms, first_try_ms; /* 0: not tried */
	bool is_running;   /* a try is under way: it cannot be taken out */
	const char *stale; /* why it is not to be tried again; NULL: it is */
	bool is_replaced;  /* stale, by a newer alert of the same incident */
	struct channel_load load;
};

struct channel_queue {
	struct channel_item *first; /* oldest first */
	size_t count;
	uint64_t hold_ms; /* the server wants no try before; 0: any time */
};

/* The item is freed with channel_item_free(). */
struct channel_item *channel_item_new(const struct alert *alert, uint64_t token,
				      uint64_t now_ms);
void channel_item_free(struct channel_item **item);

/* Takes the item. What it makes unnecessary, or has no room, is taken out: the
 * caller's, and stale. NULL: there is none. */
struct channel_item *channel_queue_add(struct channel_queue *queue,
				       struct channel_item *item);

/* What is to be tried now; NULL: nothing, and *wait_ms_r is how long. */
struct channel_item *channel_queue_pick(struct channel_queue *queue,
					uint64_t now_ms, uint64_t *wait_ms_r);

/* Has a newer alert of the same incident come? */
bool channel_queue_has_newer(const struct channel_queue *queue,
			     const struct channel_item *item);

/* Takes it out; it is the caller's. */
void channel_queue_remove(struct channel_queue *queue,
			  struct channel_item *item);

/*
 * After a try that may work another time: sets when the next one is. Returns
 * the pause, with a jitter of a fifth; 0: it has been tried for long enough.
 * hold_ms is of the try; number any at random.
 */
uint64_t channel_queue_delay(struct channel_queue *queue,
			     struct channel_item *item,
			     const struct channel_try *way, uint64_t now_ms,
			     uint32_t number);

#endif
