/* SPDX-License-Identifier: ISC */

/* One order as values and words; what a permit has used is in its windows. */
#include "order_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/policy/apply_orders.h"
#include "lib/redis/redis_client.h"
#include "lib/store/window_value.h"

bool order_text_used(struct redis_client *redis, const char *prefix,
		     uint64_t now_ms, const struct order *order,
		     uint64_t *used_r)
{
	struct arena arena;
	struct charge charges[2];
	struct redis_value *value;
	struct window window;
	bool is_answered;
	char *key;

	*used_r = 0;
	if (order->kind != ORDER_PERMIT)
		return true;
	arena_init(&arena, NULL, 0);
	apply_orders_windows(order, &arena, charges);
	key = alloc_format("%s:%s", prefix, charges[0].key);
	value = redis_client_say(redis, "HGETALL", key, NULL);
	is_answered = value != NULL;
	if (!is_answered)
		*used_r = ORDER_USED_UNKNOWN;
	else if (window_value_read(value, &charges[0].shape, now_ms, &window))
		*used_r = window.used;
	redis_value_free(&value);
	free(key);
	arena_clear(&arena);
	return is_answered;
}

static uint64_t budget_left(const struct order *order, uint64_t used)
{
	return used < order->messages ? order->messages - used : 0;
}

static const char *state_of(const struct order *order, uint64_t now_ms)
{
	if (now_ms >= order->until_ms)
		return "ended";
	return now_ms < order->from_ms ? "planned" : "in_force";
}

static json_t *limits_json(const struct order *order)
{
	json_t *limits = json_array();

	for (size_t i = 0; i < order->limit_count; i++)
		json_array_append_new(limits,
				      document_string(order->limits[i]));
	return limits;
}

/* What only orders of its kind have. */
static json_t *kind_json(const struct order *order, uint64_t used)
{
	bool is_known = used != ORDER_USED_UNKNOWN;

	switch (order->kind) {
	case ORDER_BLOCK:
		return document_make("action:s",
				     limit_action_name(order->action));
	case ORDER_PERMIT:
		return document_make(
			"owner:s messages:n used:o left:o per_minute:o "
			"limits:o",
			order->owner, order->messages,
			is_known ? document_number(used) : json_null(),
			is_known ? document_number(budget_left(order, used))
				 : json_null(),
			order->per_minute == 0
				? json_null()
				: document_number(order->per_minute),
			limits_json(order));
	case ORDER_OVERRIDE:
		return document_make("limits:o max:n", limits_json(order),
				     order->max);
	}
	return json_object();
}

json_t *order_text_json(const struct order *order, uint64_t used,
			uint64_t now_ms)
{
	bool is_ever = order->until_ms == ORDER_EVER_MS;
	json_t *object = document_make(
		"number:n kind:s subject:s state:s by:s reason:s created:m "
		"from:m until:m",
		order->id, order_kind_name(order->kind), order->subject,
		state_of(order, now_ms), order->by, order->reason,
		order->created_ms, order->from_ms,
		is_ever ? 0 : order->until_ms);

	json_object_update_new(object, kind_json(order, used));
	return object;
}

static void add_limits(struct text *text, const struct order *order)
{
	for (size_t i = 0; i < order->limit_count; i++)
		text_add_format(text, "%s%s", i == 0 ? " for " : ", ",
				order->limits[i]);
}

/* So that it is seen. */
static void mark_cut(struct text *text)
{
	size_t at = text->size - sizeof("...");

	if (!text->is_cut || text->size < sizeof("..."))
		return;
	if (at > text->length)
		at = text->length;
	memcpy(text->data + at, "...", sizeof("..."));
}

void order_text_effect(const struct order *order, uint64_t used, char *buffer,
		       size_t size)
{
	struct text text;

	text_init(&text, buffer, size);
	switch (order->kind) {
	case ORDER_BLOCK:
		text_add_string(&text, limit_action_name(order->action));
		return;
	case ORDER_PERMIT:
		if (used != ORDER_USED_UNKNOWN)
			text_add_format(&text, "%" PRIu64 " of ",
					budget_left(order, used));
		text_add_format(&text, "%" PRIu64 "%s", order->messages,
				used != ORDER_USED_UNKNOWN ? " left"
							   : " messages");
		if (order->per_minute != 0)
			text_add_format(&text, ", %" PRIu64 " a minute",
					order->per_minute);
		break;
	case ORDER_OVERRIDE:
		text_add_format(&text, "max %" PRIu64, order->max);
		break;
	}
	add_limits(&text, order);
	mark_cut(&text);
}
