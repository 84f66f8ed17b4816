/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDERS_H
#define WEIR_ORDERS_H

/*
 * All orders that this process knows, as one snapshot, so that no message
 * asks Redis for them, and an outage of Redis lifts no block: built by one
 * thread, never changed afterwards, shared by reference. Looked up by the
 * subjects that a message has. Thread-safe once built.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "order.h"

struct orders;

/* Empty, with one reference. Never NULL. */
struct orders *orders_new(void);

/* Adds a copy, its times moved by shift_ms into the clock of the policy. */
void orders_add(struct orders *orders, const struct order *order,
		int64_t shift_ms);

/* release drops one reference and sets the pointer to NULL; NULL is none. */
struct orders *orders_acquire(struct orders *orders);
void orders_release(struct orders **orders);

size_t orders_count(const struct orders *orders);
const struct order *orders_at(const struct orders *orders, size_t index);

/* Is there any of this kind, in force or not? Of a kind with one of these
 * dimensions? The subject "all" has none. */
bool orders_have_kind(const struct orders *orders, enum order_kind kind);
bool orders_have(const struct orders *orders, enum order_kind kind,
		 unsigned int dimensions);

/* Calls back for each order of a kind that is in force at now_ms and whose
 * subject the message has, or in whose network its client is; of those about
 * clients the narrowest first. recipient NULL: without those of recipients. */
typedef void orders_visit(void *context, const struct order *order);

void orders_of_message(const struct orders *orders, enum order_kind kind,
		       const struct message *message,
		       const struct message_recipient *recipient,
		       uint64_t now_ms, orders_visit *visit, void *context);

/* The override of this limit for this subject, of that key, that is in force,
 * or else that of the narrowest network in which its client is; or NULL. */
const struct order *orders_find_override(const struct orders *orders,
					 const char *subject, unsigned int key,
					 const char *limit, uint64_t now_ms);

#endif
