/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUARANTINE_H
#define WEIR_QUARANTINE_H

/*
 * Why a message was quarantined: Postfix before 3.10 forgets it, and which of
 * ten thousand held messages belong to a flood must be known.
 *
 * One record in Redis for each message that weir quarantined, under
 * PREFIX:{held}:QUEUE-ID, as a JSON text; it lasts 60 days, or until the
 * message is released or deleted. At most QUARANTINE_MAX of them, each of at
 * most about 2 KB, whatever addresses a stranger uses; of more the oldest are
 * dropped, and counted. A queue id can be given again, so a look-up compares
 * the sender, too.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/text.h"
#include "lib/watch/event.h"

#define QUARANTINE_RECIPIENTS_MAX 5
#define QUARANTINE_MAX		  200000

struct redis_client;
struct quarantine;

/* The records on their way to Redis. Never NULL; lives as long as the process.
 */
struct quarantine *quarantine_new(void);

/* For a table of sinks; the quarantine is its context. */
void quarantine_add(void *quarantine, const struct event *event);

/* For one thread: writes the oldest records, not all at once, and logs how many
 * had no room. False when Redis did not accept one, which then waits for the
 * next call. */
bool quarantine_write(struct quarantine *quarantine, struct redis_client *redis,
		      const char *prefix);

/* A value as it is recorded: one that is longer than TEXT_KEY_MAX bytes keeps
 * its head and gets its SHA-256, as in the key of a window. The text itself, or
 * the buffer. */
const char *quarantine_shorten(const char *text, char buffer[TEXT_KEY_MAX + 1]);

/*
 * Looks up count queue ids, in few round trips, in their order: records_r[i] is
 * NULL where nothing is known (also where the record cannot be read), or freed
 * with free() by the caller. The limit of a block is "block:17". False, with no
 * record, when Redis did not answer.
 */
bool quarantine_read(struct redis_client *redis, const char *prefix,
		     const char *const *queue_ids, size_t count,
		     struct event **records_r);

/* Forgets the records of these, in few round trips. False when Redis did not
 * answer. */
bool quarantine_forget(struct redis_client *redis, const char *prefix,
		       const char *const *queue_ids, size_t count);

/* How many records were dropped in the last 60 days because there were more
 * than QUARANTINE_MAX. False when Redis did not answer. */
bool quarantine_dropped(struct redis_client *redis, const char *prefix,
			uint64_t *dropped_r);

#endif
