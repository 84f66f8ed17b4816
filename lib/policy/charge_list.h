/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHARGE_LIST_H
#define WEIR_CHARGE_LIST_H

/*
 * All that one message would be charged: a charge for each window, each
 * window once (also if a mailbox is named twice), and beside it its limit and
 * subject. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/settings/limit.h"
#include "lib/store/store.h"
#include "message.h"

struct order;

struct charge_list_line {
	const struct limit *limit;  /* NULL: a permit's own window */
	const struct order *permit; /* then this is the permit */
	const char *subject;	    /* in the arena; NULL for a permit */
	/* The first that it is about, where the key has a recipient in it. */
	const struct message_recipient *recipient;
	/* It looks at some recipients of the message and not at others. */
	bool is_partial;
};

struct charge_list {
	struct arena *arena;		/* the caller's */
	struct charge *charges;		/* count of them; keys in the arena */
	struct charge_list_line *lines; /* beside the charges */
	size_t count, room;
	unsigned int ipv6_prefix; /* of clients, as in the settings */
	bool can_repeat;	  /* two lines may be about one window */
	struct charge_list_index
		*index; /* by key; only where they can repeat */
};

/* room: as many lines as there can be. */
void charge_list_init(struct charge_list *list, struct arena *arena,
		      size_t room, unsigned int ipv6_prefix, bool can_repeat);

/* Frees the index; the rest goes with the arena. */
void charge_list_clear(struct charge_list *list);

/*
 * Adds what limit would charge message, for one recipient where its key has
 * a recipient in it (else recipient is NULL). A window that is there already
 * gets the recipients added, and messages and bytes once. False when the
 * message has no such subject.
 */
bool charge_list_add(struct charge_list *list, const struct limit *limit,
		     const struct message *message,
		     const struct message_recipient *recipient, uint64_t cost);

/* Makes room for so many more lines, after the last charge_list_add(). */
void charge_list_make_room(struct charge_list *list, size_t more);

/* A window that is no limit's, see apply_orders.h. Copies the charge. */
void charge_list_add_permit(struct charge_list *list,
			    const struct order *permit,
			    const struct charge *charge);

#endif
