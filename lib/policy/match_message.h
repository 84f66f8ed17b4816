/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MATCH_MESSAGE_H
#define WEIR_MATCH_MESSAGE_H

/*
 * Does a match or an exemption look at this message? The same answer at each
 * stage. The part about the
 * recipient is asked apart, since it holds for some recipients and not for
 * others, and is not known at MAIL. Pure, thread-safe.
 */
#include <stdbool.h>

#include "lib/settings/limit.h"
#include "message.h"

/* All that is not about recipients. A fact that the message does not
 * have (no login, no client address) is in no list. */
bool match_holds(const struct match *match, const struct message *message);

/* The part about the recipient; true when there is none. */
bool match_holds_for(const struct match *match,
		     const struct message_recipient *recipient);

/* Why each of them does not hold, as part of a sentence about the message
 * ("it has no login"), static; NULL when it holds. */
const char *match_fault(const struct match *match,
			const struct message *message);
const char *match_fault_for(const struct match *match,
			    const struct message_recipient *recipient);

#endif
