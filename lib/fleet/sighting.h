/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SIGHTING_H
#define WEIR_SIGHTING_H

/*
 * Without this whoever wants to see verdicts as they fall would have to read
 * the logs of all gateways at once.
 *
 * One verdict as it is told to those who watch: on the Redis channel
 * PREFIX:verdicts, some at a time, as a JSON object
 * {"sightings":[...],"left_out":N}. Nothing is stored.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/message.h"
#include "lib/policy/verdict.h"
#include "lib/base/json.h"

struct redis_client;

#define SIGHTING_RECIPIENTS_MAX 20

struct sighting {
	uint64_t when_ms; /* since the epoch */
	char *host;	  /* of the milter */
	char *queue_id;	  /* "" : not known yet */
	char *verdict;	  /* "reject" ... */
	char *limit;	  /* its name; "" : no limit's doing */
	uint64_t order;	  /* the number of a block, or 0 */
	char *subject;	  /* of the limit or the block */
	uint64_t used, max, per_ms;
	char *sender;	   /* identities; any bytes are escaped by JSON */
	char **recipients; /* the first SIGHTING_RECIPIENTS_MAX */
	size_t recipient_count, recipients_all;
	char *client, *login, *helo;
};

/* Of one recipient, or of all where that is NULL. The caller clears. */
void sighting_make(struct sighting *sighting_r, const struct message *message,
		   const struct message_recipient *recipient,
		   const struct verdict *verdict);
void sighting_clear(struct sighting *sighting);

json_t *sighting_json(const struct sighting *sighting);

/* False when it is no object. The caller clears. */
bool sighting_parse(const json_t *object, struct sighting *sighting_r);

/* Is the verdict about this subject, or has the message got it? */
bool sighting_has_subject(const struct sighting *sighting, const char *subject,
			  unsigned int key);

/* Tells all who watch. False when Redis did not take it. */
bool sighting_publish(struct redis_client *redis, const char *prefix,
		      const struct sighting *sightings, size_t count,
		      uint64_t left_out);

/* Does anybody watch? False when Redis did not answer. */
bool sighting_is_watched(struct redis_client *redis, const char *prefix,
			 bool *is_watched_r);

/* The channel; freed with free(). */
char *sighting_channel(const char *prefix);

#endif
