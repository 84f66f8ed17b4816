/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ASSESS_H
#define WEIR_ASSESS_H

/*
 * Which limits look at a message, and what they would charge: a charge list,
 * made anew at each stage from what is known by then. Each function starts
 * *list_r (see charge_list.h), which the caller clears; exemptions were looked
 * at before. Before the end of a message its bytes are what MAIL declared, or
 * one, and no key can repeat. Thread-safe.
 */
#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/settings/settings.h"
#include "charge_list.h"
#include "message.h"

/* Is any limit a ceiling for one message? */
bool assess_has_ceiling(const struct settings *settings);

/* The limits that need no recipient: what is known at MAIL. */
void assess_envelope(const struct settings *settings,
		     const struct message *message, struct arena *arena,
		     struct charge_list *list_r);

/* Every limit that can refuse the message with this recipient. */
void assess_stops(const struct settings *settings,
		  const struct message *message,
		  const struct message_recipient *recipient,
		  struct arena *arena, struct charge_list *list_r);

/* Of those, the ones that look at one recipient and not at another. */
void assess_peek(const struct settings *settings, const struct message *message,
		 const struct message_recipient *recipient, struct arena *arena,
		 struct charge_list *list_r);

/*
 * What counts the attempt to reach this recipient although it was refused.
 * Together with assess_envelope for a message without any recipient left,
 * each limit that counts attempts is there once.
 */
void assess_refused(const struct settings *settings,
		    const struct message *message,
		    const struct message_recipient *recipient,
		    struct arena *arena, struct charge_list *list_r);

/* The whole message, without the recipients for which is_exempt is set. */
void assess_end(const struct settings *settings, const struct message *message,
		const bool *is_exempt, struct arena *arena,
		struct charge_list *list_r);

/*
 * Before RCPT asks: counts the recipients that each window has admitted already
 * (message_note_admitted()) together with this one, and leaves out the windows
 * to which one more of them makes no difference.
 */
void assess_add_admitted(const struct message *message,
			 struct charge_list *list);

/* Before it is asked about: takes off a message that had refused
 * recipients what these have cost already (message_note_attempt()). */
void assess_spare_attempts(const struct message *message,
			   struct charge_list *list);

#endif
