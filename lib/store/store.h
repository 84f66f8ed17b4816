/* SPDX-License-Identifier: ISC */
#ifndef WEIR_STORE_H
#define WEIR_STORE_H

/*
 * Without this the policy would know where the windows are kept.
 *
 * One question, asked of windows that are held in Redis (store_redis.h) or in
 * this process (store_memory.h): may this message in, and if so, charge it to
 * all its subjects at once. Both stores give the same answers; the same
 * tests run on both.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "window.h"

enum store_question {
	/*
	 * Look at all windows first. If none that stops is over, charge all
	 * (ADMITTED), else charge only those that count attempts (REFUSED).
	 */
	STORE_CHARGE,
	/* The same answer, but nothing is charged. */
	STORE_PEEK,
	/* Charge all, whatever their max: the answer is ADMITTED. */
	STORE_ADD,
	/* Take back what was charged at now_ms. For store_redis.c alone. */
	STORE_GIVE_BACK
};

enum store_answer {
	STORE_ADMITTED,
	STORE_REFUSED,
	STORE_UNAVAILABLE /* not known; nothing in the charges was filled in */
};

#define STORE_PERMITS_MAX	 32
#define STORE_PERMIT_BIT(number) (UINT32_C(1) << ((number)-1))

/* One window, and what the message would add to it. */
struct charge {
	/* The question. key is the caller's until store_ask has returned. */
	const char *key;
	size_t key_length;
	struct window_shape shape;
	uint64_t cost, max; /* at most WINDOW_COUNT_MAX */
	bool stops;	    /* over it the message is refused */
	bool attempts;	    /* charged even when the message is refused */

	/*
	 * Permits. A window with a permit number (1 to STORE_PERMITS_MAX) is
	 * no limit's: it is the budget of that permit, or its pace; a permit
	 * may have several, and is open when cost has room in all of them. A
	 * limit's window that an open permit covers does not stop the message,
	 * whatever it holds, and is charged only if it is the permitted
	 * subject's own. Of several open permits the first takes it. The
	 * windows of a permit are charged by STORE_CHARGE, when the message is
	 * admitted and the permit covered at least one window.
	 */
	unsigned int permit; /* 0: a limit's window */
	uint32_t covers;     /* set of STORE_PERMIT_BIT() */
	bool is_own;

	/* The answer. */
	uint64_t used;	  /* what the window holds now, after the charge */
	uint64_t wait_ms; /* 0: the message fits, or a permit covers it; else
			     until this cost would have room, or WINDOW_NEVER */
	uint64_t shut_ms; /* until anything at all (a cost of 1) has room */
};

struct store;

/* How long questions that belong together may wait, in all. {0} before the
 * first; then it is the store's. */
struct store_patience {
	uint64_t end_ms; /* on a clock of the store's; 0: not begun */
	/* The caller's: what is found to have been charged when the answer was
	 * UNAVAILABLE stays so, if it is all of a question. False: it is taken
	 * back. */
	bool keeps_late;
};

struct store_methods {
	enum store_answer (*ask)(struct store *store,
				 enum store_question question,
				 struct charge *charges, size_t count,
				 uint64_t now_ms);
	/* NULL: ask, which does not wait */
	enum store_answer (*ask_within)(struct store *store,
					enum store_question question,
					struct charge *charges, size_t count,
					uint64_t now_ms,
					struct store_patience *patience);
	void (*free)(struct store *store);
	/* NULL: always true */
	bool (*is_open)(const struct store *store);
};

/* The first member of every kind of store. */
struct store {
	const struct store_methods *methods;
};

/*
 * Asks about count charges, whose keys are all different. now_ms is the
 * caller's clock, in milliseconds since the epoch; Redis uses its own. With
 * count 0 the answer is ADMITTED. Thread-safe. Blocks no longer than the
 * deadline that the store was made with.
 */
enum store_answer store_ask(struct store *store, enum store_question question,
			    struct charge *charges, size_t count,
			    uint64_t now_ms);

/* The same for questions that share one deadline, which begins with the first
 * of them; when it is over, the answer is UNAVAILABLE at once. */
enum store_answer store_ask_within(struct store *store,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms,
				   struct store_patience *patience);

/* Would an answer be waited for? False: the store is known to be away, and
 * each question is answered UNAVAILABLE at once. Costs nothing. */
bool store_is_open(const struct store *store);

/* No thread may be asking any more. Sets *store to NULL. */
void store_free(struct store **store);

#endif
