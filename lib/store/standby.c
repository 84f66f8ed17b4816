/* SPDX-License-Identifier: ISC */

/*
 * Two tables under one lock: what this process has charged in the current
 * windows, and what of it the store does not know. turn is held for reading by
 * whoever counts here, and for writing while the last debts go home, so that
 * nothing is charged here behind them.
 *
 * A delivery that was sent keeps its number and its debts until it is known to
 * have arrived; what is charged meanwhile belongs to the next one.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "charge_finding.h"
#include "standby.h"
#include "window_table.h"

struct standby {
	pthread_rwlock_t turn;
	atomic_bool is_counting;
	pthread_mutex_t lock;
	struct window_table windows, debts; /* under lock */
	uint64_t latest_ms;		    /* under lock */
	uint64_t settled;		    /* under lock */

	/* of the one thread that settles */
	struct window_entry *sent[STANDBY_DEBTS_AT_ONCE];
	size_t sent_count;
	uint64_t number; /* of the delivery */
};

struct standby *standby_new(size_t max_windows)
{
	struct standby *standby = alloc_zero(sizeof(*standby));
	pthread_rwlockattr_t attributes;

	standby->windows.max_windows = max_windows;
	standby->debts.max_windows = max_windows;
	standby->number = 1;
	pthread_mutex_init(&standby->lock, NULL);
	pthread_rwlockattr_init(&attributes);
	/* the one who settles is not to wait for ever */
	pthread_rwlockattr_setkind_np(
		&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&standby->turn, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	return standby;
}

/* What was on its way is no more; the next delivery is another one. */
static void drop_sent(struct standby *standby)
{
	for (size_t i = 0; i < standby->sent_count; i++)
		free(standby->sent[i]);
	standby->sent_count = 0;
	standby->number++;
}

void standby_free(struct standby **standby_r)
{
	struct standby *standby = *standby_r;

	if (standby == NULL)
		return;
	drop_sent(standby);
	window_table_clear(&standby->windows);
	window_table_clear(&standby->debts);
	pthread_rwlock_destroy(&standby->turn);
	pthread_mutex_destroy(&standby->lock);
	free(standby);
	*standby_r = NULL;
}

bool standby_is_counting(const struct standby *standby)
{
	return atomic_load_explicit(&standby->is_counting,
				    memory_order_acquire);
}

void standby_begin(struct standby *standby)
{
	pthread_rwlock_rdlock(&standby->turn);
	atomic_store(&standby->is_counting, true);
	pthread_rwlock_unlock(&standby->turn);
}

/*
 * Under lock: the time to charge at. Whoever has waited for the store comes
 * with an older one than others had meanwhile; to a window that would be a
 * clock that was set back.
 */
static uint64_t time_for(struct standby *standby, uint64_t now_ms)
{
	if (now_ms > standby->latest_ms)
		standby->latest_ms = now_ms;
	return standby->latest_ms;
}

/* charging */

void standby_note(struct standby *standby, enum store_question question,
		  struct charge *charges, size_t count, uint64_t now_ms)
{
	struct charge_finding finding;

