/* SPDX-License-Identifier: ISC */
#include "incident_about.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/network.h"
#include "lib/base/text.h"

/* The heaviest of a dimension comes first. */
const char *incident_half(const struct incident_detail *detail,
			  enum flood_dimension dimension)
{
	const struct incident_who *top = NULL;
	uint64_t all = 0;

	for (size_t i = 0; i < detail->who_count; i++) {
		const struct incident_who *who = &detail->who[i];

		if (who->dimension != dimension)
			continue;
		if (top == NULL)
			top = who;
		all += who->messages;
	}
	return top != NULL && top->messages >= all - top->messages ? top->value
								   : NULL;
}

size_t incident_subjects(const struct incident_detail *detail,
			 char **subjects_r)
{
	size_t count = 0;

	for (size_t i = 0; i < detail->window_count; i++) {
		char *subject = detail->windows[i].subject;

		if (subject[0] != '\0' && /* that of a block */
		    !text_is_among(subjects_r, count, subject))
			subjects_r[count++] = subject;
	}
	return count;
}

bool incident_has_subject(const struct incident_detail *detail,
			  const char *subject)
{
	if (subject[0] == '\0')
		return false;
	for (size_t i = 0; i < detail->window_count; i++)
		if (strcmp(detail->windows[i].subject, subject) == 0)
			return true;
	return text_is_among(detail->marks, detail->mark_count, subject) ||
	       strcmp(detail->incident.source, subject) == 0;
}

bool incident_has_order(const struct incident_detail *detail,
			const struct order *order, uint64_t now_ms)
{
	if (!order_is_in_force(order, now_ms))
		return false;
	for (size_t i = 0; i < detail->window_count; i++)
		if (detail->windows[i].order == order->id)
			return true;
	return incident_has_subject(detail, order->subject);
}

uint64_t incident_length_ms(const struct incident_detail *detail)
{
	const struct incident *incident = &detail->incident;
	uint64_t end_ms = incident->ended_ms != 0 ? incident->last_ms
						  : detail->now_ms;

	return end_ms > incident->opened_ms ? end_ms - incident->opened_ms : 0;
}

bool incident_is_shared(const struct settings *settings, const char *client)
{
	struct network_address address;
	unsigned int prefix;
	const char *reason;

	if (!network_parse_prefix(client, &address, &prefix, &reason) ||
	    network_is_loopback(&address))
		return true;
	return settings->incident.shared != NULL &&
	       network_list_contains(settings->incident.shared, &address);
}

/* NULL: it can be blocked. */
static const char *fault_of(const struct settings *settings, const char *source)
{
	static const char client[] = "client:";

	if (source[0] == '\0')
		return "has no single source: no login, client or sender has "
		       "half of its mail. Block some of those that it lists "
		       "with weirctl block SUBJECT, or lower the limit with "
		       "weirctl override";
	if (strncmp(source, client, strlen(client)) == 0)
		return incident_is_shared(settings, source + strlen(client))
			       ? "comes from a client that several senders "
				 "share. Block one of its senders or logins "
				 "with weirctl block SUBJECT"
			       : NULL;
	if (strcmp(source, "sender:") == 0 || strcmp(source, "sender:<>") == 0)
		return "comes from the null sender, as all bounces do. Stop "
		       "the mail that bounces, or block a client with weirctl "
		       "block SUBJECT";
	if (strncmp(source, "auth:", 5) == 0 ||
	    strncmp(source, "sender:", 7) == 0)
		return NULL;
	return "has a source of a kind that this weirctl does not know. Block "
	       "it with the weirctl of the version of the milters";
}

const char *incident_source(const struct settings *settings,
			    const struct incident *incident,
			    char reason_r[INCIDENT_REASON_SIZE])
{
	const char *fault = fault_of(settings, incident->source);

	if (fault == NULL)
		return incident->source;
	(void)snprintf(reason_r, INCIDENT_REASON_SIZE,
		       "incident %" PRIu64 " %s", incident->number, fault);
	return NULL;
}
