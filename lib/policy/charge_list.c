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

void charge_list_init(struct charge_list *bill, struct arena *arena,
		      size_t room, unsigned int ipv6_prefix, bool can_repeat)
{
	memset(bill, 0, sizeof(*bill));
	bill->arena = arena;
	bill->room = room;
	bill->ipv6_prefix = ipv6_prefix;
	bill->can_repeat = can_repeat;
	bill->charges = arena_take(arena, room * sizeof(*bill->charges));
	bill->lines = arena_take(arena, room * sizeof(*bill->lines));
}

void charge_list_clear(struct charge_list *bill)
{
	HASH_CLEAR(hh, bill->index); /* its entries are in the arena */
}

static struct charge *charge_list_find(const struct charge_list *bill,
				       const char *key, size_t key_length)
{
	struct charge_list_index *entry;

	HASH_FIND(hh, bill->index, key, key_length, entry);
	return entry == NULL ? NULL : entry->charge;
}

static void charge_list_remember(struct charge_list *bill,
				 struct charge *charge)
{
	struct charge_list_index *entry = arena_take(bill->arena,
						     sizeof(*entry));

	entry->charge = charge;
	HASH_ADD_KEYPTR(hh, bill->index, charge->key, charge->key_length,
			entry);
}

static struct charge *
charge_list_append(struct charge_list *bill, const struct limit *limit,
		   const struct text *subject, const struct text *key,
		   const struct message_recipient *recipient)
{
	struct charge *charge = &bill->charges[bill->count];
	struct charge_list_line *line = &bill->lines[bill->count];

	bill->count++;
	line->limit = limit;
	line->recipient = recipient;
	line->subject = arena_copy(bill->arena, subject->data, subject->length);
	charge->key = arena_copy(bill->arena, key->data, key->length);
	charge->key_length = key->length;
	charge->shape = window_shape_of(
		limit_is_ceiling(limit) ? 1 : limit->per_ms);
	charge->max = limit->max;
	charge->attempts = limit->count == LIMIT_COUNT_ATTEMPTS;
	return charge;
}

bool charge_list_add(struct charge_list *bill, const struct limit *limit,
		     const struct message *message,
		     const struct message_recipient *recipient, uint64_t cost)
{
	bool can_repeat = bill->can_repeat && recipient != NULL;
	char subject_buffer[SUBJECT_SIZE], key_buffer[WINDOW_KEY_SIZE];
	struct text subject, key;
	struct charge *charge;

	text_init(&subject, subject_buffer, sizeof(subject_buffer));
	if (!subject_add(&subject, limit->key, message, recipient,
			 bill->ipv6_prefix))
		return false;
	text_init(&key, key_buffer, sizeof(key_buffer));
	subject_add_window(&key, subject.data, limit);
	charge = can_repeat ? charge_list_find(bill, key.data, key.length)
			    : NULL;
	if (charge == NULL) {
		charge = charge_list_append(bill, limit, &subject, &key,
					    recipient);
		charge->cost = cost;
		charge->stops = limit_action_stops(
			message_action(message, limit->action));
		if (can_repeat)
			charge_list_remember(bill, charge);
	} else if (limit->unit == LIMIT_RECIPIENTS) {
		charge->cost += cost;
	}
	return true;
}

/* The index would point to the old lines: it has done its work. */
void charge_list_make_room(struct charge_list *bill, size_t more)
{
	size_t room = bill->count + more;
	struct charge *charges = arena_take(bill->arena,
					    room * sizeof(*charges));
	struct charge_list_line *lines = arena_take(bill->arena,
						    room * sizeof(*lines));

	charge_list_clear(bill);
	if (bill->count != 0) {
		memcpy(charges, bill->charges, bill->count * sizeof(*charges));
		memcpy(lines, bill->lines, bill->count * sizeof(*lines));
	}
	bill->charges = charges;
	bill->lines = lines;
	bill->room = room;
}

void charge_list_add_permit(struct charge_list *bill,
			    const struct order *permit,
			    const struct charge *charge)
{
	bill->charges[bill->count] = *charge;
	bill->lines[bill->count] =
		(struct charge_list_line){ .permit = permit };
	bill->count++;
}
