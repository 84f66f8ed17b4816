/* SPDX-License-Identifier: ISC */

/* What a window owes is not known before the loss, so it is found out from its
 * buckets: those of the time since. */
#include "ledger_loss.h"

#define OWE_AT_ONCE 1000 /* windows, under the lock of the ledger */
#define LATE_MS	    1000 /* an answer is noted at the time of its question */

void ledger_loss_init(struct ledger_loss *loss, struct window_table *windows,
		      struct window_table *unsynced)
{
	*loss = (struct ledger_loss){ .windows = windows,
				      .unsynced = unsynced };
}

/* What of a bucket was charged after since_ms, as far as can be told: in it
 * the charges are taken to be spread evenly. */
static uint64_t part_since(const struct window_shape *shape, uint64_t bucket,
			   uint64_t held, uint64_t since_ms, uint64_t now_ms)
{
	uint64_t begin_ms = bucket * shape->width_ms;
	uint64_t end_ms = begin_ms + shape->width_ms;

	if (since_ms <= begin_ms)
		return held;
	if (end_ms > now_ms)
		end_ms = now_ms;
	if (end_ms <= since_ms)
		return 0;
	return (uint64_t)((double)held * (double)(end_ms - since_ms) /
				  (double)(end_ms - begin_ms) +
			  0.5);
}

/* The debt of this window, which its owner will see to be at least what
 * this process has charged. */
static struct window *unsynced_of(struct ledger_loss *loss,
				  const struct window_entry *entry,
				  uint64_t now_ms)
{
	const struct charge charge = { .key = entry->head.hh.key,
				       .key_length = entry->head.hh.keylen,
				       .shape = entry->shape };
	struct window_entry *owed_window = window_table_make(loss->unsynced,
							     &charge, now_ms);

	window_move(&owed_window->window, &owed_window->shape, now_ms);
	owed_window->mark = LEDGER_LOSS_FLOOR;
	return &owed_window->window;
}

/* What of the window was charged since the store has lost it goes to the
 * debts. */
static void owe_entry(struct ledger_loss *loss, struct window_entry *entry,
		      uint64_t now_ms)
{
	const struct window_shape *shape = &entry->shape;
	uint64_t since_ms = loss->lost_ms;
	struct window *owed_window;

	if (entry->mark == loss->windows->mark)
		return;
	entry->mark = loss->windows->mark;
	loss->unowed--;
	window_move(&entry->window, shape, now_ms);
	if (entry->charged_ms + LATE_MS < since_ms || entry->window.used == 0)
		return;
	owed_window = unsynced_of(loss, entry, now_ms);
	for (unsigned int age = 0;
	     age < shape->slots && age <= entry->window.head && loss->is_sure &&
	     entry->charged_ms >= since_ms;
	     age++) {
		uint64_t bucket = entry->window.head - age;
		unsigned int slot = (unsigned int)(bucket % shape->slots);
		uint64_t held = entry->window.buckets[slot];

		if ((bucket + 1) * shape->width_ms <= since_ms)
			break;
		held = part_since(shape, bucket, held, since_ms, now_ms);
		owed_window->buckets[slot] += held;
		owed_window->used += held;
	}
}

void ledger_loss_owe_before(struct ledger_loss *loss,
			    const struct charge *charges, size_t count,
			    uint64_t now_ms)
{
	struct window_table *windows = loss->windows;
	struct window_entry *entry;

	if (loss->unowed == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		entry = window_table_find(windows, &charges[i]);
		if (entry != NULL)
			owe_entry(loss, entry, now_ms);
	}
	entry = bounded_table_first(&windows->table);
	for (size_t i = 0; i < count && entry != NULL; i++) {
		if (bounded_table_count(&windows->table) + count >
		    windows->table.max)
			owe_entry(loss, entry, now_ms);
		entry = bounded_table_next(entry);
	}
}

void ledger_loss_owe_some(struct ledger_loss *loss, size_t enough,
			  uint64_t now_ms)
{
	for (int i = 0; i < OWE_AT_ONCE && loss->unowed != 0 &&
			bounded_table_count(&loss->unsynced->table) < enough;
	     i++)
		owe_entry(loss, window_table_turn(loss->windows), now_ms);
}

void ledger_loss_begin(struct ledger_loss *loss, uint64_t since_ms,
		       bool is_sure)
{
	if (loss->unowed == 0 || since_ms < loss->lost_ms)
		loss->lost_ms = since_ms;
	loss->is_sure = is_sure || (loss->unowed != 0 && loss->is_sure);
	loss->windows->mark++;
	loss->unowed = bounded_table_count(&loss->windows->table);
}
