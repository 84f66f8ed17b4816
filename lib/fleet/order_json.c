/* SPDX-License-Identifier: ISC */

/* Members have the names of the fields. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/store/window.h"
#include "order_json.h"

/* No span between two times is too long for Redis. */
#define MOMENT_MAX ORDER_EVER_MS

json_t *order_json_make(const struct order *order)
{
	json_t *object = json_object();

	if (order->given_as != 0)
		document_put_number(object, "given_as", order->given_as);
	document_put(object,
		     "kind:s subject:s created_ms:n from_ms:n "
		     "until_ms:n by:s owner:s reason:s",
		     order_kind_name(order->kind), order->subject,
		     order->created_ms, order->from_ms, order->until_ms,
		     order->by, order->owner, order->reason);
	if (order->kind == ORDER_BLOCK)
		document_put_text(object, "action",
				  limit_action_name(order->action));
	document_put(object, "messages:n per_minute:n limits:o max:n",
		     order->messages, order->per_minute,
		     document_texts(order->limits, order->limit_count),
		     order->max);
	return object;
}

static bool find_kind(const char *name, enum order_kind *kind_r)
{
	for (int kind = ORDER_BLOCK; kind <= ORDER_OVERRIDE; kind++)
		if (strcmp(order_kind_name((enum order_kind)kind), name) == 0) {
			*kind_r = (enum order_kind)kind;
			return true;
		}
	return false;
}

static bool find_action(const char *name, enum limit_action *action_r)
{
	int found = text_find(limit_action_names, name);

	if (found >= LIMIT_QUARANTINE)
		*action_r = (enum limit_action)found;
	return found >= LIMIT_QUARANTINE;
}

/* The dimensions are before the colon, values after it; "all" has none. */
static bool find_key(const char *subject, unsigned int *key_r)
{
	size_t length = strcspn(subject, ":");
	bool has_value = subject[length] != '\0' && subject[length + 1] != '\0';
	char *name = alloc_copy(subject, length);
	bool is_found = limit_parse_key(name, key_r);

	free(name);
	return is_found && (*key_r == 0 ? subject[length] == '\0' : has_value);
}

static void take_limits(const json_t *limits, struct order *order)
{
	size_t count = json_array_size(limits);

	order->limits = alloc_array(count, sizeof(*order->limits));
	order->limit_count = count;
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(limits, i));

		order->limits[i] = alloc_text(name == NULL ? "" : name);
	}
}

static void take_members(const json_t *object, struct order *order)
{
	order->subject = alloc_text(document_get_text(object, "subject"));
	order->given_as = document_get_number(object, "given_as");
	order->created_ms = document_get_number(object, "created_ms");
	order->from_ms = document_get_number(object, "from_ms");
	order->until_ms = document_get_number(object, "until_ms");
	order->by = alloc_text(document_get_text(object, "by"));
	order->owner = alloc_text(document_get_text(object, "owner"));
	order->reason = alloc_text(document_get_text(object, "reason"));
	order->messages = document_get_number(object, "messages");
	order->per_minute = document_get_number(object, "per_minute");
	order->max = document_get_number(object, "max");
	take_limits(json_object_get(object, "limits"), order);
}

/* What becomes a window's max must be a number that Redis can count to. */
static bool is_bounded(const struct order *order)
{
	return order->created_ms <= MOMENT_MAX &&
	       order->from_ms <= MOMENT_MAX && order->until_ms <= MOMENT_MAX &&
	       order->messages <= WINDOW_COUNT_MAX &&
	       order->per_minute <= WINDOW_COUNT_MAX &&
	       order->max <= WINDOW_COUNT_MAX;
}

static bool has_sense(const struct order *order)
{
	switch (order->kind) {
	case ORDER_BLOCK:
		break;
	case ORDER_PERMIT:
		return order->messages != 0;
	case ORDER_OVERRIDE:
		return order->limit_count == 1 && order->max != 0;
	}
	return true;
}

bool order_json_parse(const char *text, size_t length, struct order *order_r)
{
	json_t *object = json_loadb(text, length, 0, NULL);
	bool is_good;

	memset(order_r, 0, sizeof(*order_r));
	is_good =
		find_kind(document_get_text(object, "kind"), &order_r->kind) &&
		find_key(document_get_text(object, "subject"), &order_r->key) &&
		(order_r->kind != ORDER_BLOCK ||
		 find_action(document_get_text(object, "action"),
			     &order_r->action));
	if (is_good) {
		take_members(object, order_r);
		is_good = has_sense(order_r) && is_bounded(order_r);
		if (!is_good)
			order_clear(order_r);
	}
	json_decref(object);
	return is_good;
}
