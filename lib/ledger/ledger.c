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

#include "lib/base/alloc.h"
#include "lib/store/charge_outcome.h"
#include "ledger.h"
#include "ledger_loss.h"
#include "lib/store/window_table.h"

#define FAILURES_TO_HURRY 2
#define DELIVERIES_MAX	  50 /* at once: there are other duties */

struct ledger {
	pthread_rwlock_t turn;
	atomic_bool is_counting;
	pthread_mutex_t lock;
	struct window_table windows, unsynced; /* under lock */
	uint64_t latest_ms;		       /* under lock */
	uint64_t delivered;		       /* under lock */
	struct ledger_loss loss;	       /* under lock */

	/* of the one thread that delivers */
	struct window_entry *sent[LEDGER_UNSYNCED_AT_ONCE];
	struct ledger_floor floors[LEDGER_UNSYNCED_AT_ONCE]; /* of these */
	size_t sent_count;     /* changed under lock */
	uint64_t number;       /* of the delivery */
	unsigned int failures; /* of the last delivery, in a row */
};

struct ledger *ledger_new(size_t max_windows)
{
	struct ledger *ledger = alloc_zero(sizeof(*ledger));
	pthread_rwlockattr_t attributes;

	window_table_init(&ledger->windows, max_windows);
	window_table_init(&ledger->unsynced, max_windows);
	ledger_loss_init(&ledger->loss, &ledger->windows, &ledger->unsynced);
	ledger->number = 1;
	pthread_mutex_init(&ledger->lock, NULL);
	pthread_rwlockattr_init(&attributes);
	/* the delivering thread must not wait for ever */
	pthread_rwlockattr_setkind_np(
		&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&ledger->turn, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	return ledger;
}

/* What was on its way is no more; the next delivery is another one. */
static void drop_sent(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->sent_count; i++)
		free(ledger->sent[i]);
	ledger->sent_count = 0;
	ledger->number++;
}

void ledger_free(struct ledger **ledger_r)
{
	struct ledger *ledger = *ledger_r;

	if (ledger == NULL)
		return;
	drop_sent(ledger);
	bounded_table_destroy(&ledger->windows.table);
	bounded_table_destroy(&ledger->unsynced.table);
	pthread_rwlock_destroy(&ledger->turn);
	pthread_mutex_destroy(&ledger->lock);
	free(ledger);
	*ledger_r = NULL;
}

bool ledger_is_counting(const struct ledger *ledger)
{
	return atomic_load_explicit(&ledger->is_counting, memory_order_acquire);
}

void ledger_begin(struct ledger *ledger)
{
	pthread_rwlock_rdlock(&ledger->turn);
	atomic_store(&ledger->is_counting, true);
	pthread_rwlock_unlock(&ledger->turn);
}

/*
 * Under lock: the time to charge at. Whoever has waited for the store comes
 * with an older one than others had meanwhile; to a window that would be a
 * clock that was set back.
 */
static uint64_t time_for(struct ledger *ledger, uint64_t now_ms)
{
	if (now_ms > ledger->latest_ms)
		ledger->latest_ms = now_ms;
	return ledger->latest_ms;
}

/* Under both locks. */
static void distrust(struct ledger *ledger, uint64_t since_ms, bool is_sure)
{
	ledger_loss_begin(&ledger->loss, since_ms, is_sure);
	if (ledger->loss.unowed != 0)
		atomic_store(&ledger->is_counting, true);
}

void ledger_owe_again(struct ledger *ledger, uint64_t since_ms)
{
	struct bounded_table unsynced;

	bounded_table_init(&unsynced, ledger->unsynced.table.max,
			   sizeof(struct window_entry), NULL);
	pthread_rwlock_wrlock(&ledger->turn);
	pthread_mutex_lock(&ledger->lock);
	/* what was owed before, or is on its way, is in the windows, too */
	drop_sent(ledger);
	bounded_table_move(&ledger->unsynced.table, &unsynced);
	distrust(ledger, since_ms, true);
	pthread_mutex_unlock(&ledger->lock);
	pthread_rwlock_unlock(&ledger->turn);
	bounded_table_destroy(&unsynced);
}

void ledger_doubt(struct ledger *ledger, uint64_t since_ms)
{
	pthread_rwlock_wrlock(&ledger->turn);
	pthread_mutex_lock(&ledger->lock);
	distrust(ledger, since_ms, false);
	pthread_mutex_unlock(&ledger->lock);
	pthread_rwlock_unlock(&ledger->turn);
}

/* charging */

void ledger_note(struct ledger *ledger, enum store_question question,
		 struct charge *charges, size_t count, uint64_t now_ms)
{
	struct charge_outcome finding;

	if (question == STORE_PEEK || count == 0)
		return;
	charge_outcome_of(charges, count, &finding);
	pthread_mutex_lock(&ledger->lock);
	now_ms = time_for(ledger, now_ms);
	ledger_loss_owe_before(&ledger->loss, charges, count, now_ms);
	for (size_t i = 0; i < count; i++)
		if (charge_is_made(question, &finding, &charges[i]))
			window_table_charge(&ledger->windows, &charges[i],
					    now_ms);
	pthread_mutex_unlock(&ledger->lock);
}

