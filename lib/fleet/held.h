/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HELD_H
#define WEIR_HELD_H

/*
 * Without this nobody could say which of ten thousand held messages belong to
 * the flood: Postfix before 3.10 forgets why a milter held a message.
 *
 * One record in Redis for each message that weir held, under
 * PREFIX:{held}:QUEUE-ID, as a JSON text; it lasts 60 days, or until the
 * message is released or deleted. At most HELD_MOST of them, each of at most
 * about 2 KB, whatever addresses a stranger uses; of more the oldest are
 * dropped, and counted. Queue ids can come again, so a look-up compares the
 * sender, too.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_client;

struct held {
	char *queue_id;
	uint64_t when_ms; /* since the epoch */
	char *limit;	  /* its name; "block:17" for an order */
	char *subject;	  /* "sender:jake@example.com" */
	uint64_t used, max, per_ms;
	char *sender;	   /* identities, as they were counted */
	char **recipients; /* the first HELD_RECIPIENTS_MAX */
	size_t recipient_count, recipients_all;
	char *client, *login, *host; /* host: of the milter */
};

#define HELD_RECIPIENTS_MAX 5
#define HELD_MOST	    200000

/* A value as it is noted: one that is longer than TEXT_KEY_MAX bytes keeps its
 * head and gets its SHA-256, as in the key of a window. Freed with free(). */
char *held_shorten(const char *text);

/* Frees what it holds, leaves {0}. */
void held_clear(struct held *held);

/* Records one message. False when Redis did not take it; the reason is
 * redis_client_error(). */
bool held_write(struct redis_client *redis, const char *prefix,
		const struct held *held);

/*
 * Looks up count queue ids, in few round trips, in their order: held_r[i] is
 * {0} where nothing is known (also where the record cannot be read). False
 * when Redis did not answer. The caller clears each.
 */
bool held_read(struct redis_client *redis, const char *prefix,
	       const char *const *queue_ids, size_t count, struct held *held_r);

/* Forgets what was noted of these, in few round trips. False when Redis did not
 * answer. */
bool held_forget(struct redis_client *redis, const char *prefix,
		 const char *const *queue_ids, size_t count);

/* How many notes had to go in the last 60 days because there were more than
 * HELD_MOST. False when Redis did not answer. */
bool held_dropped(struct redis_client *redis, const char *prefix,
		  uint64_t *dropped_r);

#endif
