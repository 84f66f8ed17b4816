/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HELD_H
#define WEIR_HELD_H

/*
 * Without this nobody could say which of ten thousand held messages belong to
 * the flood: Postfix before 3.10 forgets why a milter held a message.
 *
 * One record in Redis for each message that weir held, under
 * PREFIX:{held}:QUEUE-ID, as a JSON text; it lasts 60 days. Queue ids can come
 * again, so whoever looks one up compares the sender, too.
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
	size_t recipient_count;
	char *client, *login, *host; /* host: of the milter */
};

#define HELD_RECIPIENTS_MAX 50

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

#endif
