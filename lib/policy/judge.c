/* SPDX-License-Identifier: ISC */

/* Each limit that is over, and each block, makes a claim on the verdict. */
#include "judge.h"

/* Remembers the windows that have no room at all, so that the next messages
 * need not ask; not those for which only this message was too large. */
static void remember_shut(const struct inquiry *inquiry,
			  const struct charge_list *list)
{
	unsigned int cache_ms = inquiry->settings->cache_ms;

	for (size_t i = 0; i < list->count && cache_ms != 0; i++) {
		const struct charge *charge = &list->charges[i];
		struct refusal refusal = { .used = charge->used };

		if ((!charge->stops && charge->permit == 0) ||
		    charge->shut_ms == 0)
			continue;
		refusal.room_ms = inquiry->now_ms + charge->shut_ms;
		refusal.until_ms = inquiry->now_ms + (charge->shut_ms < cache_ms
							      ? charge->shut_ms
							      : cache_ms);
		refusal_cache_remember(inquiry->policy->refusals, charge->key,
				       charge->key_length, &refusal);
	}
}

/* Has the message recipients whose mail is not dropped, besides the one that is
 * asked about? */
static bool has_others(const struct inquiry *inquiry)
{
	const struct message *message = inquiry->message;

	for (size_t i = 0; i < message->recipient_count; i++)
		if (!message->recipients[i].is_discarded &&
		    &message->recipients[i] != inquiry->one)
			return true;
	return false;
}

/* Would a limit or a block refuse other recipients, too? It concerns only some
 * of them if its key has a recipient in it, or if is_partial says so. */
static bool is_shared(const struct inquiry *inquiry, unsigned int key,
		      bool is_partial, enum limit_action action)
{
	const struct message *message = inquiry->message;

	if (message->is_simulated || message->recipient_count < 2)
		return false;
	/* only a discard takes the whole message with it */
	if (inquiry->one != NULL)
		return action == LIMIT_DISCARD && has_others(inquiry);
	if (action == LIMIT_DISCARD && !has_others(inquiry))
		return false;
	return is_partial || (key & LIMIT_KEY_RECIPIENTS) != 0;
}

/* Until there is room. A recipient that does not fit because of those before it
 * can be sent to in a message of its own. */
static uint64_t wait_of(const struct inquiry *inquiry,
			const struct charge *charge,
			const struct charge_list_line *line)
{
	if (charge->wait_ms != WINDOW_NEVER || inquiry->one == NULL ||
	    line->limit->unit != LIMIT_RECIPIENTS)
		return charge->wait_ms;
	return charge->shut_ms != 0 ? charge->shut_ms : 1;
}

static void weigh_line(const struct inquiry *inquiry,
		       const struct charge_list *list, size_t index,
		       uint64_t used, uint64_t wait_ms, struct verdict *verdict)
{
	const struct charge *charge = &list->charges[index];
	const struct charge_list_line *line = &list->lines[index];
	const struct limit *limit = line->limit;
	enum limit_action action = message_action(inquiry->message,
						  limit->action);

	verdict_weigh(verdict,
		      &(struct verdict_claim){
			      .limit = limit,
			      .action = action,
			      .subject = line->subject,
			      .used = used,
			      .cost = charge->cost,
			      .max = charge->max,
			      .wait_ms = wait_ms,
			      .is_shared = is_shared(inquiry, limit->key,
						     line->is_partial, action),
		      });
}

static void weigh_charges(const struct inquiry *inquiry,
			  const struct charge_list *list,
			  struct verdict *verdict)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct charge *charge = &list->charges[i];

		if (charge->permit != 0 || charge->wait_ms == 0)
			continue;
		weigh_line(inquiry, list, i, charge->used,
			   wait_of(inquiry, charge, &list->lines[i]), verdict);
	}
}

/* Notes a window that is near its limit, or has refused the message. */
static void note_line(const struct inquiry *inquiry,
		      const struct charge_list *list, size_t index,
		      uint64_t used, bool is_refused)
{
	const struct charge *charge = &list->charges[index];
	const struct charge_list_line *line = &list->lines[index];

	if (!is_refused && !near_limit_is_worth(used, charge->max))
		return;
	atomic_store_explicit(&inquiry->policy->near_ms, inquiry->now_ms,
			      memory_order_relaxed);
	near_limit_note(inquiry->policy->near,
			&(struct near_limit_window){
				.subject = (char *)(uintptr_t)line->subject,
				.limit = line->limit->name,
				.per_ms = line->limit->per_ms,
				.used = used,
				.max = charge->max,
				.refused = is_refused,
				.seen_ms = inquiry->now_ms,
			});
}

