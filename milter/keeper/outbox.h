/* SPDX-License-Identifier: ISC */
#ifndef WEIR_OUTBOX_H
#define WEIR_OUTBOX_H

/*
 * What became of incidents, for weir-keeper: the stream PREFIX:{incidents}:log
 * that incident.lua writes, read by the consumer group "keeper" of Redis 5.
 * Several keepers share it: each act goes to one of them, and stays its own
 * until it is done with it. What a keeper leaves that was killed, another one
 * takes after OUTBOX_IDLE_MS: an act may so be told twice, with the same uid,
 * but never not at all. One thread.
 *
 * The group begins at what happened within the last OUTBOX_LOOK_BACK_MS: the
 * first keeper of a site does not tell old floods. It stays in Redis, so later
 * ones get what happened while none was running. Where Redis was emptied it is
 * made anew.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/settings/incident_level.h"

struct outbox;
struct redis_client;

#define OUTBOX_IDLE_MS	    30000
#define OUTBOX_LOOK_BACK_MS UINT64_C(600000)
#define OUTBOX_HELD_MAX	    1000 /* acts that one keeper has in hand */

#define OUTBOX_ID_SIZE 44

struct outbox_act {
	char id[OUTBOX_ID_SIZE]; /* of the entry: "1795485849123-0" */
	uint64_t number;	 /* of the incident */
	char *uid, *act, *text;	 /* as in struct incident_act */
	enum incident_level level;
	bool is_left; /* by another keeper: it may have told it */
};

struct outbox_acts {
	struct outbox_act *list; /* oldest first */
	size_t count;
};

/* keeper: a name of this process, never used again. Lives until it ends. */
struct outbox *outbox_new(const char *prefix, const char *keeper);

/*
 * What has happened since the last call, and what other keepers have left.
 * Call it each second at least: it also says that what is in hand still is.
 * now_ms is steady. False: Redis did not answer or refused, see
 * redis_client_error(); what was taken by then is in acts_r all the same.
 */
bool outbox_take(struct outbox *outbox, struct redis_client *redis,
		 uint64_t now_ms, struct outbox_acts *acts_r);
void outbox_acts_clear(struct outbox_acts *acts);

/* This one is told, replaced or given up. Redis hears of it at the next
 * outbox_take(), or outbox_flush(). */
void outbox_done(struct outbox *outbox, const char *id);
bool outbox_flush(struct outbox *outbox, struct redis_client *redis);

#endif
