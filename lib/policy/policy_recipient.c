/* SPDX-License-Identifier: ISC */

/* RCPT: first remembered refusals, then a peek at the store. */
#include <stdalign.h>

#include "assess.h"
#include "exemption.h"
#include "judge.h"

/* Could another recipient change what any limit counts? */
static bool depends_on_recipient(const struct inquiry *inquiry)
{
	return exemption_is_open(inquiry->settings, inquiry->message) ||
	       orders_have(inquiry->orders, ORDER_PERMIT, LIMIT_KEY_RECIPIENTS);
}

static void assess_peek_now(const struct inquiry *inquiry, struct arena *arena,
			    struct charge_list *list_r)
{
	if (depends_on_recipient(inquiry))
		assess_stops(inquiry->settings, inquiry->message, inquiry->one,
			     arena, list_r);
	else
		assess_peek(inquiry->settings, inquiry->message, inquiry->one,
			    arena, list_r);
	assess_add_admitted(inquiry->message, list_r);
}

/* What had room without a permit is not asked about again. */
static void note_admitted(const struct inquiry *inquiry,
			  const struct charge_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct charge *charge = &list->charges[i];

		if (charge->permit == 0 && charge->covers == 0 &&
		    charge->wait_ms == 0)
			message_note_admitted(inquiry->admitting, charge->key,
					      charge->key_length);
	}
}

static void ask_recipient(const struct inquiry *inquiry, struct arena *arena,
			  struct verdict *verdict)
{
	struct charge_list list;
	bool is_shut = false;

	if (!refusal_cache_is_empty(inquiry->policy->refusals)) {
		assess_stops(inquiry->settings, inquiry->message, inquiry->one,
			     arena, &list);
		inquiry_apply_orders(inquiry, inquiry->one, 1, &list);
		is_shut = judge_cached(inquiry, &list, verdict);
		charge_list_clear(&list);
	}
	if (is_shut)
		return;
	assess_peek_now(inquiry, arena, &list);
	assess_spare_attempts(inquiry->message, &list);
	inquiry_apply_orders(inquiry, inquiry->one, 1, &list);
	judge_ceilings(inquiry, &list, verdict);
	if (!verdict_refuses(verdict)) {
		judge_answer(inquiry, &list,
			     inquiry_ask(inquiry, STORE_PEEK, &list), verdict);
		note_admitted(inquiry, &list);
	}
	charge_list_clear(&list);
}

static void judge_recipient(const struct inquiry *inquiry,
			    struct verdict *verdict)
{
	alignas(max_align_t) char memory[INQUIRY_ARENA_SIZE];
	struct arena arena;

	judge_blocks(inquiry, inquiry->one, verdict);
	if (verdict_refuses(verdict))
		return;
	arena_init(&arena, memory, sizeof(memory));
	ask_recipient(inquiry, &arena, verdict);
	arena_clear(&arena);
}

/* A message with many refused recipients is one attempt at each window, unless
 * it counts recipients. */
static void defer_recipient(const struct inquiry *inquiry,
			    struct message *message)
{
	alignas(max_align_t) char memory[INQUIRY_ARENA_SIZE];
	struct arena arena;
	struct charge_list list;

	arena_init(&arena, memory, sizeof(memory));
	assess_refused(inquiry->settings, message, inquiry->one, &arena, &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct charge *charge = &list.charges[i];

		if (list.lines[i].limit->unit == LIMIT_RECIPIENTS ||
		    message_note_attempt(message, charge->key,
					 charge->key_length))
			deferred_attempts_add(inquiry->policy->deferred,
					      charge);
	}
	charge_list_clear(&list);
	arena_clear(&arena);
}

/* Mail for a recipient before this one is to be discarded, which only works for
 * the whole message: then this one is tempfailed, and retried without that one.
 */
static void split_from_discarded(struct inquiry *inquiry,
				 const struct message_recipient *recipient,
				 struct verdict *verdict)
{
	const struct message *message = inquiry->message;

	for (size_t i = 0; i < message->recipient_count; i++) {
		inquiry->one = &message->recipients[i];
		if (inquiry->one != recipient && inquiry->one->is_discarded &&
		    !verdict_refuses(verdict))
			judge_recipient(inquiry, verdict);
	}
}

void policy_recipient(struct policy *policy, const struct settings *settings,
		      struct message *message,
		      struct message_recipient *recipient, uint64_t now_ms,
		      struct verdict *verdict_r)
{
	struct store_patience patience;
	struct inquiry inquiry = inquiry_of(policy, settings, message, now_ms,
					    &patience);
	size_t admitted = message->admitted.count;

	inquiry.one = recipient;
	inquiry.admitting = message;
	verdict_accept(verdict_r, VERDICT_BY_NOTHING);
	if (!exemption_of_message(settings, message)) {
		if (!exemption_of_recipient(settings, message, recipient))
			judge_recipient(&inquiry, verdict_r);
		if (verdict_r->kind == VERDICT_DISCARD) {
			recipient->is_discarded = true;
			verdict_accept(verdict_r, VERDICT_BY_NOTHING);
		} else if (!verdict_refuses(verdict_r)) {
			split_from_discarded(&inquiry, recipient, verdict_r);
		} else if (verdict_r->cause == VERDICT_BY_LIMIT) {
			defer_recipient(&inquiry, message);
		}
	}
	if (verdict_refuses(verdict_r))
		message->admitted.count = admitted;
	orders_release(&inquiry.orders);
}
