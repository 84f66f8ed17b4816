/* SPDX-License-Identifier: ISC */

/*
 * Lines and charges are two arrays of one length. Keys can repeat only among
 * the recipients of one message, so that is where the index is used.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "charge_list.h"
#include "subject.h"

struct charge_list_index {
	UT_hash_handle hh;
	struct charge *charge;
};

void charge_list_init(struct charge_list *list, struct arena *arena,
		      size_t room, unsigned int ipv6_prefix, bool can_repeat)
{
	memset(list, 0, sizeof(*list));
	list->arena = arena;
	list->room = room;
	list->ipv6_prefix = ipv6_prefix;
	list->can_repeat = can_repeat;
	list->charges = arena_take(arena, room * sizeof(*list->charges));
	list->lines = arena_take(arena, room * sizeof(*list->lines));
}

void charge_list_clear(struct charge_list *list)
{
	HASH_CLEAR(hh, list->index); /* its entries are in the arena */
}

static struct charge *charge_list_find(const struct charge_list *list,
				       const char *key, size_t key_length)
{
	struct charge_list_index *entry;

	HASH_FIND(hh, list->index, key, key_length, entry);
	return entry == NULL ? NULL : entry->charge;
}

static void charge_list_remember(struct charge_list *list,
				 struct charge *charge)
{
	struct charge_list_index *entry = arena_take(list->arena,
						     sizeof(*entry));

	entry->charge = charge;
	HASH_ADD_KEYPTR(hh, list->index, charge->key, charge->key_length,
			entry);
}

static struct charge *
charge_list_append(struct charge_list *list, const struct limit *limit,
		   const struct text *subject, const struct text *key,
		   const struct message_recipient *recipient)
{
	struct charge *charge = &list->charges[list->count];
	struct charge_list_line *line = &list->lines[list->count];

	list->count++;
	line->limit = limit;
	line->recipient = recipient;
	line->subject = arena_copy(list->arena, subject->data, subject->length);
	charge->key = arena_copy(list->arena, key->data, key->length);
	charge->key_length = key->length;
	charge->shape = window_shape_of(
		limit_is_ceiling(limit) ? 1 : limit->per_ms);
	charge->max = limit->max;
	charge->attempts = limit->count == LIMIT_COUNT_ATTEMPTS;
	return charge;
}

bool charge_list_add(struct charge_list *list, const struct limit *limit,
		     const struct message *message,
		     const struct message_recipient *recipient, uint64_t cost)
{
	bool can_repeat = list->can_repeat && recipient != NULL;
	char subject_buffer[SUBJECT_SIZE], key_buffer[WINDOW_KEY_SIZE];
	struct text subject, key;
	struct charge *charge;

	text_init(&subject, subject_buffer, sizeof(subject_buffer));
	if (!subject_add(&subject, limit->key, message, recipient,
			 list->ipv6_prefix))
		return false;
	text_init(&key, key_buffer, sizeof(key_buffer));
	subject_add_window(&key, subject.data, limit);
	charge = can_repeat ? charge_list_find(list, key.data, key.length)
			    : NULL;
	if (charge == NULL) {
		charge = charge_list_append(list, limit, &subject, &key,
					    recipient);
		charge->cost = cost;
		charge->stops = limit_action_stops(
			message_action(message, limit->action));
		if (can_repeat)
			charge_list_remember(list, charge);
	} else if (limit->unit == LIMIT_RECIPIENTS) {
		charge->cost += cost;
	}
	return true;
}

/* The index would point to the old lines: it has done its work. */
void charge_list_make_room(struct charge_list *list, size_t more)
{
	size_t room = list->count + more;
	struct charge *charges = arena_take(list->arena,
					    room * sizeof(*charges));
	struct charge_list_line *lines = arena_take(list->arena,
						    room * sizeof(*lines));

	charge_list_clear(list);
	if (list->count != 0) {
		memcpy(charges, list->charges, list->count * sizeof(*charges));
		memcpy(lines, list->lines, list->count * sizeof(*lines));
	}
	list->charges = charges;
	list->lines = lines;
	list->room = room;
}

void charge_list_add_permit(struct charge_list *list,
			    const struct order *permit,
			    const struct charge *charge)
{
	list->charges[list->count] = *charge;
	list->lines[list->count] =
		(struct charge_list_line){ .permit = permit };
	list->count++;
}
