/* SPDX-License-Identifier: ISC */

/*
 * First which permits the message has, then which lines each of them covers;
 * a permit that covers nothing is left out, so that the numbers of the others
 * have no gap.
 */
#include <string.h>

#include "apply_orders.h"
#include "subject_clients.h"

#define MINUTE_MS 60000

/* A permit of this message. */
struct holder {
	const struct order *permit;
	size_t recipients; /* of the scope that are the permit's */
	bool is_whole;	   /* the whole message is the permit's */
};

struct holders {
	struct holder holders[STORE_PERMITS_MAX];
	size_t count;
};

/* More permits than have a number are left out: the limits then hold. */
static void hold(void *context, const struct order *permit)
{
	struct holders *holders = context;

	for (size_t i = 0; i < holders->count; i++)
		if (holders->holders[i].permit == permit) {
			holders->holders[i].recipients++;
			return;
		}
	if (holders->count < STORE_PERMITS_MAX)
		holders->holders[holders->count++] = (struct holder){ permit, 1,
								      false };
}

static bool is_by_recipient(unsigned int key)
{
	return (key & LIMIT_KEY_RECIPIENTS) != 0;
}

static void find_holders(const struct orders *orders,
			 const struct order_scope *scope, uint64_t now_ms,
			 struct holders *holders_r)
{
	holders_r->count = 0;
	if (scope->recipient_count == 0 ||
	    !orders_have(orders, ORDER_PERMIT, LIMIT_KEY_RECIPIENTS))
		orders_of_message(orders, ORDER_PERMIT, scope->message, NULL,
				  now_ms, hold, holders_r);
	else
		for (size_t i = 0; i < scope->recipient_count; i++)
			orders_of_message(orders, ORDER_PERMIT, scope->message,
					  &scope->recipients[i], now_ms, hold,
					  holders_r);
	for (size_t i = 0; i < holders_r->count; i++) {
		struct holder *holder = &holders_r->holders[i];

		holder->is_whole = !is_by_recipient(holder->permit->key) ||
				   holder->recipients == scope->recipient_count;
	}
}

/* With an address its domain is given, too. */
static unsigned int implied(unsigned int key)
{
	if ((key & LIMIT_KEY_OF(DIMENSION_SENDER)) != 0)
		key |= LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN);
	if ((key & LIMIT_KEY_OF(DIMENSION_RECIPIENT)) != 0)
		key |= LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN);
	return key;
}

/* A window of a client may be one of a network: is all of it the permit's? */
static bool has_all_clients(const struct order *permit,
			    const struct charge_list_line *line)
{
	struct subject_clients granted, counted;

	return !subject_clients_read(permit->subject, permit->key, &granted) ||
	       (subject_clients_read(line->subject, line->limit->key,
				     &counted) &&
		granted.prefix <= counted.prefix);
}

/* Is all mail that is counted in this line's window the permit's? */
static bool is_own(const struct order *permit,
		   const struct charge_list_line *line,
		   const struct order_scope *scope)
{
	if ((permit->key & ~implied(line->limit->key)) != 0 ||
	    !has_all_clients(permit, line))
		return false;
	/* else the message has the subject */
	return !is_by_recipient(permit->key) ||
	       subject_is_of(permit->subject, permit->key, scope->message,
			     line->recipient);
}

/* Have all recipients that are counted in this line the permit? At RCPT there
 * is one: it must be the same at the end, when there may be others. */
static bool is_whole_for(const struct holder *holder,
			 const struct charge_list_line *line,
			 const struct order_scope *scope)
{
	const struct order *permit = holder->permit;

	if (holder->is_whole)
		return true;
	if (line->recipient == NULL || !is_by_recipient(permit->key) ||
	    !subject_is_of(permit->subject, permit->key, scope->message,
			   line->recipient))
		return false;
	for (size_t i = 0; i < scope->recipient_count; i++)
		if (subject_is_of(line->subject, line->limit->key,
				  scope->message, &scope->recipients[i]) &&
		    !subject_is_of(permit->subject, permit->key, scope->message,
				   &scope->recipients[i]))
			return false;
	return true;
}

