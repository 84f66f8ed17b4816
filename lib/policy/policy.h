/* SPDX-License-Identifier: ISC */
#ifndef WEIR_POLICY_H
#define WEIR_POLICY_H

/*
 * What happens to a message: asked at MAIL, at each RCPT and at its end,
 * answered with a verdict. Keeps only what saves a question (see
 * refusal_cache.h, deferred_attempts.h); all counts are in the store.
 * Thread-safe: any number of messages at once, each by one thread at a time.
 * now_ms is one steady clock of the caller, in milliseconds.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/settings/settings.h"
#include "lib/ledger/ledger.h"
#include "lib/store/store.h"
#include "near_limit.h"
#include "message.h"
#include "orders.h"
#include "verdict.h"

struct policy;

/*
 * store is asked; when it is not available and on_failure is "local", the
 * ledger counts instead. Both stay the caller's; without a ledger (NULL)
 * nothing is counted then. max_windows bounds each table of the policy.
 */
struct policy *policy_new(struct store *store, struct ledger *ledger,
			  size_t max_windows);
void policy_free(struct policy **policy);

/* Which stages of SMTP these settings, and the orders in force, need to see, or
 * to answer. */
struct policy_needs {
	bool helo;	  /* some key or list has the HELO name */
	bool rcpt_answer; /* a recipient can be refused by itself */
	bool content;	  /* some limit counts bytes */
	bool data;	  /* some message is charged at DATA */
	bool headers;	  /* evidence has a use for them: the caller's word */
};

void policy_needs(struct policy *policy, const struct settings *settings,
		  struct policy_needs *needs_r);

/*
 * Is the message charged at DATA, by the settings of its listener? Not in a
 * session that the MTA simulates: that one always has an end. The caller keeps
 * the answer in message->is_charged_at_data, and calls policy_end() at DATA.
 */
bool policy_charges_at_data(const struct settings *settings,
			    const struct message *message);

/*
 * The orders in force from now on, with times on the policy's clock; takes
 * over the reference and sets *orders to NULL. Remembered refusals are
 * forgotten, so that the next message of each subject is decided anew.
 */
void policy_set_orders(struct policy *policy, struct orders **orders);

/* A reference to the orders in force; NULL when there are none. */
struct orders *policy_orders(struct policy *policy);

/*
 * The windows that were seen at half of their limit or above since the last
 * call, see near_limit.h. The caller clears each. Returns how many, at most
 * max.
 */
size_t policy_take_near_limit(struct policy *policy,
			      struct near_limit_window *windows_r, size_t max);

/* Has a window been at half of its limit or above in the last minute? Costs
 * nothing. */
bool policy_is_near(const struct policy *policy, uint64_t now_ms);

/* How many windows were, as far as there was memory for them. */
size_t policy_count_near(struct policy *policy, uint64_t now_ms);

/* At MAIL: may it go on? Never asks the store. A declared size above a ceiling
 * for one message is refused here. */
void policy_mail(struct policy *policy, const struct settings *settings,
		 const struct message *message, uint64_t now_ms,
		 struct verdict *verdict_r);

/*
 * At RCPT: may this recipient, the message's last so far, be a recipient? Asks
 * the store without charging about each limit that may look at this recipient
 * and not at another one: by its key, its match, an exemption or a permit. So a
 * recipient over a limit is refused alone. Never a discard, which would drop
 * the mail of the other recipients, too: that is left to the end, and
 * recipients with and without a discard are split: the later ones are
 * tempfailed. Notes in the message what later stages need to know.
 */
void policy_recipient(struct policy *policy, const struct settings *settings,
		      struct message *message,
		      struct message_recipient *recipient, uint64_t now_ms,
		      struct verdict *verdict_r);

/*
 * At the end of the message, or at its DATA: the one moment that counts. A
 * window of only some recipients that another message has filled since RCPT
 * does not refuse the others: the message is tempfailed, and on the retry RCPT
 * refuses only the recipients of that window.
 */
void policy_end(struct policy *policy, const struct settings *settings,
		const struct message *message, uint64_t now_ms,
		struct verdict *verdict_r);

/*
 * The message was abandoned because all its recipients were refused
 * (message->refused_recipients): it still was an attempt. Never blocks.
 */
void policy_abandon(struct policy *policy, const struct settings *settings,
		    const struct message *message);

/*
 * Once a second: charges deferred attempts, of at most 2,000 windows, and
 * forgets refusals that are over. Blocks no longer than one question: the rest
 * waits for the next call. While the store is not available, deferred attempts
 * are not counted, unless on_failure is "local".
 */
void policy_tick(struct policy *policy, enum settings_on_failure on_failure,
		 uint64_t now_ms);

#endif
