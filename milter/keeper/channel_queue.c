/* SPDX-License-Identifier: ISC */

/* A list: it is short but for a server that is away for hours in a storm. */
#include "channel_queue.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/alert/alert_formats.h"
#include "lib/base/alloc.h"

struct channel_item *channel_item_new(const struct alert *alert, uint64_t token,
				      uint64_t now_ms)
{
	struct channel_item *item = alloc_zero(sizeof(*item));

	item->thread = alert_thread(alert);
	item->uid = alloc_text(alert->uid);
	item->act = alert->act;
	item->token = token;
	item->due_ms = now_ms;
	return item;
}

void channel_item_free(struct channel_item **item)
{
	if (*item == NULL)
		return;
	channel_load_clear(&(*item)->load);
	free((*item)->thread);
	free((*item)->uid);
	free(*item);
	*item = NULL;
}

void channel_queue_remove(struct channel_queue *queue,
			  struct channel_item *item)
{
	LL_DELETE(queue->first, item);
	queue->count--;
}

/* The oldest that is not under way, of that thread or, of NULL, of any. */
static struct channel_item *find_oldest(const struct channel_queue *queue,
					const char *thread)
{
	for (struct channel_item *at = queue->first; at != NULL; at = at->next)
		if (!at->is_running &&
		    (thread == NULL || strcmp(at->thread, thread) == 0))
			return at;
	return NULL;
}

struct channel_item *channel_queue_add(struct channel_queue *queue,
				       struct channel_item *item)
{
	struct channel_item *gone = find_oldest(queue, item->thread);
	bool is_replaced = gone != NULL;

	if (gone == NULL && queue->count >= CHANNEL_QUEUE_MAX)
		gone = find_oldest(queue, NULL);
	if (gone != NULL) {
		channel_queue_remove(queue, gone);
		gone->is_replaced = is_replaced;
		gone->stale = is_replaced ? "by a newer alert of it"
					  : "too many wait";
	}
	LL_APPEND(queue->first, item);
	queue->count++;
	return gone;
}

struct channel_item *channel_queue_pick(struct channel_queue *queue,
					uint64_t now_ms, uint64_t *wait_ms_r)
{
	struct channel_item *best = NULL;
	uint64_t next_ms = UINT64_MAX;

	for (struct channel_item *at = queue->first; at != NULL;
	     at = at->next) {
		uint64_t due_ms = at->due_ms > queue->hold_ms ? at->due_ms
							      : queue->hold_ms;

		if (due_ms > now_ms)
			next_ms = due_ms < next_ms ? due_ms : next_ms;
		else if (best == NULL || at->tries < best->tries)
			best = at;
	}
	*wait_ms_r = next_ms == UINT64_MAX ? UINT64_MAX : next_ms - now_ms;
	return best;
}

bool channel_queue_has_newer(const struct channel_queue *queue,
			     const struct channel_item *item)
{
	for (const struct channel_item *at = queue->first; at != NULL;
	     at = at->next)
		if (at != item && strcmp(at->thread, item->thread) == 0)
			return true;
	return false;
}

static uint64_t pause_of(const struct channel_times *times, unsigned int tries)
{
	unsigned int at = 0;

	while (at + 1 < tries && at + 1 < CHANNEL_PAUSES &&
	       times->pauses_ms[at + 1] != 0)
		at++;
	return times->pauses_ms[at];
}

uint64_t channel_queue_delay(struct channel_queue *queue,
			     struct channel_item *item,
			     const struct channel_try *way, uint64_t now_ms,
			     uint32_t number)
{
	const struct channel_times *times = way->times;
	uint64_t pause_ms = pause_of(times, item->tries);
	uint64_t hold_ms = way->hold_ms < times->hold_most_ms
				   ? way->hold_ms
				   : times->hold_most_ms;

	pause_ms = pause_ms * 4 / 5 + pause_ms * 2 / 5 * (number % 1024) / 1024;
	if (hold_ms > 0)
		queue->hold_ms = now_ms + hold_ms;
	if (hold_ms > pause_ms)
		pause_ms = hold_ms;
	if (now_ms + pause_ms > item->first_try_ms + times->give_up_ms)
		return 0;
	item->due_ms = now_ms + pause_ms;
	return pause_ms > 0 ? pause_ms : 1;
}