	if (question == STORE_PEEK || count == 0)
		return;
	charge_find_out(charges, count, &finding);
	pthread_mutex_lock(&standby->lock);
	now_ms = time_for(standby, now_ms);
	for (size_t i = 0; i < count; i++)
		if (charge_is_made(question, &finding, &charges[i]))
			window_table_charge(&standby->windows, &charges[i],
					    now_ms);
	pthread_mutex_unlock(&standby->lock);
}

bool standby_ask(struct standby *standby, enum standby_reason reason,
		 enum store_question question, struct charge *charges,
		 size_t count, uint64_t now_ms, enum store_answer *answer_r)
{
	bool is_ours = true;

	pthread_rwlock_rdlock(&standby->turn);
	if (reason == STANDBY_ALREADY)
		is_ours = standby_is_counting(standby);
	else if (reason == STANDBY_OUTAGE)
		atomic_store(&standby->is_counting, true);
	if (is_ours) {
		pthread_mutex_lock(&standby->lock);
		*answer_r = window_table_ask(&standby->windows, &standby->debts,
					     question, charges, count,
					     time_for(standby, now_ms));
		pthread_mutex_unlock(&standby->lock);
	}
	pthread_rwlock_unlock(&standby->turn);
	return is_ours;
}

/* settling */

/* Fills the next delivery. */
static void take_debts(struct standby *standby)
{
	pthread_mutex_lock(&standby->lock);
	while (standby->sent_count < STANDBY_DEBTS_AT_ONCE &&
	       window_table_count(&standby->debts) != 0)
		standby->sent[standby->sent_count++] = window_table_pop(
			&standby->debts);
	pthread_mutex_unlock(&standby->lock);
}

static size_t debts_left(struct standby *standby)
{
	size_t left;

	pthread_mutex_lock(&standby->lock);
	left = window_table_count(&standby->debts);
	pthread_mutex_unlock(&standby->lock);
	return left;
}

static void settle_sent(struct standby *standby)
{
	pthread_mutex_lock(&standby->lock);
	standby->settled += standby->sent_count;
	pthread_mutex_unlock(&standby->lock);
	drop_sent(standby);
}

static bool deliver_sent(struct standby *standby, standby_deliver *deliver,
			 void *context, uint64_t now_ms)
{
	struct standby_debt debts[STANDBY_DEBTS_AT_ONCE];

	pthread_mutex_lock(&standby->lock);
	now_ms = time_for(standby, now_ms);
	pthread_mutex_unlock(&standby->lock);
	for (size_t i = 0; i < standby->sent_count; i++) {
		struct window_entry *entry = standby->sent[i];

		window_move(&entry->window, &entry->shape, now_ms);
		debts[i] = (struct standby_debt){
			.key = entry->key,
			.key_length = entry->key_length,
			.shape = entry->shape,
			.window = &entry->window,
		};
	}
	if (standby->sent_count != 0 &&
	    !deliver(context, standby->number, debts, standby->sent_count,
		     now_ms))
		return false;
	settle_sent(standby);
	return true;
}

/* One delivery; a delivery whose answer did not come goes alone, as it was. */
static bool settle_some(struct standby *standby, standby_deliver *deliver,
			void *context, uint64_t now_ms)
{
	if (standby->sent_count == 0)
		take_debts(standby);
	return deliver_sent(standby, deliver, context, now_ms);
}

/* Nobody charges here meanwhile. When more is left than fits into it, it was
 * not the last one. */
static bool settle_last(struct standby *standby, standby_deliver *deliver,
			void *context, uint64_t now_ms)
{
	bool is_delivered;

	pthread_rwlock_wrlock(&standby->turn);
	is_delivered = settle_some(standby, deliver, context, now_ms);
	if (is_delivered && debts_left(standby) == 0)
		atomic_store(&standby->is_counting, false);
	pthread_rwlock_unlock(&standby->turn);
	return is_delivered;
}

bool standby_settle(struct standby *standby, standby_deliver *deliver,
		    void *context, uint64_t now_ms)
{
	size_t deliveries = debts_left(standby) / STANDBY_DEBTS_AT_ONCE + 2;

	/* What comes meanwhile is left to the last one, or to the next time. */
	for (; standby->sent_count != 0 ||
	       (deliveries != 0 &&
		debts_left(standby) > STANDBY_DEBTS_AT_ONCE / 2);
	     deliveries -= deliveries != 0)
		if (!settle_some(standby, deliver, context, now_ms))
			return false;
	if (debts_left(standby) == 0 && !standby_is_counting(standby))
		return true;
	return settle_last(standby, deliver, context, now_ms);
}

/* What of a bucket was charged after since_ms, as far as can be told: in it
 * the charges are taken to be spread evenly. */
static uint64_t part_since(const struct window_shape *shape, uint64_t bucket,
			   uint64_t held, uint64_t since_ms)
{
	uint64_t begin_ms = bucket * shape->width_ms;
	uint64_t end_ms = begin_ms + shape->width_ms;

	if (since_ms <= begin_ms)
		return held;
	return (uint64_t)((double)held * (double)(end_ms - since_ms) /
				  (double)shape->width_ms +
			  0.5);
}

/* What of the window was charged after since_ms goes to the debts. */
static void owe_since(struct standby *standby, struct window_entry *entry,
		      uint64_t since_ms, uint64_t now_ms)
{
	const struct window_shape *shape = &entry->shape;
	struct charge charge = { .key = entry->key,
				 .key_length = entry->key_length,
				 .shape = *shape };
	struct window *debt = NULL;

	window_move(&entry->window, shape, now_ms);
	for (unsigned int age = 0; age < shape->slots; age++) {
		uint64_t bucket = entry->window.head - age;
		unsigned int slot = (unsigned int)(bucket % shape->slots);
		uint64_t held = entry->window.buckets[slot];

		if ((bucket + 1) * shape->width_ms <= since_ms)
			break;
		held = part_since(shape, bucket, held, since_ms);
		if (held != 0) {
			if (debt == NULL)
				debt = &window_table_make(&standby->debts,
							  &charge, now_ms)
						->window;
			debt->buckets[slot] = held;
			debt->used += held;
		}
		if (bucket == 0)
			break;
	}
}

size_t standby_owe_again(struct standby *standby, uint64_t since_ms,
			 uint64_t now_ms)
{
	struct window_entry *entry, *next;
	size_t owed;

	pthread_rwlock_wrlock(&standby->turn);
	pthread_mutex_lock(&standby->lock);
	now_ms = time_for(standby, now_ms);
	/* what was owed before, or is on its way, is in the windows, too */
	drop_sent(standby);
	window_table_clear(&standby->debts);
	HASH_ITER (hh, standby->windows.entries, entry, next)
		owe_since(standby, entry, since_ms, now_ms);
	owed = window_table_count(&standby->debts);
	if (owed != 0)
		atomic_store(&standby->is_counting, true);
	pthread_mutex_unlock(&standby->lock);
	pthread_rwlock_unlock(&standby->turn);
	return owed;
}

/* The prefix is "{SUBJECT}:LIMIT:", whatever the span behind it. */
static bool has_prefix(const struct window_entry *entry, const char *prefix)
{
	size_t length = strlen(prefix);

	return entry->key_length >= length &&
	       memcmp(entry->key, prefix, length) == 0;
}

static void forget_in(struct window_table *table, const char *prefix)
{
	struct window_entry *entry, *next;

	HASH_ITER (hh, table->entries, entry, next) {
		if (!has_prefix(entry, prefix))
			continue;
		HASH_DEL(table->entries, entry);
		free(entry);
	}
}

/* A delivery stays the one that it is, with nothing for these. */
static void forget_sent(struct standby *standby, const char *prefix)
{
	for (size_t i = 0; i < standby->sent_count; i++)
		if (has_prefix(standby->sent[i], prefix))
			memset(&standby->sent[i]->window, 0,
			       sizeof(standby->sent[i]->window));
}

void standby_forget(struct standby *standby, const char *subject,
		    const char *limit)
{
	char *prefix = alloc_format("{%s}:%s:", subject, limit);

	pthread_mutex_lock(&standby->lock);
	forget_in(&standby->windows, prefix);
	forget_in(&standby->debts, prefix);
	forget_sent(standby, prefix);
	pthread_mutex_unlock(&standby->lock);
	free(prefix);
}

void standby_count(struct standby *standby, struct standby_totals *totals_r)
{
	pthread_mutex_lock(&standby->lock);
	*totals_r = (struct standby_totals){
		.windows = window_table_count(&standby->windows),
		.owed = window_table_count(&standby->debts),
		.forgotten = standby->windows.evictions,
		.debts_lost = standby->debts.evictions,
		.debts_settled = standby->settled,
	};
	pthread_mutex_unlock(&standby->lock);
}
