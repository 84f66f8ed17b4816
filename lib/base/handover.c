/* SPDX-License-Identifier: ISC */

/* A ring of pointers under a lock that is held for a few instructions. */
#include <pthread.h>

#include "alloc.h"
#include "handover.h"

struct handover {
	void (*drop)(void *item);
	pthread_mutex_t lock;
	size_t max;
	size_t first, count; /* under lock, as all below */
	uint64_t dropped;
	void *items[];
};

struct handover *handover_new(size_t max, void (*drop)(void *item))
{
	struct handover *handover = alloc_zero(sizeof(*handover) +
					       max * sizeof(void *));

	pthread_mutex_init(&handover->lock, NULL);
	handover->drop = drop;
	handover->max = max;
	return handover;
}

bool handover_put(struct handover *handover, void *item)
{
	bool has_room;

	pthread_mutex_lock(&handover->lock);
	has_room = handover->count < handover->max;
	if (has_room)
		handover->items[(handover->first + handover->count++) %
				handover->max] = item;
	else
		handover->dropped++;
	pthread_mutex_unlock(&handover->lock);
	if (!has_room)
		handover->drop(item);
	return has_room;
}

void *handover_peek(struct handover *handover)
{
	void *item;

	pthread_mutex_lock(&handover->lock);
	item = handover->count == 0 ? NULL : handover->items[handover->first];
	pthread_mutex_unlock(&handover->lock);
	return item;
}

void *handover_take(struct handover *handover)
{
	void *item = handover_peek(handover);

	if (item == NULL)
		return NULL;
	pthread_mutex_lock(&handover->lock);
	handover->first = (handover->first + 1) % handover->max;
	handover->count--;
	pthread_mutex_unlock(&handover->lock);
	return item;
}

uint64_t handover_dropped(struct handover *handover)
{
	uint64_t dropped;

	pthread_mutex_lock(&handover->lock);
	dropped = handover->dropped;
	handover->dropped = 0;
	pthread_mutex_unlock(&handover->lock);
	return dropped;
}