/* Marks what the permit covers; anything at all? */
static bool cover(const struct holder *holder, unsigned int number,
		  const struct order_scope *scope, struct charge_list *list)
{
	bool covers_any = false;

	for (size_t i = 0; i < list->count; i++) {
		struct charge *charge = &list->charges[i];
		const struct charge_list_line *line = &list->lines[i];
		bool is_its_own;

		if (charge->permit != 0 ||
		    !order_names(holder->permit, line->limit->name))
			continue;
		is_its_own = is_own(holder->permit, line, scope);
		if (!is_its_own && !is_whole_for(holder, line, scope))
			continue;
		charge->covers |= STORE_PERMIT_BIT(number);
		charge->is_own = charge->is_own || is_its_own;
		covers_any = true;
	}
	return covers_any;
}

static void window_fill(struct charge *charge, struct arena *arena,
			const struct order *permit, const char *what)
{
	char buffer[WINDOW_KEY_SIZE];
	struct text key;

	memset(charge, 0, sizeof(*charge));
	text_init(&key, buffer, sizeof(buffer));
	text_add_format(&key, "{%s}:permit:%llu%s", permit->subject,
			(unsigned long long)order_first_number(permit), what);
	charge->key = arena_copy(arena, key.data, key.length);
	charge->key_length = key.length;
	charge->cost = 1;
}

/* As long as the permit: nothing leaves the window while the permit lasts. */
static uint64_t budget_span(const struct order *permit)
{
	if (permit->span_ms != 0)
		return permit->span_ms;
	return permit->until_ms > permit->from_ms
		       ? permit->until_ms - permit->from_ms
		       : 1;
}

size_t apply_orders_windows(const struct order *permit, struct arena *arena,
			    struct charge charges_r[2])
{
	window_fill(&charges_r[0], arena, permit, "");
	charges_r[0].shape = window_shape_of(budget_span(permit));
	charges_r[0].max = permit->messages;
	if (permit->per_minute == 0)
		return 1;
	window_fill(&charges_r[1], arena, permit, ":pace");
	charges_r[1].shape = window_shape_of(MINUTE_MS);
	charges_r[1].max = permit->per_minute;
	return 2;
}

static void add_windows(const struct order *permit, unsigned int number,
			struct charge_list *list)
{
	struct charge charges[2];
	size_t count = apply_orders_windows(permit, list->arena, charges);

	for (size_t i = 0; i < count; i++) {
		charges[i].permit = number;
		charge_list_add_permit(list, permit, &charges[i]);
	}
}

static void apply_permits(const struct orders *orders,
			  const struct order_scope *scope, uint64_t now_ms,
			  struct charge_list *list)
{
	struct holders holders;
	unsigned int number = 0;

	find_holders(orders, scope, now_ms, &holders);
	if (holders.count == 0)
		return;
	charge_list_make_room(list, 2 * holders.count);
	for (size_t i = 0; i < holders.count; i++)
		if (cover(&holders.holders[i], number + 1, scope, list))
			add_windows(holders.holders[i].permit, ++number, list);
}

static void apply_overrides(const struct orders *orders, uint64_t now_ms,
			    struct charge_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct order *override = orders_find_override(
			orders, list->lines[i].subject,
			list->lines[i].limit->key, list->lines[i].limit->name,
			now_ms);

		if (override != NULL)
			list->charges[i].max = override->max;
	}
}

void apply_orders(const struct orders *orders, const struct order_scope *scope,
		  uint64_t now_ms, struct charge_list *list)
{
	if (orders_have_kind(orders, ORDER_OVERRIDE))
		apply_overrides(orders, now_ms, list);
	if (orders_have_kind(orders, ORDER_PERMIT))
		apply_permits(orders, scope, now_ms, list);
}