bool ledger_ask(struct ledger *ledger, enum ledger_reason reason,
		enum store_question question, struct charge *charges,
		size_t count, uint64_t now_ms, enum store_answer *answer_r)
{
	bool is_ours = true;

	pthread_rwlock_rdlock(&ledger->turn);
	if (reason == LEDGER_ALREADY)
		is_ours = ledger_is_counting(ledger);
	else if (reason == LEDGER_OUTAGE)
		atomic_store(&ledger->is_counting, true);
	if (is_ours) {
		pthread_mutex_lock(&ledger->lock);
		now_ms = time_for(ledger, now_ms);
		ledger_loss_owe_before(&ledger->loss, charges, count, now_ms);
		*answer_r = window_table_ask(&ledger->windows,
					     &ledger->unsynced, question,
					     charges, count, now_ms);
		pthread_mutex_unlock(&ledger->lock);
	}
	pthread_rwlock_unlock(&ledger->turn);
	return is_ours;
}

/* settling */

/* Under lock: so much this process alone has charged to the window. The oldest
 * bucket is left out: the store, whose buckets begin at other moments, may have
 * dropped it by now. */
static struct ledger_floor floor_of(struct ledger *ledger,
				    const struct window_entry *owed_window)
{
	const struct charge charge = { .key = owed_window->head.hh.key,
				       .key_length =
					       owed_window->head.hh.keylen };
	struct ledger_floor floor = { 0, 0 };
	struct window_entry *entry;

	if (owed_window->mark != LEDGER_LOSS_FLOOR)
		return floor;
	entry = window_table_find(&ledger->windows, &charge);
	if (entry == NULL)
		return floor;
	window_move(&entry->window, &entry->shape, ledger->latest_ms);
	for (unsigned int age = 0;
	     age + 1 < entry->shape.slots && age <= entry->window.head; age++) {
		uint64_t bucket = entry->window.head - age;
		uint64_t held =
			entry->window.buckets[bucket % entry->shape.slots];

		if (floor.used == 0)
			floor.bucket = bucket;
		floor.used += held;
	}
	return floor;
}

/* Fills the next delivery. */
static void take_unsynced(struct ledger *ledger)
{
	pthread_mutex_lock(&ledger->lock);
	ledger_loss_owe_some(&ledger->loss, LEDGER_UNSYNCED_AT_ONCE,
			     ledger->latest_ms);
	while (ledger->sent_count < LEDGER_UNSYNCED_AT_ONCE &&
	       bounded_table_count(&ledger->unsynced.table) != 0) {
		struct window_entry *owed_window = window_table_pop(
			&ledger->unsynced);

		ledger->floors[ledger->sent_count] = floor_of(ledger,
							      owed_window);
		ledger->sent[ledger->sent_count++] = owed_window;
	}
	pthread_mutex_unlock(&ledger->lock);
}

/* At most. */
static size_t unsynced_left(struct ledger *ledger)
{
	size_t left;

	pthread_mutex_lock(&ledger->lock);
	left = bounded_table_count(&ledger->unsynced.table) +
	       ledger->loss.unowed;
	pthread_mutex_unlock(&ledger->lock);
	return left;
}

static void mark_delivered(struct ledger *ledger)
{
	pthread_mutex_lock(&ledger->lock);
	ledger->delivered += ledger->sent_count;
	drop_sent(ledger);
	pthread_mutex_unlock(&ledger->lock);
}

/* How to deliver. */
struct settling {
	ledger_deliver *deliver;
	void *context;
	uint64_t now_ms;
};

static bool deliver_sent(struct ledger *ledger, const struct settling *settling,
			 bool is_awaited)
{
	struct ledger_unsynced unsynced[LEDGER_UNSYNCED_AT_ONCE];
	struct ledger_delivery delivery = { .number = ledger->number,
					    .unsynced = unsynced,
					    .count = ledger->sent_count,
					    .is_awaited = is_awaited };

	if (ledger->sent_count == 0)
		return true;
	pthread_mutex_lock(&ledger->lock);
	delivery.now_ms = time_for(ledger, settling->now_ms);
	pthread_mutex_unlock(&ledger->lock);
	for (size_t i = 0; i < ledger->sent_count; i++) {
		struct window_entry *entry = ledger->sent[i];

		window_move(&entry->window, &entry->shape, delivery.now_ms);
		unsynced[i] = (struct ledger_unsynced){
			.key = entry->head.hh.key,
			.key_length = entry->head.hh.keylen,
			.shape = entry->shape,
			.window = &entry->window,
			.floor = ledger->floors[i],
		};
	}
	if (!settling->deliver(settling->context, &delivery))
		return false;
	mark_delivered(ledger);
	return true;
}

