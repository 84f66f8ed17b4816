/* SPDX-License-Identifier: ISC */
#ifndef WEIR_FEED_H
#define WEIR_FEED_H

/*
 * Without this each verdict would be put into words for nobody.
 *
 * The verdicts on their way to those who watch (see sighting.h). While nobody
 * does, a callback reads one flag and no more. Bounded: what does not fit is
 * counted, and those who watch are told how much it was.
 */
#include <stdbool.h>

#include "lib/fleet/sighting.h"

struct feed;
struct redis_client;

/* host: of this milter; copied. Never NULL. */
struct feed *feed_new(const char *host);

/* For callbacks: thread-safe, never wait. add makes a sighting of it. */
bool feed_is_watched(const struct feed *feed);
void feed_add(struct feed *feed, const char *queue_id,
	      const struct message *message,
	      const struct message_recipient *recipient,
	      const struct verdict *verdict);

/* For one thread: asks whether anybody watches; tells what there is. False
 * when Redis did not answer. */
bool feed_look(struct feed *feed, struct redis_client *redis,
	       const char *prefix);
bool feed_tell(struct feed *feed, struct redis_client *redis,
	       const char *prefix);

#endif
