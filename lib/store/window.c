/* SPDX-License-Identifier: ISC */

/*
 * The ring holds bucket b at b % slots. Which bucket a slot holds follows
 * from the head alone, so moving on only has to clear what lies between.
 */
#include <string.h>

#include "window.h"

struct window_shape window_shape_of(uint64_t per_ms)
{
	struct window_shape shape;

	shape.width_ms = (per_ms + WINDOW_BUCKETS - 1) / WINDOW_BUCKETS;
	shape.slots = (unsigned int)((per_ms + shape.width_ms - 1) /
				     shape.width_ms) +
		      1;
	return shape;
}

void window_init(struct window *window, const struct window_shape *shape,
		 uint64_t now_ms)
{
	memset(window, 0, sizeof(*window));
	window->head = now_ms / shape->width_ms;
}

static void window_drop(struct window *window, uint64_t slot)
{
	window->used -= window->buckets[slot];
	window->buckets[slot] = 0;
}

void window_move(struct window *window, const struct window_shape *shape,
		 uint64_t now_ms)
{
	uint64_t head = now_ms / shape->width_ms;
	uint64_t from, to;

	if (head == window->head)
		return;
	/* forward, the slots of the new buckets; backward, the future ones */
	if (head > window->head) {
		from = window->head + 1;
		to = head;
	} else {
		from = head + 1;
		to = window->head;
	}
	if (to - from >= shape->slots)
		from = to - shape->slots + 1;
	for (uint64_t bucket = from; bucket <= to; bucket++)
		window_drop(window, bucket % shape->slots);
	window->head = head;
}

void window_add(struct window *window, const struct window_shape *shape,
		uint64_t cost)
{
	uint64_t room = WINDOW_COUNT_MAX - window->used;
	uint64_t added = cost < room ? cost : room;

	window->buckets[window->head % shape->slots] += added;
	window->used += added;
}

bool window_has_room(const struct window *window, uint64_t cost, uint64_t max)
{
	return cost <= max && window->used <= max - cost;
}

uint64_t window_wait(const struct window *window,
		     const struct window_shape *shape, uint64_t now_ms,
		     uint64_t cost, uint64_t max)
{
	uint64_t left = window->used;
	uint64_t bucket;

	if (cost > max)
		return WINDOW_NEVER;
	if (window_has_room(window, cost, max))
		return 0;
	/* oldest first: bucket b leaves when bucket b + slots begins */
	for (unsigned int age = shape->slots; age-- > 0;) {
		if (window->head < age)
			continue;
		bucket = window->head - age;
		left -= window->buckets[bucket % shape->slots];
		if (left <= max - cost)
			return (bucket + shape->slots) * shape->width_ms -
			       now_ms;
	}
	return 0; /* not reached: an empty ring has room */
}
