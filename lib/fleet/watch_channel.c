/* SPDX-License-Identifier: ISC */

/* What is handed over is JSON already: it needs no copy of the event. */
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/handover.h"
#include "lib/base/json.h"
#include "lib/redis/redis_client.h"
#include "lib/redis/redis_args.h"
#include "watch_channel.h"

#define WAITING_MAX 1000 /* events between two rounds */

struct watch_channel {
	atomic_bool has_listener;
	struct handover *events;
	uint64_t left_out; /* the publishing thread's own */
	atomic_ullong all_left_out;
};

static void drop(void *object)
{
	json_decref(object);
}

struct watch_channel *watch_channel_new(void)
{
	struct watch_channel *channel = alloc_zero(sizeof(*channel));

	channel->events = handover_new(WAITING_MAX, drop);
	return channel;
}

void watch_channel_add(void *context, const struct event *event)
{
	struct watch_channel *channel = context;

	if (atomic_load_explicit(&channel->has_listener, memory_order_relaxed))
		handover_put(channel->events, event_json(event));
}

bool watch_channel_look(struct watch_channel *channel,
			struct redis_client *redis, const char *prefix)
{
	struct redis_value *value = redis_client_command(
		redis, "PUBSUB NUMSUB %s:verdicts", prefix);
	bool has_listener = redis_value_integer(redis_value_at(value, 1)) > 0;

	if (!redis_value_drop(value))
		return false;
	atomic_store(&channel->has_listener, has_listener);
	/* the next listener has missed nothing */
	if (!has_listener) {
		handover_dropped(channel->events);
		channel->left_out = 0;
	}
	return true;
}

/* Those that wait, at most as many as there is room for. */
static json_t *take_events(struct watch_channel *channel)
{
	json_t *array = json_array(), *event;

	while (json_array_size(array) < WAITING_MAX &&
	       (event = handover_take(channel->events)) != NULL)
		json_array_append_new(array, event);
	return array;
}

static void leave_out(struct watch_channel *channel, uint64_t count)
{
	channel->left_out += count;
	atomic_fetch_add_explicit(&channel->all_left_out, count,
				  memory_order_relaxed);
}

uint64_t watch_channel_left_out(const struct watch_channel *channel)
{
	return atomic_load(&channel->all_left_out);
}

static bool publish(struct watch_channel *channel, struct redis_client *redis,
		    const char *prefix, json_t *events)
{
	struct redis_args args = { 0 };

	redis_args_add(&args, "PUBLISH");
	redis_args_take(&args, alloc_format("%s:verdicts", prefix));
	redis_args_take(&args, document_write(document_make(
				       "sightings:o left_out:n", events,
				       channel->left_out)));
	return redis_args_do(&args, redis);
}

bool watch_channel_publish(struct watch_channel *channel,
			   struct redis_client *redis, const char *prefix)
{
	json_t *events = take_events(channel);
	size_t count = json_array_size(events);
	bool is_published;

	leave_out(channel, handover_dropped(channel->events));
	if (count == 0) {
		json_decref(events);
		return true;
	}
	is_published = publish(channel, redis, prefix, events);
	if (is_published)
		channel->left_out = 0;
	else
		leave_out(channel, count); /* as far as is known */
	return is_published;
}
