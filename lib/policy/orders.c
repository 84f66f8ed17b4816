/* SPDX-License-Identifier: ISC */

/*
 * A hash table from subject to its orders, and for each kind the sets of
 * dimensions that its subjects have, those with a client once for each size of
 * network: usually one or two, so that a message is looked up once or twice,
 * however many orders there are.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "orders.h"
#include "subject_clients.h"

#define KINDS (ORDER_OVERRIDE + 1)

/* All orders of one subject, in the order in which they were added. */
struct shelf {
	UT_hash_handle hh;
	size_t *indices, count;
	char subject[];
};

/* What the subjects of some orders are made of. */
struct reach {
	unsigned int key;
	struct subject_clients clients; /* where there is one in the key */
};

struct orders {
	atomic_uint references;
	struct order *orders;
	size_t count, room;
	struct shelf *shelves;
	struct reach *reaches[KINDS]; /* each once, the narrowest first */
	size_t reach_counts[KINDS];
};

struct orders *orders_new(void)
{
	struct orders *orders = alloc_zero(sizeof(*orders));

	orders->references = 1;
	return orders;
}

struct orders *orders_acquire(struct orders *orders)
{
	if (orders != NULL)
		atomic_fetch_add(&orders->references, 1);
	return orders;
}

static void orders_free(struct orders *orders)
{
	struct shelf *shelf, *next;

	HASH_ITER(hh, orders->shelves, shelf, next) {
		HASH_DEL(orders->shelves, shelf);
		free(shelf->indices);
		free(shelf);
	}
	for (size_t i = 0; i < orders->count; i++)
		order_clear(&orders->orders[i]);
	for (int kind = 0; kind < KINDS; kind++)
		free(orders->reaches[kind]);
	free(orders->orders);
	free(orders);
}

void orders_release(struct orders **orders_r)
{
	struct orders *orders = *orders_r;

	*orders_r = NULL;
	if (orders != NULL && atomic_fetch_sub(&orders->references, 1) == 1)
		orders_free(orders);
}

/* building */

static struct shelf *orders_shelf(const struct orders *orders,
				  const char *subject)
{
	struct shelf *shelf;

	HASH_FIND_STR(orders->shelves, subject, shelf);
	return shelf;
}

static void orders_shelve(struct orders *orders, size_t index)
{
	const char *subject = orders->orders[index].subject;
	struct shelf *shelf = orders_shelf(orders, subject);

	if (shelf == NULL) {
		size_t size = strlen(subject) + 1;

		shelf = alloc_zero(sizeof(*shelf) + size);
		memcpy(shelf->subject, subject, size);
		HASH_ADD_STR(orders->shelves, subject, shelf);
	}
	shelf->indices = alloc_resize(shelf->indices, shelf->count + 1,
				      sizeof(*shelf->indices));
	shelf->indices[shelf->count++] = index;
}

static bool is_by_client(unsigned int key)
{
	return (key & LIMIT_KEY_OF(DIMENSION_CLIENT)) != 0;
}

static bool is_same_reach(const struct reach *a, const struct reach *b)
{
	return a->key == b->key && a->clients.prefix == b->clients.prefix &&
	       a->clients.is_ipv4 == b->clients.is_ipv4 &&
	       a->clients.is_network == b->clients.is_network;
}

static bool is_wider(const struct reach *a, const struct reach *b)
{
	return is_by_client(a->key) && is_by_client(b->key) &&
	       a->clients.prefix < b->clients.prefix;
}

static void orders_add_reach(struct orders *orders, const struct order *order)
{
	struct reach **reaches = &orders->reaches[order->kind];
	size_t *count = &orders->reach_counts[order->kind], at = 0;
	struct reach reach = { .key = order->key };

	if (is_by_client(order->key) &&
	    !subject_clients_read(order->subject, order->key, &reach.clients))
		return; /* no message has such a client */
	for (size_t i = 0; i < *count; i++)
		if (is_same_reach(&(*reaches)[i], &reach))
			return;
	while (at < *count && !is_wider(&(*reaches)[at], &reach))
		at++;
	*reaches = alloc_resize(*reaches, *count + 1, sizeof(reach));
	memmove(*reaches + at + 1, *reaches + at,
		(*count - at) * sizeof(reach));
	(*reaches)[at] = reach;
	++*count;
}

