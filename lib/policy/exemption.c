/* SPDX-License-Identifier: ISC */

/* A list of matches; the first that holds is enough. */
#include <stddef.h>

#include "exemption.h"
#include "match_message.h"

/* Does an exemption hold, of those that speak of recipients or do not? */
static bool any_holds(const struct settings *settings,
		      const struct message *message, bool has_recipient)
{
	for (size_t i = 0; i < settings->exempt_count; i++) {
		const struct match *exempt = &settings->exempt[i];

		if (match_has_recipient(exempt) == has_recipient &&
		    match_holds(exempt, message))
			return true;
	}
	return false;
}

bool exemption_of_message(const struct settings *settings,
			  const struct message *message)
{
	return any_holds(settings, message, false);
}

bool exemption_is_open(const struct settings *settings,
		       const struct message *message)
{
	return any_holds(settings, message, true);
}

bool exemption_of_recipient(const struct settings *settings,
			    const struct message *message,
			    const struct message_recipient *recipient)
{
	for (size_t i = 0; i < settings->exempt_count; i++) {
		const struct match *exempt = &settings->exempt[i];

		if (match_holds_for(exempt, recipient) &&
		    match_holds(exempt, message))
			return true;
	}
	return false;
}

bool exemption_of_recipients(const struct settings *settings,
			     const struct message *message, bool *is_exempt_r)
{
	size_t exempt = 0;

	for (size_t i = 0; i < message->recipient_count; i++) {
		is_exempt_r[i] = exemption_of_recipient(
			settings, message, &message->recipients[i]);
		exempt += is_exempt_r[i];
	}
	return exempt != 0 && exempt == message->recipient_count;
}
