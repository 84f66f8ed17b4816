/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EXEMPTION_H
#define WEIR_EXEMPTION_H

/*
 * What is outside all limits. An exemption with recipients is for these
 * alone, never for the other recipients of the message. Pure, thread-safe.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"
#include "message.h"

/* Is the message exempt, whatever its recipients are? */
bool exemption_of_message(const struct settings *settings,
			  const struct message *message);

/* Could a recipient that is not known yet be exempt? */
bool exemption_is_open(const struct settings *settings,
		       const struct message *message);

bool exemption_of_recipient(const struct settings *settings,
			    const struct message *message,
			    const struct message_recipient *recipient);

/*
 * The same of each recipient, into is_exempt_r[message->recipient_count].
 * True when there are recipients and all are exempt.
 */
bool exemption_of_recipients(const struct settings *settings,
			     const struct message *message, bool *is_exempt_r);

#endif