static void note_charges(const struct inquiry *inquiry,
			 const struct charge_list *list,
			 struct verdict *verdict)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct charge *charge = &list->charges[i];
		const struct charge_list_line *line = &list->lines[i];

		if (charge->permit != 0 || limit_is_ceiling(line->limit))
			continue;
		note_line(inquiry, list, i, charge->used,
			  verdict_refuses(verdict) && charge->stops &&
				  charge->wait_ms != 0);
		if (near_limit_is_worth(charge->used, charge->max))
			verdict_note_near(verdict,
					  &(struct verdict_claim){
						  .limit = line->limit,
						  .subject = line->subject,
						  .used = charge->used,
						  .max = charge->max });
	}
}

void judge_answer(const struct inquiry *inquiry, const struct charge_list *list,
		  enum store_answer answer, struct verdict *verdict)
{
	if (answer != STORE_UNAVAILABLE) {
		weigh_charges(inquiry, list, verdict);
		remember_shut(inquiry, list);
		note_charges(inquiry, list, verdict);
		return;
	}
	if (inquiry->settings->redis.on_failure == ON_FAILURE_TEMPFAIL) {
		verdict_accept(verdict, VERDICT_BY_FAILURE);
		verdict->kind = VERDICT_TEMPFAIL;
	} else if (verdict->kind == VERDICT_ACCEPT) {
		verdict->cause = VERDICT_BY_FAILURE;
	}
}

/* blocks */

struct block_claim {
	const struct inquiry *inquiry;
	struct verdict *verdict;
};

static void weigh_block(void *context, const struct order *block)
{
	const struct block_claim *claim = context;
	const struct inquiry *inquiry = claim->inquiry;
	uint64_t wait_ms = block->until_ms - inquiry->now_ms;
	enum limit_action action = message_action(inquiry->message,
						  block->action);

	verdict_weigh(claim->verdict,
		      &(struct verdict_claim){
			      .order = block->id,
			      .action = action,
			      .subject = block->subject,
			      .wait_ms = wait_ms < LIMIT_PER_MAX
						 ? wait_ms
						 : LIMIT_PER_MAX,
			      .is_shared = is_shared(inquiry, block->key, false,
						     action),
		      });
}

void judge_blocks(const struct inquiry *inquiry,
		  const struct message_recipient *recipient,
		  struct verdict *verdict)
{
	struct block_claim claim = { inquiry, verdict };

	orders_of_message(inquiry->orders, ORDER_BLOCK, inquiry->message,
			  recipient, inquiry->now_ms, weigh_block, &claim);
}

/* ceilings */

void judge_ceilings(const struct inquiry *inquiry, struct charge_list *list,
		    struct verdict *verdict)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct charge *charge = &list->charges[i];
		const struct limit *limit = list->lines[i].limit;
		bool is_over = charge->cost > charge->max;

		if (limit == NULL || !limit_is_ceiling(limit) ||
		    (is_over && charge->covers != 0)) {
			charge->is_own &= limit == NULL ||
					  !limit_is_ceiling(limit);
			list->lines[kept] = list->lines[i];
			list->charges[kept++] = *charge;
		} else if (is_over) {
			charge->wait_ms = WINDOW_NEVER;
			weigh_line(inquiry, list, i, charge->cost,
				   wait_of(inquiry, charge, &list->lines[i]),
				   verdict);
		} else if (inquiry->admitting != NULL) {
			message_note_admitted(inquiry->admitting, charge->key,
					      charge->key_length);
		}
	}
	list->count = kept;
}

/* remembered refusals */

static bool find_refusal(const struct inquiry *inquiry,
			 const struct charge *charge, struct refusal *refusal_r)
{
	return refusal_cache_find(inquiry->policy->refusals, charge->key,
				  charge->key_length, inquiry->now_ms,
				  refusal_r);
}

/* The permits of this list that are known to have no room. */
static uint32_t shut_permits(const struct inquiry *inquiry,
			     const struct charge_list *list)
{
	struct refusal refusal;
	uint32_t shut = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->charges[i].permit != 0 &&
		    find_refusal(inquiry, &list->charges[i], &refusal))
			shut |= STORE_PERMIT_BIT(list->charges[i].permit);
	return shut;
}

bool judge_cached(const struct inquiry *inquiry, const struct charge_list *list,
		  struct verdict *verdict)
{
	uint32_t shut = shut_permits(inquiry, list);
	struct refusal refusal;

	for (size_t i = 0; i < list->count; i++) {
		const struct charge *charge = &list->charges[i];

		if (!charge->stops || (charge->covers & ~shut) != 0 ||
		    !find_refusal(inquiry, charge, &refusal))
			continue;
		weigh_line(inquiry, list, i, refusal.used,
			   refusal.room_ms - inquiry->now_ms, verdict);
		note_line(inquiry, list, i, refusal.used, true);
		verdict->is_cached = true;
	}
	return verdict->is_cached;
}
