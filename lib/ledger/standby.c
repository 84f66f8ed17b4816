/* SPDX-License-Identifier: ISC */

/*
 * Two tables under one lock: what this process has charged in the current
 * windows, and what of it the store does not know. turn is held for reading by
 * whoever counts here, and for writing while the last debts go home, so that
 * nothing is charged here behind them.
 *
 * A delivery that was sent keeps its number and its debts until it is known to
 * have arrived; what is charged meanwhile belongs to the next one.
 *
 * After a loss of the store each window owes a part of itself. That is not
 * worked out at once, which would keep callers waiting: the windows get an old
 * mark, and each becomes a debt when it is charged again, would have to make
 * room, or when the settling thread comes to it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/store/charge_finding.h"
#include "standby.h"
#include "lib/store/window_table.h"

#define OWE_AT_ONCE	  1000 /* windows, under the lock */
#define FAILURES_TO_HURRY 2
#define DELIVERIES_MOST	  50 /* at once: there are other duties */
#define LATE_MS		  1000 /* an answer is noted at the time of its question */

/* The mark of a debt that goes with what the store must hold at least. */
#define HAS_FLOOR 1

struct standby {
	pthread_rwlock_t turn;
	atomic_bool is_counting;
	pthread_mutex_t lock;
	struct window_table windows, debts; /* under lock */
	uint64_t latest_ms;		    /* under lock */
	uint64_t settled;		    /* under lock */
	size_t unowed;	  /* windows with an old mark; under lock */
	uint64_t lost_ms; /* these may owe what was charged since; under lock */
	bool is_sure;	  /* that it is lost; under lock */

	/* of the one thread that settles */
	struct window_entry *sent[STANDBY_DEBTS_AT_ONCE];
	struct standby_floor floors[STANDBY_DEBTS_AT_ONCE]; /* of these */
	size_t sent_count;
	uint64_t number;       /* of the delivery */
	unsigned int failures; /* of the last delivery, in a row */
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

/* what the store has lost */

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

/* Under lock: the debt of this window, which its owner will see to be at least
 * what this process has charged. */
static struct window *debt_of(struct standby *standby,
			      const struct window_entry *entry, uint64_t now_ms)
{
	const struct charge charge = { .key = entry->key,
				       .key_length = entry->key_length,
				       .shape = entry->shape };
	struct window_entry *debt = window_table_make(&standby->debts, &charge,
						      now_ms);

	window_move(&debt->window, &debt->shape, now_ms);
	debt->mark = HAS_FLOOR;
	return &debt->window;
}

/* Under lock: what of the window was charged since the store has lost it goes
 * to the debts. */
static void owe_entry(struct standby *standby, struct window_entry *entry,
		      uint64_t now_ms)
{
	const struct window_shape *shape = &entry->shape;
	uint64_t since_ms = standby->lost_ms;
	struct window *debt;

	if (entry->mark == standby->windows.mark)
		return;
	entry->mark = standby->windows.mark;
	standby->unowed--;
	window_move(&entry->window, shape, now_ms);
	if (entry->charged_ms + LATE_MS < since_ms || entry->window.used == 0)
		return;
	debt = debt_of(standby, entry, now_ms);
	for (unsigned int age = 0;
	     age < shape->slots && age <= entry->window.head &&
	     standby->is_sure && entry->charged_ms >= since_ms;
	     age++) {
		uint64_t bucket = entry->window.head - age;
		unsigned int slot = (unsigned int)(bucket % shape->slots);
		uint64_t held = entry->window.buckets[slot];

		if ((bucket + 1) * shape->width_ms <= since_ms)
			break;
		held = part_since(shape, bucket, held, since_ms, now_ms);
		debt->buckets[slot] += held;
		debt->used += held;
	}
}

/* Under lock: before these are charged. Those that would make room for them,
 * too: their debts are to stay. */
static void owe_before(struct standby *standby, const struct charge *charges,
		       size_t count, uint64_t now_ms)
{
	struct window_table *windows = &standby->windows;
	struct window_entry *entry;

	if (standby->unowed == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		entry = window_table_find(windows, &charges[i]);
		if (entry != NULL)
			owe_entry(standby, entry, now_ms);
	}
	entry = windows->entries;
	for (size_t i = 0; i < count && entry != NULL; i++) {
		if (window_table_count(windows) + count > windows->max_windows)
			owe_entry(standby, entry, now_ms);
		entry = entry->hh.next;
	}
}

/* A few more of them, until there is a delivery's worth. */
static void owe_some(struct standby *standby)
{
	struct window_table *windows = &standby->windows;

	pthread_mutex_lock(&standby->lock);
	for (int i = 0;
	     i < OWE_AT_ONCE && standby->unowed != 0 &&
	     window_table_count(&standby->debts) < STANDBY_DEBTS_AT_ONCE;
	     i++)
		owe_entry(standby, window_table_turn(windows),
			  standby->latest_ms);
	pthread_mutex_unlock(&standby->lock);
}

/* Under both locks. */
static void distrust(struct standby *standby, uint64_t since_ms, bool is_sure)
{
	if (standby->unowed == 0 || since_ms < standby->lost_ms)
		standby->lost_ms = since_ms;
	standby->is_sure = is_sure ||
			   (standby->unowed != 0 && standby->is_sure);
	standby->windows.mark++;
	standby->unowed = window_table_count(&standby->windows);
	if (standby->unowed != 0)
		atomic_store(&standby->is_counting, true);
}

void standby_owe_again(struct standby *standby, uint64_t since_ms)
{
	struct window_table debts;

	pthread_rwlock_wrlock(&standby->turn);
	pthread_mutex_lock(&standby->lock);
	/* what was owed before, or is on its way, is in the windows, too */
	drop_sent(standby);
	debts = standby->debts;
	standby->debts.entries = NULL;
	distrust(standby, since_ms, true);
	pthread_mutex_unlock(&standby->lock);
	pthread_rwlock_unlock(&standby->turn);
	window_table_clear(&debts);
}

void standby_doubt(struct standby *standby, uint64_t since_ms)
{
	pthread_rwlock_wrlock(&standby->turn);
	pthread_mutex_lock(&standby->lock);
	distrust(standby, since_ms, false);
	pthread_mutex_unlock(&standby->lock);
	pthread_rwlock_unlock(&standby->turn);
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
	owe_before(standby, charges, count, now_ms);
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
		now_ms = time_for(standby, now_ms);
		owe_before(standby, charges, count, now_ms);
		*answer_r = window_table_ask(&standby->windows, &standby->debts,
					     question, charges, count, now_ms);
		pthread_mutex_unlock(&standby->lock);
	}
	pthread_rwlock_unlock(&standby->turn);
	return is_ours;
}

