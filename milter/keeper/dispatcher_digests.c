/* SPDX-License-Identifier: ISC */

/* What is told of several incidents at once, and that one is still open. */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/fleet/incident.h"
#include "dispatcher_parts.h"
#include "thresholds.h"
#include "told.h"

static void digest_clear(struct incident_detail *details, size_t count,
			 struct incident *floods)
{
	for (size_t i = 0; i < count; i++)
		incident_detail_clear(&details[i]);
	free(details);
	free(floods);
}

static void give_digest(struct dispatcher *dispatcher,
			const struct told_digest *digest,
			struct told_claimed *claimed)
{
	const struct incident_numbers *numbers = &claimed->numbers;
	struct incident_detail *details = alloc_array(numbers->count,
						      sizeof(*details));
	struct incident *floods = alloc_array(numbers->count, sizeof(*floods));
	char *uid = alloc_format("%s-%" PRIu64, digest->name,
				 claimed->since_ms);
	struct alert alert = dispatcher_begin_alert(dispatcher, ALERT_DIGEST,
						    uid);
	struct flight flight = { .token = flights_begin(dispatcher->flights),
				 .digest = digest,
				 .numbers = *numbers };
	char *text;

	for (size_t i = 0; i < numbers->count; i++) {
		incident_read(dispatcher->redis, dispatcher->prefix,
			      numbers->numbers[i], &details[i]);
		if (details[i].incident.number == 0)
			continue;
		if (details[i].incident.level > alert.level)
			alert.level = details[i].incident.level;
		floods[alert.flood_count++] = details[i].incident;
	}
	text = alloc_format("%zu %sflood%s%s", alert.flood_count, digest->which,
			    alert.flood_count == 1 ? "" : "s", digest->how);
	alert.floods = floods;
	alert.text = text;
	if (alert.flood_count == 0 ||
	    channels_give(dispatcher->channels, NULL, &alert, flight.token) ==
		    0) {
		told_forget(dispatcher->redis, dispatcher->prefix, digest,
			    numbers);
		free(numbers->numbers);
	} else {
		flights_add(dispatcher->flights, &flight);
	}
	free(text);
	free(uid);
	digest_clear(details, numbers->count, floods);
}

static bool do_digest(struct dispatcher *dispatcher,
		      const struct told_digest *digest)
{
	struct told_claimed claimed;
	bool is_good = told_claim_digest(
		dispatcher->redis, dispatcher->prefix, digest,
		dispatcher_redis_now_ms(dispatcher), &claimed);

	if (claimed.numbers.count != 0)
		give_digest(dispatcher, digest, &claimed);
	else
		free(claimed.numbers.numbers);
	return is_good;
}

bool dispatcher_do_digests(struct dispatcher *dispatcher)
{
	return do_digest(dispatcher, &told_together) &&
	       do_digest(dispatcher, &told_reminded) &&
	       do_digest(dispatcher, &told_recurring);
}

static void give_reminder(struct dispatcher *dispatcher, uint64_t number,
			  const char *uid)
{
	struct call call = { .uid = alloc_text(uid),
			     .number = number,
			     .act = ALERT_REMINDER,
			     .text = alloc_text("") };
	struct briefing briefing;

	if (briefing_begin(dispatcher->redis, dispatcher->prefix, number, uid,
			   &briefing) &&
	    briefing.detail.incident.number != 0)
		dispatcher_give_incident(dispatcher, &call, &briefing);
	briefing_clear(&briefing);
	call_clear(&call);
}

static bool remind_of(struct dispatcher *dispatcher,
		      const struct incident *incident)
{
	struct told told;
	bool is_ours;

	if (!told_read(dispatcher->redis, dispatcher->prefix, incident->uid,
		       &told))
		return false;
	if (!plan_reminds(&told, incident))
		return true;
	if (!told_claim_reminder(dispatcher->redis, dispatcher->prefix,
				 incident->uid,
				 dispatcher->now->keeper.remind_ms, &is_ours))
		return false;
	if (is_ours && told.is_together)
		return told_later(dispatcher->redis, dispatcher->prefix,
				  incident->number, &told_reminded,
				  dispatcher_redis_now_ms(dispatcher));
	if (is_ours)
		give_reminder(dispatcher, incident->number, incident->uid);
	return true;
}

bool dispatcher_do_reminders(struct dispatcher *dispatcher)
{
	uint64_t now_ms = clock_steady_ms(),
		 every_ms = dispatcher->now->keeper.remind_ms / 2;
	struct incident_list list;
	bool is_good;

	if (every_ms > REMINDER_LOOK_MS)
		every_ms = REMINDER_LOOK_MS;
	if (now_ms - dispatcher->reminded_ms < every_ms)
		return true;
	dispatcher->reminded_ms = now_ms;
	is_good = incident_list_read(dispatcher->redis, dispatcher->prefix,
				     UINT64_MAX, &list);
	for (size_t i = 0; is_good && i < list.count; i++)
		if (list.incidents[i].state == INCIDENT_OPEN)
			is_good = remind_of(dispatcher, &list.incidents[i]);
	incident_list_clear(&list);
	return is_good;
}
