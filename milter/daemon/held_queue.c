/* SPDX-License-Identifier: ISC */

/* A list under a lock, which is never held while Redis is asked. */
#include "held_queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"

#define WAITING_MOST 10000 /* records that wait for Redis */
#define HELD_AT_ONCE 200   /* records written in one go */

struct entry {
	struct entry *next;
	struct held held;
};

struct held_queue {
	pthread_mutex_t lock;
	struct entry *first, **end; /* under lock */
	size_t count;		    /* under lock */
};

struct held_queue *held_queue_new(void)
{
	struct held_queue *queue = alloc_zero(sizeof(*queue));

	pthread_mutex_init(&queue->lock, NULL);
	queue->end = &queue->first;
	return queue;
}

/* Under lock: the first one, or NULL. */
static struct entry *unlink_first(struct held_queue *queue)
{
	struct entry *entry = queue->first;

	if (entry == NULL)
		return NULL;
	queue->first = entry->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	queue->count--;
	return entry;
}

static struct entry *take(struct held_queue *queue)
{
	struct entry *entry;

	pthread_mutex_lock(&queue->lock);
	entry = unlink_first(queue);
	pthread_mutex_unlock(&queue->lock);
	return entry;
}

static void entry_free(struct entry *entry)
{
	if (entry == NULL)
		return;
	held_clear(&entry->held);
	free(entry);
}

void held_queue_put(struct held_queue *queue, struct held *held)
{
	struct entry *entry = alloc_zero(sizeof(*entry));
	struct entry *dropped = NULL;

	entry->held = *held;
	memset(held, 0, sizeof(*held));
	pthread_mutex_lock(&queue->lock);
	if (queue->count == WAITING_MOST)
		dropped = unlink_first(queue);
	*queue->end = entry;
	queue->end = &entry->next;
	queue->count++;
	pthread_mutex_unlock(&queue->lock);
	if (dropped != NULL)
		log_warning("queue-id=%s: why it was held could not be "
			    "written to Redis",
			    dropped->held.queue_id);
	entry_free(dropped);
}

bool held_queue_write(struct held_queue *queue, struct redis_client *redis,
		      const char *prefix)
{
	bool is_written = true;

	for (size_t i = 0; i < HELD_AT_ONCE && is_written; i++) {
		struct entry *entry = take(queue);

		if (entry == NULL)
			break;
		is_written = held_write(redis, prefix, &entry->held);
		if (!is_written)
			held_queue_put(queue, &entry->held); /* next time */
		entry_free(entry);
	}
	return is_written;
}
