/* SPDX-License-Identifier: ISC */

/* Fields come in any order: the head first, which tells what the others are. */
#include <string.h>

#include "lib/redis/redis_client.h"
#include "window_value.h"

/* The number of a slot; false for "head", "used" and what is not ours, such
 * as a second spelling of one slot ("07"). */
static bool read_slot(const char *field, unsigned int slots,
		      unsigned int *slot_r)
{
	unsigned int slot = 0;

	if (field[0] == '\0' || strlen(field) > 2 ||
	    (field[0] == '0' && field[1] != '\0'))
		return false;
	for (; *field != '\0'; field++) {
		if (*field < '0' || *field > '9')
			return false;
		slot = 10 * slot + (unsigned int)(*field - '0');
	}
	*slot_r = slot;
	return slot < slots;
}

static bool find_head(const struct redis_value *value, uint64_t *head_r)
{
	for (size_t i = 0; i + 1 < redis_value_count(value); i += 2) {
		int64_t head;

		if (strcmp(redis_value_text_at(value, i), "head") != 0)
			continue;
		head = redis_value_integer(redis_value_at(value, i + 1));
		*head_r = head < 0 ? 0 : (uint64_t)head;
		return true;
	}
	return false;
}

bool window_value_read(const struct redis_value *value,
		       const struct window_shape *shape, uint64_t now_ms,
		       struct window *window_r)
{
	uint64_t head;

	window_init(window_r, shape, now_ms);
	if (!find_head(value, &head))
		return false;
	window_r->head = head;
	for (size_t i = 0; i + 1 < redis_value_count(value); i += 2) {
		const char *field = redis_value_text_at(value, i);
		int64_t count = redis_value_integer(
			redis_value_at(value, i + 1));
		unsigned int slot;

		/* "7" and "07" are two fields of a hash, but one bucket */
		if (!read_slot(field, shape->slots, &slot) || count <= 0 ||
		    window_r->buckets[slot] != 0 ||
		    (uint64_t)count > WINDOW_COUNT_MAX - window_r->used)
			continue;
		window_r->buckets[slot] = (uint64_t)count;
		window_r->used += (uint64_t)count;
	}
	window_move(window_r, shape, now_ms);
	return true;
}

unsigned int window_value_chart(const struct window *window,
				const struct window_shape *shape,
				uint64_t counts_r[WINDOW_SLOTS_MAX])
{
	for (unsigned int i = 0; i < shape->slots; i++) {
		unsigned int age = shape->slots - 1 - i;

		counts_r[i] = window->head < age
				      ? 0
				      : window->buckets[(window->head - age) %
							shape->slots];
	}
	return shape->slots;
}
