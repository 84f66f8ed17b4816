/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WATCH_CHANNEL_H
#define WEIR_WATCH_CHANNEL_H

/*
 * Verdicts as they fall, for `weirctl watch`: on the Redis channel
 * PREFIX:verdicts, some at a time, as a JSON object
 * {"sightings":[...],"left_out":N}. Nothing is stored, and while there is no
 * listener a callback reads one flag and no more. Bounded: what does not fit is
 * counted, and the listeners see how much it was.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/watch/event.h"

struct redis_client;
struct watch_channel;

/* Never NULL; lives as long as the process. */
struct watch_channel *watch_channel_new(void);

/* For a table of sinks; the channel is its context. */
void watch_channel_add(void *channel, const struct event *event);

/* For one thread: looks whether there is a listener; publishes what there is.
 * False when Redis did not answer. */
bool watch_channel_look(struct watch_channel *channel,
			struct redis_client *redis, const char *prefix);
bool watch_channel_publish(struct watch_channel *channel,
			   struct redis_client *redis, const char *prefix);

/* Events since the start that listeners have not seen. Thread-safe. */
uint64_t watch_channel_left_out(const struct watch_channel *channel);

#endif
