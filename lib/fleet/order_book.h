/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDER_BOOK_H
#define WEIR_ORDER_BOOK_H

/*
 * The orders that all milters share, and the log of who gave them, in Redis:
 * PREFIX:{orders}:book, a hash from number to order; :version, which every
 * change raises; :next, the last number given; :log, a stream of who did what,
 * bounded to some 100,000 entries; :lifted, what was lifted before its end;
 * :resets, windows that were emptied. Every change and its entry in the log are
 * one atomic step. What a milter remembers of the book is order_memory.h. All
 * functions return false when Redis did not answer or refused;
 * redis_client_error() says why.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/order.h"

struct redis_client;
struct redis_value;
struct redis_args;

/* Orders as they are in Redis, in the order of their numbers. */
struct order_list {
	struct order *orders;
	size_t count;
	size_t unreadable; /* left out: of another version, or damaged */
	uint64_t version;
	uint64_t last_id; /* the greatest number given so far */
	uint64_t now_ms;  /* Redis's clock, milliseconds since the epoch */
};

/* By number, for qsort(3) and bsearch(3). */
int order_list_compare(const void *a, const void *b);

void order_list_clear(struct order_list *list);

/* The version only: one small question, to see whether anything changed. */
bool order_book_version(struct redis_client *redis, const char *prefix,
			uint64_t *version_r);

/* What the book is for :book and HGETALL, in the order of numbers; adds to a
 * list that is {0}. */
void order_list_take(struct order_list *list, const struct redis_value *book);

bool order_book_read(struct redis_client *redis, const char *prefix,
		     struct order_list *list_r);

/* What one change is made of; steps are carried out together. */
enum order_verb {
	ORDER_GIVE,  /* order becomes one of the book, under a new number */
	ORDER_LIFT,  /* id is taken out, if it is there */
	ORDER_DROP,  /* the same, silently: it has ended by itself */
	ORDER_NOTE,  /* only a word in the log */
	ORDER_RESET, /* the same; that window was emptied: milters do so, too */
};

struct order_step {
	enum order_verb verb;
	const char *act;	   /* for the log: "block", "unblock" ... */
	uint64_t id;		   /* in: of lift and drop; out: of give, or 0
				      where nothing was lifted */
	const struct order *order; /* given; else who, why and about what (by,
				      reason, subject) for the log */
	const char *window;	   /* of reset: its key, without the prefix */
};

/* The log gets the account that Redis knows the caller by, where the caller may
 * ask for it. */
bool order_book_change(struct redis_client *redis, const char *prefix,
		       struct order_step *steps, size_t count);

/* Begins a call of order_book.lua for a process of that name: its arguments
 * follow. */
void order_book_call(struct redis_args *args, const char *prefix,
		     const char *name);

/* One entry of the log. */
struct order_act {
	uint64_t when_ms, sequence; /* the two together: never twice */
	char *act;
	char *account;	    /* the Redis account that did it; "": not known */
	struct order order; /* what is known of it; id 0: of no order */
};

void order_act_clear(struct order_act *act);

/* "hold", "release", "delete": about mail in a queue? */
bool order_act_is_of_queue(const char *act);

/* The newest max entries, oldest of them first; the caller clears each and
 * frees the array. */
bool order_book_log(struct redis_client *redis, const char *prefix, size_t max,
		    struct order_act **acts_r, size_t *count_r);

/* Where an entry is in the log. */
struct order_act_id {
	uint64_t when_ms, sequence;
};

/* The same for entries that came later than that one. */
bool order_book_log_after(struct redis_client *redis, const char *prefix,
			  const struct order_act_id *after, size_t max,
			  struct order_act **acts_r, size_t *count_r);

#endif
