/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EXEMPTION_H
#define WEIR_EXEMPTION_H

/*
 * Without this an exemption for one mailbox would be a way around the limits
 * of all others.
 *
 * Who is outside all limits. An exemption that speaks of recipients frees
 * only the recipients that it holds for, never the message around them. Pure,
 * thread-safe.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"
#include "message.h"

/* Is the message exempt, whoever its recipients are? */
bool exemption_of_message(const struct settings *settings,
			  const struct message *message);

/* Could a recipient that is not known yet be exempt? */
bool exemption_is_open(const struct settings *settings,
		       const struct message *message);

bool exemption_of_recipient(const struct settings *settings,
			    const struct message *message,
			    const struct message_recipient *recipient);

/*
 * Tells it of each recipient: is_exempt_r has message->recipient_count
 * places. True when there are recipients and all are exempt.
 */
bool exemption_of_recipients(const struct settings *settings,
			     const struct message *message, bool *is_exempt_r);

#endif
