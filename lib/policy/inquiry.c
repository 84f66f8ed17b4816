/* SPDX-License-Identifier: ISC */

/* The store is asked, or the ledger instead of it; first what is deferred of
 * the same windows is charged. */
#include <stdlib.h>

#include "apply_orders.h"
#include "inquiry.h"

enum store_answer policy_ask(struct policy *policy,
			     enum settings_on_failure on_failure,
			     enum store_question question,
			     struct charge *charges, size_t count,
			     uint64_t now_ms, struct store_patience *patience)
{
	struct ledger *ledger = policy->ledger;
	enum store_answer answer;

	/* what the ledger counts, or a sender that is to try again counts
	 * later, Redis must not have counted */
	patience->keeps_late = on_failure == ON_FAILURE_ACCEPT ||
			       (on_failure == ON_FAILURE_TEMPFAIL &&
				question == STORE_ADD);
	if (ledger == NULL || on_failure != ON_FAILURE_LOCAL)
		return store_ask_within(policy->store, question, charges, count,
					now_ms, patience);
	if (ledger_is_counting(ledger) &&
	    ledger_ask(ledger, LEDGER_ALREADY, question, charges, count, now_ms,
		       &answer))
		return answer;
	answer = store_ask_within(policy->store, question, charges, count,
				  now_ms, patience);
	if (answer != STORE_UNAVAILABLE)
		ledger_note(ledger, question, charges, count, now_ms);
	else
		ledger_ask(ledger,
			   store_is_open(policy->store) ? LEDGER_MISSED
							: LEDGER_OUTAGE,
			   question, charges, count, now_ms, &answer);
	return answer;
}

struct inquiry inquiry_of(struct policy *policy,
			  const struct settings *settings,
			  const struct message *message, uint64_t now_ms,
			  struct store_patience *patience)
{
	*patience = (struct store_patience){ 0 };
	return (struct inquiry){ .policy = policy,
				 .settings = settings,
				 .orders = policy_orders(policy),
				 .message = message,
				 .now_ms = now_ms,
				 .patience = patience };
}

void inquiry_apply_orders(const struct inquiry *inquiry,
			  const struct message_recipient *recipients,
			  size_t count, struct charge_list *list)
{
	const struct order_scope scope = { inquiry->message, recipients,
					   count };

	if (inquiry->orders != NULL)
		apply_orders(inquiry->orders, &scope, inquiry->now_ms, list);
}

/* Charges the deferred attempts of the windows of this list. */
static void charge_deferred(const struct inquiry *inquiry,
			    const struct charge_list *list)
{
	struct policy *policy = inquiry->policy;
	struct charge *deferred;
	size_t count = 0;

	if (deferred_attempts_is_empty(policy->deferred))
		return;
	deferred = arena_take(list->arena, list->count * sizeof(*deferred));
	for (size_t i = 0; i < list->count; i++) {
		const struct charge *charge = &list->charges[i];

		if (!charge->attempts)
			continue;
		deferred[count] = *charge;
		deferred[count].cost = deferred_attempts_take(
			policy->deferred, charge->key, charge->key_length);
		if (deferred[count].cost != 0)
			count++;
	}
	policy_ask(policy, inquiry->settings->redis.on_failure, STORE_ADD,
		   deferred, count, inquiry->now_ms, inquiry->patience);
}

enum store_answer inquiry_ask(const struct inquiry *inquiry,
			      enum store_question question,
			      const struct charge_list *list)
{
	charge_deferred(inquiry, list);
	return policy_ask(inquiry->policy, inquiry->settings->redis.on_failure,
			  question, list->charges, list->count, inquiry->now_ms,
			  inquiry->patience);
}

void policy_defer(struct policy *policy, const struct charge_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->charges[i].attempts)
			deferred_attempts_add(policy->deferred,
					      &list->charges[i]);
}
