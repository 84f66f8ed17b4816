/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TOLD_H
#define WEIR_TOLD_H

/*
 * What the keepers of a site have told, in Redis, so that one of them knows
 * what another did, and that only one of them sends reminders and digests:
 *   PREFIX:{incidents}:told:UID  hash: alerts, going_on, together, and
 *                                     "act ID" of each that was told
 *   PREFIX:{incidents}:remind:UID     is there until the next reminder
 *   PREFIX:{incidents}:together, :reminded  sorted sets of numbers, by since
 *                                     when, for digests; :recurring is that of
 *                                     incident.lua, for another one
 *   PREFIX:{incidents}:sending:NAME   a keeper is about to send that digest
 * All return false when Redis did not answer or refused.
 */
#include "plan.h"

struct redis_client;

bool told_read(struct redis_client *redis, const char *prefix, const char *uid,
	       struct told *told_r);

/* This alert is on its way. The first reminder is due after remind_ms. */
bool told_write(struct redis_client *redis, const char *prefix,
		const struct call *call, uint64_t remind_ms);

/* A channel has told it: only then it counts, see ALERTS_MAX. */
bool told_count(struct redis_client *redis, const char *prefix,
		const struct call *call);

/* Several incidents that are told at once, some time after the first of them.
 */
struct told_digest {
	const char *name;
	uint64_t every_ms;
	const char *which, *how; /* "3" which "floods" how */
};

/* Opened with many others; such that are still open; recurring ones. */
extern const struct told_digest told_together, told_reminded, told_recurring;

/* It is told in that digest. now_ms is Redis's clock. */
bool told_later(struct redis_client *redis, const char *prefix, uint64_t number,
		const struct told_digest *digest, uint64_t now_ms);

/* Its opening is told with others, and its first reminder after remind_ms. */
bool told_set_together(struct redis_client *redis, const char *prefix,
		       const char *uid, uint64_t remind_ms);

/* Is it for this keeper to send the reminder now? */
bool told_claim_reminder(struct redis_client *redis, const char *prefix,
			 const char *uid, uint64_t remind_ms, bool *is_ours_r);

/* What a digest is to tell of, to be forgotten when it is told. */
struct told_claimed {
	struct incident_numbers numbers; /* freed with free() */
	uint64_t since_ms; /* names the digest, whichever keeper sends it */
};

/* Is it for this keeper to send the digest now? Else there are no numbers. */
bool told_claim_digest(struct redis_client *redis, const char *prefix,
		       const struct told_digest *digest, uint64_t now_ms,
		       struct told_claimed *claimed_r);
bool told_forget(struct redis_client *redis, const char *prefix,
		 const struct told_digest *digest,
		 const struct incident_numbers *numbers);

#endif