/* One delivery; a delivery whose answer did not come goes alone, as it was. */
static bool deliver_some(struct ledger *ledger, const struct settling *settling,
			 bool is_awaited)
{
	if (ledger->sent_count == 0)
		take_unsynced(ledger);
	return deliver_sent(ledger, settling, is_awaited);
}

/* The last of the debts, more or less, are delivered: the store counts. */
static void end_counting(struct ledger *ledger, size_t most_left)
{
	if (unsynced_left(ledger) <= most_left) {
		ledger->failures = 0;
		atomic_store(&ledger->is_counting, false);
	}
}

/* Nobody charges here meanwhile. When more is left than fits into it, it was
 * not the last one. */
static bool deliver_last(struct ledger *ledger, const struct settling *settling)
{
	bool is_delivered;

	pthread_rwlock_wrlock(&ledger->turn);
	is_delivered = deliver_some(ledger, settling, true);
	if (is_delivered)
		end_counting(ledger, 0);
	else
		ledger->failures++;
	pthread_rwlock_unlock(&ledger->turn);
	return is_delivered;
}

/* What is charged during the delivery stays owed for a moment. */
static bool deliver_last_slowly(struct ledger *ledger,
				const struct settling *settling)
{
	if (!deliver_some(ledger, settling, false))
		return false;
	pthread_rwlock_wrlock(&ledger->turn);
	end_counting(ledger, LEDGER_UNSYNCED_AT_ONCE);
	pthread_rwlock_unlock(&ledger->turn);
	return true;
}

bool ledger_reconcile(struct ledger *ledger, ledger_deliver *deliver,
		      void *context, uint64_t now_ms)
{
	const struct settling settling = { deliver, context, now_ms };
	size_t deliveries = unsynced_left(ledger) / LEDGER_UNSYNCED_AT_ONCE + 2;

	if (deliveries > DELIVERIES_MAX)
		deliveries = DELIVERIES_MAX;

	/* What comes meanwhile is left to the last one, or to the next time. */
	for (; ledger->sent_count != 0 ||
	       (deliveries != 0 &&
		unsynced_left(ledger) > LEDGER_UNSYNCED_AT_ONCE / 2);
	     deliveries -= deliveries != 0)
		if (!deliver_some(ledger, &settling, false))
			return false;
	if (!ledger_is_counting(ledger))
		return deliver_some(ledger, &settling, false);
	return ledger->failures < FAILURES_TO_HURRY
		       ? deliver_last(ledger, &settling)
		       : deliver_last_slowly(ledger, &settling);
}

/* The prefix is "{SUBJECT}:LIMIT:", whatever the span behind it. */
static bool has_prefix(const struct window_entry *entry, const char *prefix)
{
	size_t length = strlen(prefix);

	return entry->head.hh.keylen >= length &&
	       memcmp(entry->head.hh.key, prefix, length) == 0;
}

static void forget_in(struct ledger *ledger, struct window_table *table,
		      const char *prefix)
{
	struct window_entry *entry, *next;

	for (entry = bounded_table_first(&table->table); entry != NULL;
	     entry = next) {
		next = bounded_table_next(entry);
		if (!has_prefix(entry, prefix))
			continue;
		if (table == &ledger->windows && entry->mark != table->mark)
			ledger->loss.unowed--;
		bounded_table_drop(&table->table, entry);
	}
}

/* A delivery stays the one that it is, with nothing for these. */
static void forget_sent(struct ledger *ledger, const char *prefix)
{
	for (size_t i = 0; i < ledger->sent_count; i++)
		if (has_prefix(ledger->sent[i], prefix)) {
			memset(&ledger->sent[i]->window, 0,
			       sizeof(ledger->sent[i]->window));
			ledger->floors[i].used = 0;
		}
}

void ledger_forget(struct ledger *ledger, const char *subject,
		   const char *limit)
{
	char *prefix = alloc_format("{%s}:%s:", subject, limit);

	pthread_mutex_lock(&ledger->lock);
	forget_in(ledger, &ledger->windows, prefix);
	forget_in(ledger, &ledger->unsynced, prefix);
	forget_sent(ledger, prefix);
	pthread_mutex_unlock(&ledger->lock);
	free(prefix);
}

void ledger_forget_all(struct ledger *ledger)
{
	pthread_mutex_lock(&ledger->lock);
	bounded_table_clear(&ledger->windows.table);
	ledger->loss.unowed = 0;
	pthread_mutex_unlock(&ledger->lock);
}

void ledger_count(struct ledger *ledger, struct ledger_totals *totals_r)
{
	pthread_mutex_lock(&ledger->lock);
	*totals_r = (struct ledger_totals){
		.windows = bounded_table_count(&ledger->windows.table),
		.owed = bounded_table_count(&ledger->unsynced.table) +
			ledger->loss.unowed + ledger->sent_count,
		.forgotten = ledger->windows.evictions,
		.unsynced_lost = ledger->unsynced.evictions,
		.unsynced_delivered = ledger->delivered,
	};
	pthread_mutex_unlock(&ledger->lock);
}