/* A time that would come before the clock began is at its beginning. */
static uint64_t moved(uint64_t time_ms, int64_t shift_ms)
{
	uint64_t back_ms = shift_ms < 0 ? 0 - (uint64_t)shift_ms : 0;

	if (shift_ms >= 0)
		return time_ms + (uint64_t)shift_ms;
	return time_ms > back_ms ? time_ms - back_ms : 0;
}

void orders_add(struct orders *orders, const struct order *order,
		int64_t shift_ms)
{
	struct order *copy;

	if (orders->count == orders->room) {
		orders->room = 2 * orders->room + 16;
		orders->orders = alloc_resize(orders->orders, orders->room,
					      sizeof(*orders->orders));
	}
	copy = &orders->orders[orders->count];
	order_copy(order, copy);
	if (copy->span_ms == 0 && order->until_ms > order->from_ms)
		copy->span_ms = order->until_ms - order->from_ms;
	copy->from_ms = moved(order->from_ms, shift_ms);
	copy->until_ms = moved(order->until_ms, shift_ms);
	orders_add_reach(orders, copy);
	orders_shelve(orders, orders->count++);
}

/* looking up */

size_t orders_count(const struct orders *orders)
{
	return orders == NULL ? 0 : orders->count;
}

const struct order *orders_at(const struct orders *orders, size_t index)
{
	return &orders->orders[index];
}

bool orders_have_kind(const struct orders *orders, enum order_kind kind)
{
	return orders != NULL && orders->reach_counts[kind] != 0;
}

bool orders_have(const struct orders *orders, enum order_kind kind,
		 unsigned int dimensions)
{
	for (size_t i = 0; orders != NULL && i < orders->reach_counts[kind];
	     i++)
		if ((orders->reaches[kind][i].key & dimensions) != 0)
			return true;
	return false;
}

/* The subject that orders of this reach have where the message has one. */
static const struct shelf *orders_reach(const struct orders *orders,
					const struct reach *reach,
					const char *subject)
{
	char buffer[SUBJECT_SIZE];
	struct text wide;

	if (!is_by_client(reach->key))
		return orders_shelf(orders, subject);
	text_init(&wide, buffer, sizeof(buffer));
	return subject_clients_widen(&wide, subject, reach->key,
				     &reach->clients)
		       ? orders_shelf(orders, wide.data)
		       : NULL;
}

void orders_of_message(const struct orders *orders, enum order_kind kind,
		       const struct message *message,
		       const struct message_recipient *recipient,
		       uint64_t now_ms, orders_visit *visit, void *context)
{
	char buffer[SUBJECT_SIZE];
	const struct shelf *shelf;
	struct text subject;

	for (size_t i = 0; orders != NULL && i < orders->reach_counts[kind];
	     i++) {
		const struct reach *reach = &orders->reaches[kind][i];

		if (recipient == NULL &&
		    (reach->key & LIMIT_KEY_RECIPIENTS) != 0)
			continue;
		text_init(&subject, buffer, sizeof(buffer));
		if (!subject_add(&subject, reach->key, message, recipient, 128))
			continue;
		shelf = orders_reach(orders, reach, subject.data);
		for (size_t n = 0; shelf != NULL && n < shelf->count; n++) {
			const struct order *order =
				&orders->orders[shelf->indices[n]];

			if (order->kind == kind &&
			    order_is_in_force(order, now_ms))
				visit(context, order);
		}
	}
}

static const struct order *shelf_override(const struct orders *orders,
					  const struct shelf *shelf,
					  const char *limit, uint64_t now_ms)
{
	for (size_t n = 0; shelf != NULL && n < shelf->count; n++) {
		const struct order *order = &orders->orders[shelf->indices[n]];

		if (order->kind == ORDER_OVERRIDE &&
		    order_names(order, limit) &&
		    order_is_in_force(order, now_ms))
			return order;
	}
	return NULL;
}

const struct order *orders_find_override(const struct orders *orders,
					 const char *subject, unsigned int key,
					 const char *limit, uint64_t now_ms)
{
	const struct order *found = shelf_override(
		orders, orders_shelf(orders, subject), limit, now_ms);

	if (!is_by_client(key))
		return found;
	for (size_t i = 0;
	     found == NULL && i < orders->reach_counts[ORDER_OVERRIDE]; i++) {
		const struct reach *reach = &orders->reaches[ORDER_OVERRIDE][i];

		if (reach->key == key)
			found = shelf_override(
				orders, orders_reach(orders, reach, subject),
				limit, now_ms);
	}
	return found;
}
