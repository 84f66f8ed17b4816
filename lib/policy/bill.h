/* SPDX-License-Identifier: ISC */
#ifndef WEIR_BILL_H
#define WEIR_BILL_H

/*
 * Without this a mailbox that is named twice in a message would be two
 * mailboxes, and a question would be put together in five places.
 *
 * All that one message would be charged: a charge for each window, each
 * window once, and beside it the limit and the subject that it stands for.
 * One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/settings/limit.h"
#include "lib/store/store.h"
#include "message.h"

struct order;

struct bill_line {
	const struct limit *limit;  /* NULL: a permit's own window */
	const struct order *permit; /* then this is the permit */
	const char *subject;	    /* in the arena; NULL for a permit */
	/* The first that it is about, where the key has a recipient in it. */
	const struct message_recipient *recipient;
	/* It looks at some recipients of the message and not at others. */
	bool is_partial;
};

struct bill {
	struct arena *arena;	 /* the caller's */
	struct charge *charges;	 /* count of them; keys in the arena */
	struct bill_line *lines; /* beside the charges */
	size_t count, room;
	unsigned int ipv6_prefix; /* of clients, as in the settings */
	bool can_repeat;	  /* two lines may be about one window */
	struct bill_index *index; /* by key; only where they can repeat */
};

/* room: the most lines that there can be. */
void bill_init(struct bill *bill, struct arena *arena, size_t room,
	       unsigned int ipv6_prefix, bool can_repeat);

/* Frees the index; the rest goes with the arena. */
void bill_clear(struct bill *bill);

/*
 * Adds what limit would charge message, for one recipient where its key has
 * a recipient in it (else recipient is NULL). A window that is there already
 * gets the recipients added, and messages and bytes once. False when the
 * message has no such subject.
 */
bool bill_add(struct bill *bill, const struct limit *limit,
	      const struct message *message,
	      const struct message_recipient *recipient, uint64_t cost);

/* Makes room for so many more lines, behind the last bill_add(). */
void bill_make_room(struct bill *bill, size_t more);

/* A window that is no limit's, see order_bill.h. Copies the charge. */
void bill_add_permit(struct bill *bill, const struct order *permit,
		     const struct charge *charge);

#endif
