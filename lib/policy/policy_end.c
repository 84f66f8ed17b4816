/* SPDX-License-Identifier: ISC */

/* The end of a message: the one question that charges. */
#include <stdalign.h>

#include "assess.h"
#include "exemption.h"
#include "judge.h"

static void note_limits(const struct charge_list *list, struct verdict *verdict)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->lines[i].limit != NULL)
			verdict_note_limit(verdict, list->lines[i].limit);
}

/* Blocks come first. After one that only holds the message, the limits still
 * count it, and may refuse it. */
static void judge_end(const struct inquiry *inquiry, const bool *is_exempt,
		      struct arena *arena, struct verdict *verdict)
{
	const struct message *message = inquiry->message;
	struct charge_list list;

	for (size_t i = 0; i < message->recipient_count; i++)
		if (!is_exempt[i] && inquiry->orders != NULL)
			judge_blocks(inquiry, &message->recipients[i], verdict);
	if (verdict_refuses(verdict))
		return;
	assess_end(inquiry->settings, message, is_exempt, arena, &list);
	assess_spare_attempts(message, &list);
	inquiry_apply_orders(inquiry, message->recipients,
			     message->recipient_count, &list);
	note_limits(&list, verdict);
	judge_ceilings(inquiry, &list, verdict);
	if (verdict_refuses(verdict))
		policy_defer(inquiry->policy, &list);
	else
		judge_answer(inquiry, &list,
			     inquiry_ask(inquiry, STORE_CHARGE, &list),
			     verdict);
	charge_list_clear(&list);
}

/* Although no recipient was accepted, it was an attempt at all limits that need
 * none. */
static void defer_envelope(struct policy *policy,
			   const struct settings *settings,
			   const struct message *message)
{
	alignas(max_align_t) char memory[INQUIRY_ARENA_SIZE];
	struct arena arena;
	struct charge_list list;

	arena_init(&arena, memory, sizeof(memory));
	assess_envelope(settings, message, &arena, &list);
	policy_defer(policy, &list);
	charge_list_clear(&list);
	arena_clear(&arena);
}

void policy_end(struct policy *policy, const struct settings *settings,
		const struct message *message, uint64_t now_ms,
		struct verdict *verdict_r)
{
	struct store_patience patience;
	struct inquiry inquiry = inquiry_of(policy, settings, message, now_ms,
					    &patience);
	alignas(max_align_t) char memory[INQUIRY_ARENA_SIZE];
	struct arena arena;
	bool *is_exempt;

	arena_init(&arena, memory, sizeof(memory));
	is_exempt = arena_take(&arena, message->recipient_count);
	if (exemption_of_message(settings, message)) {
		verdict_accept(verdict_r, VERDICT_BY_EXEMPTION);
	} else if (exemption_of_recipients(settings, message, is_exempt)) {
		verdict_accept(verdict_r, VERDICT_BY_EXEMPTION);
		if (message->refused_recipients != 0)
			defer_envelope(policy, settings, message);
	} else {
		verdict_accept(verdict_r, VERDICT_BY_NOTHING);
		judge_end(&inquiry, is_exempt, &arena, verdict_r);
	}
	arena_clear(&arena);
	orders_release(&inquiry.orders);
}

void policy_abandon(struct policy *policy, const struct settings *settings,
		    const struct message *message)
{
	if (message->refused_recipients != 0 && message->recipient_count == 0 &&
	    !exemption_of_message(settings, message))
		defer_envelope(policy, settings, message);
}