/* settling */

/* Under lock: so much this process alone has charged to the window. The oldest
 * bucket is left out: the store, whose buckets begin at other moments, may have
 * dropped it by now. */
static struct standby_floor floor_of(struct standby *standby,
				     const struct window_entry *debt)
{
	const struct charge charge = { .key = debt->key,
				       .key_length = debt->key_length };
	struct standby_floor floor = { 0, 0 };
	struct window_entry *entry;

	if (debt->mark != HAS_FLOOR)
		return floor;
	entry = window_table_find(&standby->windows, &charge);
	if (entry == NULL)
		return floor;
	window_move(&entry->window, &entry->shape, standby->latest_ms);
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
static void take_debts(struct standby *standby)
{
	owe_some(standby);
	pthread_mutex_lock(&standby->lock);
	while (standby->sent_count < STANDBY_DEBTS_AT_ONCE &&
	       window_table_count(&standby->debts) != 0) {
		struct window_entry *debt = window_table_pop(&standby->debts);

		standby->floors[standby->sent_count] = floor_of(standby, debt);
		standby->sent[standby->sent_count++] = debt;
	}
	pthread_mutex_unlock(&standby->lock);
}

/* At most. */
static size_t debts_left(struct standby *standby)
{
	size_t left;

	pthread_mutex_lock(&standby->lock);
	left = window_table_count(&standby->debts) + standby->unowed;
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

/* Who settles, and how. */
struct settling {
	standby_deliver *deliver;
	void *context;
	uint64_t now_ms;
};

static bool deliver_sent(struct standby *standby,
			 const struct settling *settling, bool is_awaited)
{
	struct standby_debt debts[STANDBY_DEBTS_AT_ONCE];
	struct standby_delivery delivery = { .number = standby->number,
					     .debts = debts,
					     .count = standby->sent_count,
					     .is_awaited = is_awaited };

	if (standby->sent_count == 0)
		return true;
	pthread_mutex_lock(&standby->lock);
	delivery.now_ms = time_for(standby, settling->now_ms);
	pthread_mutex_unlock(&standby->lock);
	for (size_t i = 0; i < standby->sent_count; i++) {
		struct window_entry *entry = standby->sent[i];

		window_move(&entry->window, &entry->shape, delivery.now_ms);
		debts[i] = (struct standby_debt){
			.key = entry->key,
			.key_length = entry->key_length,
			.shape = entry->shape,
			.window = &entry->window,
			.floor = standby->floors[i],
		};
	}
	if (!settling->deliver(settling->context, &delivery))
		return false;
	settle_sent(standby);
	return true;
}

/* One delivery; a delivery whose answer did not come goes alone, as it was. */
static bool settle_some(struct standby *standby,
			const struct settling *settling, bool is_awaited)
{
	if (standby->sent_count == 0)
		take_debts(standby);
	return deliver_sent(standby, settling, is_awaited);
}

/* The last of the debts, more or less, are delivered: the store counts. */
static void end_counting(struct standby *standby, size_t most_left)
{
	if (debts_left(standby) <= most_left) {
		standby->failures = 0;
		atomic_store(&standby->is_counting, false);
	}
}

/* Nobody charges here meanwhile. When more is left than fits into it, it was
 * not the last one. */
static bool settle_last(struct standby *standby,
			const struct settling *settling)
{
	bool is_delivered;

	pthread_rwlock_wrlock(&standby->turn);
	is_delivered = settle_some(standby, settling, true);
	if (is_delivered)
		end_counting(standby, 0);
	else
		standby->failures++;
	pthread_rwlock_unlock(&standby->turn);
	return is_delivered;
}

/* What is charged during the delivery stays owed for a moment. */
static bool settle_last_slowly(struct standby *standby,
			       const struct settling *settling)
{
	if (!settle_some(standby, settling, false))
		return false;
	pthread_rwlock_wrlock(&standby->turn);
	end_counting(standby, STANDBY_DEBTS_AT_ONCE);
	pthread_rwlock_unlock(&standby->turn);
	return true;
}

bool standby_settle(struct standby *standby, standby_deliver *deliver,
		    void *context, uint64_t now_ms)
{
	const struct settling settling = { deliver, context, now_ms };
	size_t deliveries = debts_left(standby) / STANDBY_DEBTS_AT_ONCE + 2;

	if (deliveries > DELIVERIES_MOST)
		deliveries = DELIVERIES_MOST;

	/* What comes meanwhile is left to the last one, or to the next time. */
	for (; standby->sent_count != 0 ||
	       (deliveries != 0 &&
		debts_left(standby) > STANDBY_DEBTS_AT_ONCE / 2);
	     deliveries -= deliveries != 0)
		if (!settle_some(standby, &settling, false))
			return false;
	if (!standby_is_counting(standby))
		return settle_some(standby, &settling, false);
	return standby->failures < FAILURES_TO_HURRY
		       ? settle_last(standby, &settling)
		       : settle_last_slowly(standby, &settling);
}

/* The prefix is "{SUBJECT}:LIMIT:", whatever the span behind it. */
static bool has_prefix(const struct window_entry *entry, const char *prefix)
{
	size_t length = strlen(prefix);

	return entry->key_length >= length &&
	       memcmp(entry->key, prefix, length) == 0;
}

static void forget_in(struct standby *standby, struct window_table *table,
		      const char *prefix)
{
	struct window_entry *entry, *next;

	for (entry = table->entries; entry != NULL; entry = next) {
		next = entry->hh.next;
		if (!has_prefix(entry, prefix))
			continue;
		if (table == &standby->windows && entry->mark != table->mark)
			standby->unowed--;
		HASH_DEL(table->entries, entry);
		free(entry);
	}
}

/* A delivery stays the one that it is, with nothing for these. */
static void forget_sent(struct standby *standby, const char *prefix)
{
	for (size_t i = 0; i < standby->sent_count; i++)
		if (has_prefix(standby->sent[i], prefix)) {
			memset(&standby->sent[i]->window, 0,
			       sizeof(standby->sent[i]->window));
			standby->floors[i].used = 0;
		}
}

void standby_forget(struct standby *standby, const char *subject,
		    const char *limit)
{
	char *prefix = alloc_format("{%s}:%s:", subject, limit);

	pthread_mutex_lock(&standby->lock);
	forget_in(standby, &standby->windows, prefix);
	forget_in(standby, &standby->debts, prefix);
	forget_sent(standby, prefix);
	pthread_mutex_unlock(&standby->lock);
	free(prefix);
}

void standby_forget_all(struct standby *standby)
{
	pthread_mutex_lock(&standby->lock);
	window_table_clear(&standby->windows);
	standby->unowed = 0;
	pthread_mutex_unlock(&standby->lock);
}

void standby_count(struct standby *standby, struct standby_totals *totals_r)
{
	pthread_mutex_lock(&standby->lock);
	*totals_r = (struct standby_totals){
		.windows = window_table_count(&standby->windows),
		.owed = window_table_count(&standby->debts) + standby->unowed +
			standby->sent_count,
		.forgotten = standby->windows.evictions,
		.debts_lost = standby->debts.evictions,
		.debts_settled = standby->settled,
	};
	pthread_mutex_unlock(&standby->lock);
}
