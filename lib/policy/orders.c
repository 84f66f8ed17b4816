/* SPDX-License-Identifier: ISC */

/*
 * A hash table from subject to its orders, and for each kind the sets of
 * dimensions that its subjects have: usually one or two, so that a message is
 * looked up once or twice, however many orders there are.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "../base/hash_table.h"
#include "orders.h"
#include "subject.h"

#define KINDS	 (ORDER_OVERRIDE + 1)
#define KEYS_ALL (1u << DIMENSION_COUNT)

/* All orders of one subject, in the order in which they were added. */
struct shelf {
	UT_hash_handle hh;
	size_t *indices, count;
	char subject[];
};

struct orders {
	atomic_uint references;
	struct order *orders;
	size_t count, room;
	struct shelf *shelves;
	unsigned int keys[KINDS][KEYS_ALL]; /* each that is there, once */
	size_t key_counts[KINDS];
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

	HASH_ITER (hh, orders->shelves, shelf, next) {
		HASH_DEL(orders->shelves, shelf);
		free(shelf->indices);
		free(shelf);
	}
	for (size_t i = 0; i < orders->count; i++)
		order_clear(&orders->orders[i]);
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

static void orders_add_key(struct orders *orders, const struct order *order)
{
	unsigned int *keys = orders->keys[order->kind];
	size_t *count = &orders->key_counts[order->kind];

	for (size_t i = 0; i < *count; i++)
		if (keys[i] == order->key)
			return;
	keys[(*count)++] = order->key;
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
	orders_add_key(orders, copy);
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
	return orders != NULL && orders->key_counts[kind] != 0;
}

bool orders_have(const struct orders *orders, enum order_kind kind,
		 unsigned int dimensions)
{
	for (size_t i = 0; orders != NULL && i < orders->key_counts[kind]; i++)
		if ((orders->keys[kind][i] & dimensions) != 0)
			return true;
	return false;
}

void orders_of_message(const struct orders *orders, enum order_kind kind,
		       const struct message *message,
		       const struct message_recipient *recipient,
		       unsigned int ipv6_prefix, uint64_t now_ms,
		       orders_visit *visit, void *context)
{
	char buffer[SUBJECT_SIZE];
	const struct shelf *shelf;
	struct text subject;

	for (size_t i = 0; orders != NULL && i < orders->key_counts[kind];
	     i++) {
		unsigned int key = orders->keys[kind][i];

		if (recipient == NULL && (key & LIMIT_KEY_RECIPIENTS) != 0)
			continue;
		text_init(&subject, buffer, sizeof(buffer));
		if (!subject_add(&subject, key, message, recipient,
				 ipv6_prefix))
			continue;
		shelf = orders_shelf(orders, subject.data);
		for (size_t n = 0; shelf != NULL && n < shelf->count; n++) {
			const struct order *order =
				&orders->orders[shelf->indices[n]];

			if (order->kind == kind &&
			    order_is_in_force(order, now_ms))
				visit(context, order);
		}
	}
}

const struct order *orders_find_override(const struct orders *orders,
					 const char *subject, const char *limit,
					 uint64_t now_ms)
{
	const struct shelf *shelf = orders_shelf(orders, subject);

	for (size_t n = 0; shelf != NULL && n < shelf->count; n++) {
		const struct order *order = &orders->orders[shelf->indices[n]];

		if (order->kind == ORDER_OVERRIDE &&
		    order_names(order, limit) &&
		    order_is_in_force(order, now_ms))
			return order;
	}
	return NULL;
}
