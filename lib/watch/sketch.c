/* SPDX-License-Identifier: ISC */

/* With eight counters, looking at each is as quick as any order of them. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "sketch.h"

/* Its place; sketch->used: it has none. */
static size_t find(const struct sketch *sketch, const char *value)
{
	size_t i = 0;

	while (i < sketch->used &&
	       strcmp(sketch->counters[i].value, value) != 0)
		i++;
	return i;
}

bool sketch_has(const struct sketch *sketch, const char *value)
{
	return find(sketch, value) < sketch->used;
}

/* The one to go: the lightest, the last of equals. */
static struct sketch_counter *lightest(struct sketch *sketch)
{
	struct sketch_counter *found = &sketch->counters[0];

	for (size_t i = 1; i < sketch->used; i++)
		if (sketch->counters[i].count <= found->count)
			found = &sketch->counters[i];
	return found;
}

static struct sketch_counter *make_place(struct sketch *sketch,
					 const char *value)
{
	struct sketch_counter *counter;

	if (sketch->used < SKETCH_COUNTERS) {
		counter = &sketch->counters[sketch->used++];
	} else {
		counter = lightest(sketch);
		free(counter->value);
		counter->error = counter->taken = counter->count;
	}
	counter->value = alloc_text(value);
	return counter;
}

void sketch_add(struct sketch *sketch, const char *value, uint64_t count)
{
	size_t place = find(sketch, value);
	struct sketch_counter *counter = place < sketch->used
						 ? &sketch->counters[place]
						 : make_place(sketch, value);

	counter->count += count;
	sketch->total += count;
}

const struct sketch_counter *sketch_top(const struct sketch *sketch)
{
	const struct sketch_counter *top = NULL;

	for (size_t i = 0; i < sketch->used; i++)
		if (top == NULL || sketch->counters[i].count > top->count)
			top = &sketch->counters[i];
	return top;
}

void sketch_take(struct sketch *sketch, struct sketch *taken_r)
{
	memset(taken_r, 0, sizeof(*taken_r));
	for (size_t i = 0; i < sketch->used; i++) {
		struct sketch_counter *counter = &sketch->counters[i];

		if (counter->count == counter->taken)
			continue;
		sketch_add(taken_r, counter->value,
			   counter->count - counter->taken);
		counter->taken = counter->count;
	}
}

void sketch_untake(struct sketch *sketch)
{
	for (size_t i = 0; i < sketch->used; i++)
		sketch->counters[i].taken = sketch->counters[i].error;
}

void sketch_clear(struct sketch *sketch)
{
	for (size_t i = 0; i < sketch->used; i++)
		free(sketch->counters[i].value);
	memset(sketch, 0, sizeof(*sketch));
}
