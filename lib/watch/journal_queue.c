/* SPDX-License-Identifier: ISC */

/* Two lists; a number that counts all entries says which of their heads is the
 * older one. */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/alloc.h"
#include "journal_queue.h"

void journal_queue_init(struct journal_queue *queue, size_t max_count,
			size_t max_bytes)
{
	memset(queue, 0, sizeof(*queue));
	queue->max_count = max_count;
	queue->max_bytes = max_bytes;
}

void journal_queue_clear(struct journal_queue *queue)
{
	struct journal_entry *entry;

	while ((entry = journal_queue_take(queue)) != NULL)
		free(entry);
}

size_t journal_queue_count(const struct journal_queue *queue)
{
	return queue->acts.count + queue->samples.count;
}

uint64_t journal_queue_oldest(const struct journal_queue *queue)
{
	const struct journal_entry *act = queue->acts.first;
	const struct journal_entry *sample = queue->samples.first;
	uint64_t oldest_ms = act == NULL ? UINT64_MAX : act->when_ms;

	if (sample != NULL && sample->when_ms < oldest_ms)
		oldest_ms = sample->when_ms;
	return oldest_ms;
}

static struct journal_fifo *fifo_of(struct journal_queue *queue, bool is_act)
{
	return is_act ? &queue->acts : &queue->samples;
}

static void count_in(struct journal_queue *queue, struct journal_fifo *fifo,
		     const struct journal_entry *entry)
{
	fifo->count++;
	queue->bytes += entry->bytes;
}

static void lose(struct journal_queue *queue, enum journal_kind kind,
		 bool is_act, uint64_t when_ms)
{
	struct journal_loss *loss = &queue->loss;

	if (loss->acts + loss->samples == 0 || when_ms < loss->first_ms)
		loss->first_ms = when_ms;
	if (when_ms > loss->last_ms)
		loss->last_ms = when_ms;
	loss->counts[kind]++;
	if (is_act)
		loss->acts++;
	else
		loss->samples++;
}

static bool has_room(const struct journal_queue *queue, size_t bytes)
{
	return journal_queue_count(queue) < queue->max_count &&
	       queue->bytes + bytes <= queue->max_bytes;
}

static struct journal_entry *take_from(struct journal_queue *queue,
				       struct journal_fifo *fifo)
{
	struct journal_entry *entry = fifo->first;

	DL_DELETE(fifo->first, entry);
	fifo->count--;
	queue->bytes -= entry->bytes;
	return entry;
}

static void drop_oldest_sample(struct journal_queue *queue)
{
	struct journal_entry *entry = take_from(queue, &queue->samples);

	lose(queue, entry->kind, false, entry->when_ms);
	free(entry);
}

void journal_queue_put(struct journal_queue *queue,
		       const struct journal_record *record, bool is_act)
{
	struct journal_fifo *fifo = fifo_of(queue, is_act);
	size_t length = strlen(record->members);
	size_t bytes = sizeof(struct journal_entry) + length + 1;
	struct journal_entry *entry;

	while (is_act && !has_room(queue, bytes) && queue->samples.count != 0)
		drop_oldest_sample(queue);
	if (!has_room(queue, bytes)) {
		lose(queue, record->kind, is_act, record->when_ms);
		return;
	}
	entry = alloc_zero(bytes);
	entry->sequence = queue->sequence++;
	entry->when_ms = record->when_ms;
	entry->kind = record->kind;
	entry->is_act = is_act;
	entry->bytes = bytes;
	memcpy(entry->members, record->members, length + 1);
	DL_APPEND(fifo->first, entry);
	count_in(queue, fifo, entry);
}

struct journal_entry *journal_queue_take(struct journal_queue *queue)
{
	const struct journal_entry *act = queue->acts.first;
	const struct journal_entry *sample = queue->samples.first;

	if (act == NULL && sample == NULL)
		return NULL;
	return take_from(
		queue,
		fifo_of(queue,
			sample == NULL || (act != NULL &&
					   act->sequence < sample->sequence)));
}

void journal_queue_put_back(struct journal_queue *queue,
			    struct journal_entry *entry)
{
	struct journal_fifo *fifo = fifo_of(queue, entry->is_act);

	DL_PREPEND(fifo->first, entry);
	count_in(queue, fifo, entry);
}
