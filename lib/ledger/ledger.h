/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LEDGER_H
#define WEIR_LEDGER_H

/*
 * Without this an outage of Redis would hand each sender a fresh quota, and
 * what was let in meanwhile would never be counted.
 *
 * The books that a process keeps of its own traffic. While the store answers,
 * they are kept beside it. When it does not, this process goes on counting in
 * them, and notes what it has charged as debts. When the store is back, the
 * debts are brought home, bucket by bucket, once; only then does it count
 * again: no message is judged by a store that does not know all of them.
 *
 * Bounded: max_windows in each of the two tables, the longest unused goes
 * first and is counted. Thread-safe; deliver by one thread at a time. now_ms is
 * one steady clock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/store/store.h"

struct ledger;

/* max_windows at least 1. Never NULL. */
struct ledger *ledger_new(size_t max_windows);
void ledger_free(struct ledger **ledger);

/* Does this process count, and not the store? Costs nothing. */
bool ledger_is_counting(const struct ledger *ledger);

/*
 * The store goes away: the process counts from now on, also if nobody asks
 * meanwhile. A store that comes back is thus asked by nobody before
 * ledger_reconcile(), whose caller can look first what it has lost.
 */
void ledger_begin(struct ledger *ledger);

/* The store has answered: keeps beside it what was charged. */
void ledger_note(struct ledger *ledger, enum store_question question,
		 struct charge *charges, size_t count, uint64_t now_ms);

/* Why the process is to count by itself. */
enum ledger_reason {
	LEDGER_ALREADY, /* it does already, see ledger_is_counting() */
	LEDGER_MISSED,	/* one answer did not come; the store is there */
	LEDGER_OUTAGE	/* the store is away: the process counts from now on */
};

/*
 * Counts here. False, with nothing done, when the reason was LEDGER_ALREADY
 * and the store counts again by now: then it is to be asked.
 */
bool ledger_ask(struct ledger *ledger, enum ledger_reason reason,
		enum store_question question, struct charge *charges,
		size_t count, uint64_t now_ms, enum store_answer *answer_r);

/* debts */

/* What a window holds at least when all is known, since this process alone has
 * charged so much; what lacks belongs into this bucket. used 0: not known. */
struct ledger_floor {
	uint64_t used, bucket;
};

/* What one window is owed. */
struct ledger_unsynced {
	const char *key;
	size_t key_length;
	struct window_shape shape;
	const struct window *window; /* moved to the time of the delivery */
	struct ledger_floor floor;
};

/*
 * A delivery with the same number is the same one again, after its answer did
 * not come, with the same counts (those that have left their windows meanwhile
 * are missing).
 */
struct ledger_delivery {
	uint64_t number;
	const struct ledger_unsynced *unsynced;
	size_t count;
	uint64_t now_ms;
	bool is_awaited; /* by callers: better no answer than a late one */
};

/* Brings debts home: all of them, once. False: it is not known to have
 * arrived, and comes again. It may block. */
typedef bool ledger_deliver(void *context,
			    const struct ledger_delivery *delivery);

#define LEDGER_UNSYNCED_AT_ONCE 100

/*
 * Delivers what is owed, at most 5,000 windows in one call, then lets the store
 * count again. The last delivery
 * is made while no message is charged here: callers wait for it. A store that
 * is too slow for that (it failed twice in a row) counts again although it
 * does not know yet what was charged during the last one. False when a delivery
 * failed; the process then goes on counting.
 */
bool ledger_reconcile(struct ledger *ledger, ledger_deliver *deliver,
		      void *context, uint64_t now_ms);

/*
 * The store has come back without what was charged after since_ms, by this
 * process or at all: what this process has charged there since then is owed
 * again; of the bucket in which since_ms falls a part, in proportion, but so
 * that the store has at least what this process has charged. This
 * process counts until that is delivered. It takes no time: which windows these
 * are is found out gradually.
 */
void ledger_owe_again(struct ledger *ledger, uint64_t since_ms);

/*
 * The same when nothing shows that the store has lost anything, but nothing
 * shows that it has all that was charged after since_ms: nothing is added, but
 * its windows are to hold at least what this process has charged to them.
 */
void ledger_doubt(struct ledger *ledger, uint64_t since_ms);

/* Somebody has emptied the windows of a subject (its text) and a limit in the
 * store: here, too, and what they are owed. By the thread that delivers. */
void ledger_forget(struct ledger *ledger, const char *subject,
		   const char *limit);

/* The same for all windows, but what they are owed stays owed. */
void ledger_forget_all(struct ledger *ledger);

/* What there is and was. */
struct ledger_totals {
	size_t windows, owed;	/* held now; that have debts, or may have */
	uint64_t forgotten;	/* windows that went to make room */
	uint64_t unsynced_lost; /* debts that did */
	uint64_t unsynced_delivered; /* deliveries of one window that arrived */
};

/* Of any thread. */
void ledger_count(struct ledger *ledger, struct ledger_totals *totals_r);

#endif
