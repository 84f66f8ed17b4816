/* SPDX-License-Identifier: ISC */

/* MAIL: blocks, ceilings and remembered refusals; the store is never asked. */
#include <stdalign.h>

#include "assess.h"
#include "exemption.h"
#include "judge.h"

static void ask_mail(const struct inquiry *inquiry, struct verdict *verdict)
{
	alignas(max_align_t) char memory[INQUIRY_ARENA_SIZE];
	struct arena arena;
	struct charge_list list;

	arena_init(&arena, memory, sizeof(memory));
	assess_envelope(inquiry->settings, inquiry->message, &arena, &list);
	inquiry_apply_orders(inquiry, NULL, 0, &list);
	judge_ceilings(inquiry, &list, verdict);
	if (!verdict_refuses(verdict))
		verdict_accept(verdict, VERDICT_BY_NOTHING);
	judge_cached(inquiry, &list, verdict);
	if (verdict_refuses(verdict))
		policy_defer(inquiry->policy, &list);
	charge_list_clear(&list);
	arena_clear(&arena);
}

/* A block that holds mail waits for the end of the message; so do the limits
 * while a permit for a recipient, who is not known yet, could lift them. */
static void judge_mail(const struct inquiry *inquiry, struct verdict *verdict)
{
	judge_blocks(inquiry, NULL, verdict);
	if (verdict_refuses(verdict))
		return;
	verdict_accept(verdict, VERDICT_BY_NOTHING);
	if ((!refusal_cache_is_empty(inquiry->policy->refusals) ||
	     assess_has_ceiling(inquiry->settings)) &&
	    !orders_have(inquiry->orders, ORDER_PERMIT, LIMIT_KEY_RECIPIENTS))
		ask_mail(inquiry, verdict);
}

void policy_mail(struct policy *policy, const struct settings *settings,
		 const struct message *message, uint64_t now_ms,
		 struct verdict *verdict_r)
{
	struct store_patience patience;
	struct inquiry inquiry = inquiry_of(policy, settings, message, now_ms,
					    &patience);

	verdict_accept(verdict_r, VERDICT_BY_NOTHING);
	if ((inquiry.orders != NULL ||
	     !refusal_cache_is_empty(policy->refusals) ||
	     assess_has_ceiling(settings)) &&
	    !exemption_of_message(settings, message) &&
	    !exemption_is_open(settings, message))
		judge_mail(&inquiry, verdict_r);
	orders_release(&inquiry.orders);
}
