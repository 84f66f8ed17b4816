/* SPDX-License-Identifier: ISC */

/* The milters have chosen the source; whether a client is shared is looked up
 * again, in the settings as they are now. */
#include "incident_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/network.h"

static bool is_shared(const struct settings *settings, const char *client)
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
		return is_shared(settings, source + strlen(client))
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
