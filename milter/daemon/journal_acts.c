/* SPDX-License-Identifier: ISC */

/* Reads on behind the last entry that is in the journal. */
#include "journal_acts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_list.h"
#include "lib/base/json.h"
#include "lib/fleet/order_book.h"
#include "lib/fleet/order_json.h"
#include "lib/redis/redis_client.h"
#include "lib/watch/journal.h"
#include "milter/common/order_text.h"

#define ACTS_AT_ONCE 1000

struct journal_acts {
	struct journal *journal;
	char *prefix, *place;
	struct order_act_id last;
	bool has_begun;
	uint64_t ended_ms; /* orders that ended until then are recorded */
	struct hash_list used_up; /* numbers of permits that are recorded */
};

struct journal_acts *journal_acts_new(struct journal *journal,
				      const char *prefix, const char *place)
{
	struct journal_acts *acts;

	if (journal == NULL)
		return NULL;
	acts = alloc_zero(sizeof(*acts));
	acts->journal = journal;
	acts->prefix = alloc_text(prefix);
	acts->place = alloc_text(place);
	return acts;
}

static bool is_later(const struct order_act_id *a, const struct order_act_id *b)
{
	return a->when_ms != b->when_ms ? a->when_ms > b->when_ms
					: a->sequence > b->sequence;
}

/* A journal that is new has none of the log yet, and begins at its start. */
static bool find_last(struct journal_acts *acts, struct redis_client *redis)
{
	struct redis_value *value = redis_client_command(
		redis, "HGET %s:{journal}:acts %s", acts->prefix, acts->place);

	if (value != NULL) {
		(void)sscanf(redis_value_text(value, NULL),
			     "%" SCNu64 "-%" SCNu64, &acts->last.when_ms,
			     &acts->last.sequence);
		acts->has_begun = true;
	}
	return redis_value_drop(value);
}

static void add(struct journal_acts *acts, const struct order_act *act)
{
	enum journal_kind kind = order_act_is_of_queue(act->act)
					 ? JOURNAL_QUEUE
					 : JOURNAL_ORDER;
	json_t *members = document_make(
		"act:s at:m id:o by:s reason:s account:s subject:s", act->act,
		act->when_ms,
		document_format("%" PRIu64 "-%" PRIu64, act->when_ms,
				act->sequence),
		act->order.by, act->order.reason, act->account,
		act->order.subject);

	if (kind == JOURNAL_ORDER) {
		document_put_number(members, "number", act->order.id);
		json_object_set_new(members, "order",
				    order_json_make(&act->order));
	}
	journal_add(acts->journal, kind, JOURNAL_ACT, members);
}

static void save_last(struct journal_acts *acts, struct redis_client *redis)
{
	/* if it fails, the next process has some of them twice: their id says
	 * so */
	(void)redis_value_drop(redis_client_command(
		redis, "HSET %s:{journal}:acts %s %" PRIu64 "-%" PRIu64,
		acts->prefix, acts->place, acts->last.when_ms,
		acts->last.sequence));
}

/* More than that at once: the older ones are in the log of orders alone. */
static void add_missed(struct journal_acts *acts)
{
	journal_add(acts->journal, JOURNAL_ORDER, JOURNAL_ACT,
		    document_make("act:s", "missed"));
}

bool journal_acts_look(struct journal_acts *acts, struct redis_client *redis)
{
	struct order_act *found;
	size_t count;

	if (acts == NULL)
		return true;
	if (!acts->has_begun && !find_last(acts, redis))
		return false;
	if (!order_book_log_after(redis, acts->prefix, &acts->last,
				  ACTS_AT_ONCE, &found, &count))
		return false;
	if (count == ACTS_AT_ONCE)
		add_missed(acts);
	for (size_t i = 0; i < count; i++) {
		const struct order_act_id id = { found[i].when_ms,
						 found[i].sequence };

		if (is_later(&id, &acts->last)) {
			add(acts, &found[i]);
			acts->last = id;
		}
		order_act_clear(&found[i]);
	}
	free(found);
	if (count != 0)
		save_last(acts, redis);
	return true;
}

static void add_end(struct journal_acts *acts, const char *act,
		    uint64_t when_ms, const struct order *order)
{
	journal_add(acts->journal, JOURNAL_ORDER, JOURNAL_ACT,
		    document_make("act:s at:m subject:s number:n order:o", act,
				  when_ms, order->subject, order->id,
				  order_json_make(order)));
}

void journal_acts_end(struct journal_acts *acts, const struct order_list *list,
		      uint64_t now_ms)
{
	if (acts == NULL)
		return;
	for (size_t i = 0; acts->ended_ms != 0 && i < list->count; i++)
		if (list->orders[i].until_ms > acts->ended_ms &&
		    list->orders[i].until_ms <= now_ms)
			add_end(acts, "expired", list->orders[i].until_ms,
				&list->orders[i]);
	if (now_ms > acts->ended_ms)
		acts->ended_ms = now_ms;
}

bool journal_acts_use(struct journal_acts *acts, struct redis_client *redis,
		      const struct order_list *list, uint64_t now_ms)
{
	for (size_t i = 0; acts != NULL && i < list->count; i++) {
		const struct order *order = &list->orders[i];
		uint64_t used;

		if (order->kind != ORDER_PERMIT || now_ms < order->from_ms ||
		    now_ms >= order->until_ms ||
		    hash_list_has(&acts->used_up, order->id))
			continue;
		if (!order_text_used(redis, acts->prefix, now_ms, order, &used))
			return false;
		if (used < order->messages)
			continue;
		add_end(acts, "used-up", now_ms, order);
		hash_list_add(&acts->used_up, order->id);
	}
	return true;
}
