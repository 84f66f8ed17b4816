/* SPDX-License-Identifier: ISC */
/* What another milter publishes: bounded, and published again as it was read.
 */
#include <stdlib.h>

#include "lib/base/json.h"
#include "lib/watch/event.h"
#include "t/lib/fuzz.h"

static void check(const struct event *event)
{
	json_t *object = event_json(event), *published;
	struct event *copy = event_copy(event);
	struct event again;

	HOLDS(event->recipient_count <= EVENT_RECIPIENTS_MAX);
	HOLDS(event_read(object, &again));
	published = event_json(copy);
	HOLDS(json_equal(object, published));
	json_decref(published);
	published = event_json(&again);
	HOLDS(json_equal(object, published));
	json_decref(published);
	json_decref(object);
	free(copy);
	for (unsigned int key = 0; key < LIMIT_KEY_OF(DIMENSION_COUNT); key++)
		event_has_subject(event, "sender:jake@example.com", key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size, 0, NULL);
	struct event event;

	if (event_read(object, &event))
		check(&event);
	json_decref(object);
	return 0;
}
