/* SPDX-License-Identifier: ISC */
#include "orders_in_force.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/fleet/order_memory.h"
#include "lib/ledger/ledger.h"
#include "journal_acts.h"
#include "service.h"

struct orders_in_force {
	struct service *service;
	struct order_memory *memory; /* as they are in Redis */
	struct journal_acts *acts;
	uint64_t version;
	int64_t shift_ms; /* of the steady clock, to Redis's */
	bool has_looked;  /* for acts, since the book was read */
};

struct orders_in_force *orders_in_force_new(struct service *service,
					    const struct settings *settings,
					    const char *milter)
{
	struct orders_in_force *orders = alloc_zero(sizeof(*orders));
	const char *prefix = settings->redis.prefix;
	char *place = alloc_format("%s:%s", service->host,
				   settings->journal.directory);

	orders->service = service;
	orders->memory = order_memory_new(prefix, milter);
	orders->acts = journal_acts_new(service->journal.journal, prefix,
					place);
	free(place);
	return orders;
}

uint64_t orders_in_force_version(const struct orders_in_force *orders)
{
	return orders->version;
}

static void put_in_force(struct orders_in_force *in_force)
{
	const struct order_list *list = order_memory_list(in_force->memory);
	int64_t shift_ms = (int64_t)clock_steady_ms() - (int64_t)list->now_ms;
	struct orders *orders = orders_new();

	for (size_t i = 0; i < list->count; i++)
		orders_add(orders, &list->orders[i], shift_ms);
	policy_set_orders(in_force->service->policy, &orders);
	atomic_store(&in_force->service->orders_version, list->version);
	in_force->version = list->version;
	in_force->shift_ms = shift_ms;
	in_force->has_looked = false;
}

/* ", restored 7 orders (numbers 1, 2, 3, 4, 5 ...)" */
static void add_ids(struct text *text, const char *what,
		    const struct order_ids *ids)
{
	if (ids->count == 0)
		return;
	text_add_format(text, ", %s %zu order%s (number", what, ids->count,
			ids->count == 1 ? "" : "s");
	for (size_t i = 0; i < ids->count && i < ORDER_LOOK_SHOWN; i++)
		text_add_format(text, "%s %" PRIu64, i == 0 ? "" : ",",
				ids->ids[i]);
	text_add_string(text, ids->count > ORDER_LOOK_SHOWN ? " ...)" : ")");
}

/* Redis came back without what it knew, or with what it knew long ago. */
static void log_losses(const struct order_look *look)
{
	char buffer[400];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	add_ids(&text, "restored", &look->restored);
	add_ids(&text, "lifted again", &look->lifted);
	if (look->resets_repeated != 0)
		text_add_format(&text, ", repeated %zu reset%s",
				look->resets_repeated,
				look->resets_repeated == 1 ? "" : "s");
	if (text.length != 0)
		log_warning("Redis lost changes to orders: %s",
			    text.data + strlen(", "));
}

static void log_look(const struct order_list *list,
		     const struct order_look *look)
{
	log_losses(look);
	if (list->unreadable != 0)
		log_warning("orders: %zu cannot be read and are not in force; "
			    "another version of weir may have made them",
			    list->unreadable);
	if (!look->is_first || list->count != 0)
		log_notice("orders: %zu known, version %llu", list->count,
			   (unsigned long long)list->version);
}

bool orders_in_force_read(struct orders_in_force *orders,
			  struct redis_client *redis, bool *is_changed_r)
{
	struct order_look look;

	*is_changed_r = false;
	if (!order_memory_look(orders->memory, redis, &look))
		return false;
	*is_changed_r = look.is_changed;
	if (!look.is_changed)
		return true;
	log_look(order_memory_list(orders->memory), &look);
	for (size_t i = 0; i < look.reset_count; i++)
		ledger_forget(orders->service->ledger, look.resets[i].subject,
			      look.resets[i].limit);
	order_look_clear(&look);
	put_in_force(orders);
	return true;
}

bool orders_in_force_journal(struct orders_in_force *orders,
			     struct redis_client *redis)
{
	if (!orders->has_looked)
		orders->has_looked = journal_acts_look(orders->acts, redis);
	return orders->has_looked;
}

/* Redis's clock runs on from when the book was read. */
bool orders_in_force_journal_ends(struct orders_in_force *orders,
				  struct redis_client *redis)
{
	const struct order_list *list = order_memory_list(orders->memory);
	uint64_t now_ms = (uint64_t)((int64_t)clock_steady_ms() -
				     orders->shift_ms);

	if (orders->version == 0)
		return true;
	journal_acts_end(orders->acts, list, now_ms);
	return journal_acts_use(orders->acts, redis, list, now_ms);
}
