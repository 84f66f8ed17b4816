/* SPDX-License-Identifier: ISC */
#ifndef WEIR_APPLY_ORDERS_H
#define WEIR_APPLY_ORDERS_H

/*
 * What the orders in force change in a charge list, the same at each stage.
 * An override gives a line another max. A permit covers lines, so that they do
 * not stop the message while its budget lasts, and adds its own windows behind
 * them, which are charged when the message is accepted.
 *
 * A permit covers the lines of the limits that it names
 * - whose window is the permitted subject's own: all mail that is counted there
 *   is that of the subject. These are charged all the same, so that past the
 *   budget the limits hold at once, without another quota on top;
 * - and all others, if the whole message is the subject's. These are shared
 *   with other mail, and are not charged: no other sender pays for a permit.
 * A line that several permits cover is charged if one of them owns it.
 * Thread-safe.
 */
#include <stdint.h>

#include "charge_list.h"
#include "orders.h"

/* Which recipients the charge list is about: none yet, one, or those of a
 * message. */
struct order_scope {
	const struct message *message;
	const struct message_recipient *recipients;
	size_t recipient_count;
};

/* orders may be NULL. Once for each list, after its last charge_list_add(). */
void apply_orders(const struct orders *orders, const struct order_scope *scope,
		  uint64_t now_ms, struct charge_list *list);

/* The windows of a permit as charges of one message; keys are in the arena.
 * How many (1 or 2). */
size_t apply_orders_windows(const struct order *permit, struct arena *arena,
			    struct charge charges_r[2]);

#endif
