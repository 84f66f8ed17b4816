/* SPDX-License-Identifier: ISC */

/*
 * At each stage the same three steps: which limits look at the message, what
 * would they charge (a bill), and what does that mean (a verdict). The stages
 * differ in what is known already, and in whom they ask: MAIL only the
 * refusals remembered here, RCPT those and a peek, the end the store.
 */
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/pattern.h"
#include "deferred_attempts.h"
#include "assess.h"
#include "near_limit.h"
#include "exemption.h"
#include "apply_orders.h"
#include "policy.h"
#include "refusal_cache.h"

#define ARENA_SIZE     4096
#define SETTLE_AT_ONCE 100  /* windows in one question of the tick */
#define SETTLE_MAX     2000 /* in one tick */

struct policy {
	struct store *store;
	struct ledger *ledger; /* NULL: none */
	struct refusal_cache *refusals;
	struct deferred_attempts *deferred;
	struct near_limit *busy;
	pthread_mutex_t lock;
	struct orders *orders; /* under lock; NULL: none */
	atomic_bool has_orders;
};

/* One question about one message: who asks, and with what. */
struct inquiry {
	struct policy *policy;
	const struct settings *settings;
	struct orders *orders; /* a reference, NULL: none */
	const struct message *message;
	uint64_t now_ms;
	struct store_patience *patience; /* of all its questions together */
	/* Who can be refused alone; NULL: it is about the whole message. */
	const struct message_recipient *one;
	struct message *admitting; /* at RCPT: notes what had room for one */
};

struct policy *policy_new(struct store *store, struct ledger *ledger,
			  size_t max_windows)
{
	struct policy *policy = alloc_zero(sizeof(*policy));

	policy->store = store;
	policy->ledger = ledger;
	policy->refusals = refusal_cache_new(max_windows);
	policy->deferred = deferred_attempts_new(max_windows);
	policy->busy = near_limit_new(max_windows);
	pthread_mutex_init(&policy->lock, NULL);
	return policy;
}

void policy_free(struct policy **policy_r)
{
	struct policy *policy = *policy_r;

	if (policy == NULL)
		return;
	refusal_cache_free(&policy->refusals);
	deferred_attempts_free(&policy->deferred);
	near_limit_free(&policy->busy);
	orders_release(&policy->orders);
	pthread_mutex_destroy(&policy->lock);
	free(policy);
	*policy_r = NULL;
}

/* orders */

void policy_set_orders(struct policy *policy, struct orders **orders)
{
	struct orders *before;

	if (orders_count(*orders) == 0)
		orders_release(orders);
	pthread_mutex_lock(&policy->lock);
	before = policy->orders;
	policy->orders = *orders;
	atomic_store(&policy->has_orders, policy->orders != NULL);
	pthread_mutex_unlock(&policy->lock);
	*orders = NULL; /* the reference is the policy's now */
	orders_release(&before);
	refusal_cache_clear(policy->refusals);
}

struct orders *policy_orders(struct policy *policy)
{
	struct orders *orders;

	if (!atomic_load_explicit(&policy->has_orders, memory_order_acquire))
		return NULL;
	pthread_mutex_lock(&policy->lock);
	orders = orders_acquire(policy->orders);
	pthread_mutex_unlock(&policy->lock);
	return orders;
}

/* before anything is asked */

static void orders_need(const struct orders *orders, struct policy_needs *needs)
{
	static const enum order_kind kinds[] = { ORDER_BLOCK, ORDER_PERMIT };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (orders_have(orders, kinds[i], LIMIT_KEY_OF(DIMENSION_HELO)))
			needs->helo = true;
		if (orders_have(orders, kinds[i], LIMIT_KEY_RECIPIENTS))
			needs->rcpt_answer = true;
	}
}

void policy_needs(struct policy *policy, const struct settings *settings,
		  struct policy_needs *needs_r)
{
	struct orders *orders = policy_orders(policy);

	memset(needs_r, 0, sizeof(*needs_r));
	orders_need(orders, needs_r);
	orders_release(&orders);
	needs_r->data = settings_charge_at_data(settings);
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];

		if ((limit->key & LIMIT_KEY_OF(DIMENSION_HELO)) != 0 ||
		    match_has_helo(&limit->match))
			needs_r->helo = true;
		if ((limit->key & LIMIT_KEY_RECIPIENTS) != 0 ||
		    match_has_recipient(&limit->match))
			needs_r->rcpt_answer = true;
		if (limit->unit == LIMIT_BYTES)
			needs_r->content = true;
	}
	for (size_t i = 0; i < settings->exempt_count; i++) {
		if (match_has_helo(&settings->exempt[i]))
			needs_r->helo = true;
		if (match_has_recipient(&settings->exempt[i]))
			needs_r->rcpt_answer = true;
	}
}

bool policy_charges_at_data(const struct settings *settings,
			    const struct message *message)
{
	return settings->charge_at_data != NULL && !message->is_simulated &&
	       pattern_list_matches(settings->charge_at_data,
				    message->listener.data,
				    message->listener.length);
}

/* asking */

static enum store_answer
policy_ask(struct policy *policy, enum settings_on_failure on_failure,
	   enum store_question question, struct charge *charges, size_t count,
	   uint64_t now_ms, struct store_patience *patience)
{
	struct ledger *ledger = policy->ledger;
	enum store_answer answer;

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

/* What the windows of this bill are owed goes to the store before it. */
static void settle_charges(const struct inquiry *inquiry,
			   const struct charge_list *bill)
{
	struct policy *policy = inquiry->policy;
	struct charge *owed;
	size_t count = 0;

	if (deferred_attempts_is_empty(policy->deferred))
		return;
	owed = arena_take(bill->arena, bill->count * sizeof(*owed));
	for (size_t i = 0; i < bill->count; i++) {
		const struct charge *charge = &bill->charges[i];

		if (!charge->attempts)
			continue;
		owed[count] = *charge;
		owed[count].cost = deferred_attempts_take(
			policy->deferred, charge->key, charge->key_length);
		if (owed[count].cost != 0)
			count++;
	}
	policy_ask(policy, inquiry->settings->redis.on_failure, STORE_ADD, owed,
		   count, inquiry->now_ms, inquiry->patience);
}

static enum store_answer ask_about(const struct inquiry *inquiry,
				   enum store_question question,
				   const struct charge_list *bill)
{
	settle_charges(inquiry, bill);
	return policy_ask(inquiry->policy, inquiry->settings->redis.on_failure,
			  question, bill->charges, bill->count, inquiry->now_ms,
			  inquiry->patience);
}

/* what it means */

/* Remembers windows in which nothing at all has room, so that the next
 * messages need not ask. A window that only this message was too large for
 * is not one of them. */
static void remember_shut(const struct inquiry *inquiry,
			  const struct charge_list *bill)
{
	unsigned int cache_ms = inquiry->settings->cache_ms;

	for (size_t i = 0; i < bill->count && cache_ms != 0; i++) {
		const struct charge *charge = &bill->charges[i];
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

/* Is there mail of this message that is not to be dropped? That of the one who
 * is asked about does not count. */
static bool has_others(const struct inquiry *inquiry)
{
	const struct message *message = inquiry->message;

	for (size_t i = 0; i < message->recipient_count; i++)
		if (!message->recipients[i].is_discarded &&
		    &message->recipients[i] != inquiry->one)
			return true;
	return false;
}

/* Would other recipients be kept out, too, by a limit or a block? By itself it
 * is about some only when its key has a recipient in it, or as is_partial
 * says. */
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

/* Until there is room. A recipient for whom there is none because of those
 * before it may be sent to in a message of its own. */
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
		       const struct charge_list *bill, size_t index,
		       uint64_t used, uint64_t wait_ms, struct verdict *verdict)
{
	const struct charge *charge = &bill->charges[index];
	const struct charge_list_line *line = &bill->lines[index];
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
			  const struct charge_list *bill,
			  struct verdict *verdict)
{
	for (size_t i = 0; i < bill->count; i++) {
		const struct charge *charge = &bill->charges[i];

		if (charge->permit != 0 || charge->wait_ms == 0)
			continue;
		weigh_line(inquiry, bill, i, charge->used,
			   wait_of(inquiry, charge, &bill->lines[i]), verdict);
	}
}

/* Who is near a limit, or kept out by it, is worth a note. */
static void note_line(const struct inquiry *inquiry,
		      const struct charge_list *bill, size_t index,
		      uint64_t used, bool is_refused)
{
	const struct charge *charge = &bill->charges[index];
	const struct charge_list_line *line = &bill->lines[index];

	if (!is_refused && !near_limit_is_worth(used, charge->max))
		return;
	near_limit_note(inquiry->policy->busy,
			&(struct near_limit_window){
				.subject = (char *)(uintptr_t)line->subject,
				.limit = line->limit->name,
				.per_ms = line->limit->per_ms,
				.used = used,
				.max = charge->max,
				.refused = is_refused,
			});
}

static void note_charges(const struct inquiry *inquiry,
			 const struct charge_list *bill,
			 const struct verdict *verdict)
{
	for (size_t i = 0; i < bill->count; i++) {
		const struct charge *charge = &bill->charges[i];

		if (charge->permit == 0 &&
		    !limit_is_ceiling(bill->lines[i].limit))
			note_line(inquiry, bill, i, charge->used,
				  verdict_refuses(verdict) && charge->stops &&
					  charge->wait_ms != 0);
	}
}

static void judge(const struct inquiry *inquiry, const struct charge_list *bill,
		  enum store_answer answer, struct verdict *verdict)
{
	if (answer != STORE_UNAVAILABLE) {
		weigh_charges(inquiry, bill, verdict);
		remember_shut(inquiry, bill);
		note_charges(inquiry, bill, verdict);
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

/* Those of the message, and of one recipient if there is one. */
static void weigh_blocks(const struct inquiry *inquiry,
			 const struct message_recipient *recipient,
			 struct verdict *verdict)
{
	struct block_claim claim = { inquiry, verdict };

	orders_of_message(inquiry->orders, ORDER_BLOCK, inquiry->message,
			  recipient, inquiry->now_ms, weigh_block, &claim);
}

/* ceilings */

/*
 * What one message may have is known without a window. Takes the ceilings out
 * of the bill, but for those that it is over and a permit may lift: these are
 * asked about together with the permit, and never charged.
 */
static void weigh_ceilings(const struct inquiry *inquiry,
			   struct charge_list *bill, struct verdict *verdict)
{
	size_t kept = 0;

	for (size_t i = 0; i < bill->count; i++) {
		struct charge *charge = &bill->charges[i];
		const struct limit *limit = bill->lines[i].limit;
		bool is_over = charge->cost > charge->max;

		if (limit == NULL || !limit_is_ceiling(limit) ||
		    (is_over && charge->covers != 0)) {
			charge->is_own &= limit == NULL ||
					  !limit_is_ceiling(limit);
			bill->lines[kept] = bill->lines[i];
			bill->charges[kept++] = *charge;
		} else if (is_over) {
			charge->wait_ms = WINDOW_NEVER;
			weigh_line(inquiry, bill, i, charge->cost,
				   wait_of(inquiry, charge, &bill->lines[i]),
				   verdict);
		} else if (inquiry->admitting != NULL) {
			message_note_admitted(inquiry->admitting, charge->key,
					      charge->key_length);
		}
	}
	bill->count = kept;
}

static bool find_refusal(const struct inquiry *inquiry,
			 const struct charge *charge, struct refusal *refusal_r)
{
	return refusal_cache_find(inquiry->policy->refusals, charge->key,
				  charge->key_length, inquiry->now_ms,
				  refusal_r);
}

/* The permits of this bill that are known to have no room. */
static uint32_t shut_permits(const struct inquiry *inquiry,
			     const struct charge_list *bill)
{
	struct refusal refusal;
	uint32_t shut = 0;

	for (size_t i = 0; i < bill->count; i++)
		if (bill->charges[i].permit != 0 &&
		    find_refusal(inquiry, &bill->charges[i], &refusal))
			shut |= STORE_PERMIT_BIT(bill->charges[i].permit);
	return shut;
}

/* Is a window of this bill known to be full? */
static bool find_shut(const struct inquiry *inquiry,
		      const struct charge_list *bill, struct verdict *verdict)
{
	uint32_t shut = shut_permits(inquiry, bill);
	struct refusal refusal;

	for (size_t i = 0; i < bill->count; i++) {
		const struct charge *charge = &bill->charges[i];

		if (!charge->stops || (charge->covers & ~shut) != 0 ||
		    !find_refusal(inquiry, charge, &refusal))
			continue;
		weigh_line(inquiry, bill, i, refusal.used,
			   refusal.room_ms - inquiry->now_ms, verdict);
		note_line(inquiry, bill, i, refusal.used, true);
		verdict->is_cached = true;
	}
	return verdict->is_cached;
}

/* What was refused here is owed to the windows that count attempts. */
static void owe(struct policy *policy, const struct charge_list *bill)
{
	for (size_t i = 0; i < bill->count; i++)
		if (bill->charges[i].attempts)
			deferred_attempts_add(policy->deferred,
					      &bill->charges[i]);
}

static void inquiry_apply_orders(const struct inquiry *inquiry,
				 const struct message_recipient *recipients,
				 size_t count, struct charge_list *bill)
{
	const struct order_scope scope = { inquiry->message, recipients,
					   count };

	if (inquiry->orders != NULL)
		apply_orders(inquiry->orders, &scope, inquiry->now_ms, bill);
}

/* the stages */

/* Its orders are to be released. */
static struct inquiry inquiry_of(struct policy *policy,
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

static void mail_ask(const struct inquiry *inquiry, struct verdict *verdict)
{
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;
	struct charge_list bill;

	arena_init(&arena, memory, sizeof(memory));
	assess_envelope(inquiry->settings, inquiry->message, &arena, &bill);
	inquiry_apply_orders(inquiry, NULL, 0, &bill);
	weigh_ceilings(inquiry, &bill, verdict);
	if (!verdict_refuses(verdict))
		verdict_accept(verdict, VERDICT_BY_NOTHING);
	find_shut(inquiry, &bill, verdict);
	if (verdict_refuses(verdict))
		owe(inquiry->policy, &bill);
	charge_list_clear(&bill);
	arena_clear(&arena);
}

/* A block that holds mail waits for the end; so does what a recipient who is
 * not known yet could be permitted. */
static void mail_judge(const struct inquiry *inquiry, struct verdict *verdict)
{
	weigh_blocks(inquiry, NULL, verdict);
	if (verdict_refuses(verdict))
		return;
	verdict_accept(verdict, VERDICT_BY_NOTHING);
	if ((!refusal_cache_is_empty(inquiry->policy->refusals) ||
	     assess_has_ceiling(inquiry->settings)) &&
	    !orders_have(inquiry->orders, ORDER_PERMIT, LIMIT_KEY_RECIPIENTS))
		mail_ask(inquiry, verdict);
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
		mail_judge(&inquiry, verdict_r);
	orders_release(&inquiry.orders);
}

/* Would it make a difference to any limit who else is a recipient? */
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
			  const struct charge_list *bill)
{
	for (size_t i = 0; i < bill->count; i++) {
		const struct charge *charge = &bill->charges[i];

		if (charge->permit == 0 && charge->covers == 0 &&
		    charge->wait_ms == 0)
			message_note_admitted(inquiry->admitting, charge->key,
					      charge->key_length);
	}
}

/* First what is known here, then what the store knows. */
static void ask_recipient(const struct inquiry *inquiry, struct arena *arena,
			  struct verdict *verdict)
{
	struct charge_list bill;
	bool is_shut = false;

	if (!refusal_cache_is_empty(inquiry->policy->refusals)) {
		assess_stops(inquiry->settings, inquiry->message, inquiry->one,
			     arena, &bill);
		inquiry_apply_orders(inquiry, inquiry->one, 1, &bill);
		is_shut = find_shut(inquiry, &bill, verdict);
		charge_list_clear(&bill);
	}
	if (is_shut)
		return;
	assess_peek_now(inquiry, arena, &bill);
	assess_spare_attempts(inquiry->message, &bill);
	inquiry_apply_orders(inquiry, inquiry->one, 1, &bill);
	weigh_ceilings(inquiry, &bill, verdict);
	if (!verdict_refuses(verdict)) {
		judge(inquiry, &bill, ask_about(inquiry, STORE_PEEK, &bill),
		      verdict);
		note_admitted(inquiry, &bill);
	}
	charge_list_clear(&bill);
}

static void judge_recipient(const struct inquiry *inquiry,
			    struct verdict *verdict)
{
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;

	weigh_blocks(inquiry, inquiry->one, verdict);
	if (verdict_refuses(verdict))
		return;
	arena_init(&arena, memory, sizeof(memory));
	ask_recipient(inquiry, &arena, verdict);
	arena_clear(&arena);
}

/* A message with many refused recipients is one attempt at each window, unless
 * it counts recipients. */
static void owe_recipient(const struct inquiry *inquiry,
			  struct message *message)
{
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;
	struct charge_list bill;

	arena_init(&arena, memory, sizeof(memory));
	assess_refused(inquiry->settings, message, inquiry->one, &arena, &bill);
	for (size_t i = 0; i < bill.count; i++) {
		const struct charge *charge = &bill.charges[i];

		if (bill.lines[i].limit->unit == LIMIT_RECIPIENTS ||
		    message_note_attempt(message, charge->key,
					 charge->key_length))
			deferred_attempts_add(inquiry->policy->deferred,
					      charge);
	}
	charge_list_clear(&bill);
	arena_clear(&arena);
}

/* Somebody before him is to have his mail dropped: with the message, or not at
 * all. So this one is told to come again, without that one. */
static void part_from_discarded(struct inquiry *inquiry,
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
			part_from_discarded(&inquiry, recipient, verdict_r);
		} else if (verdict_r->cause == VERDICT_BY_LIMIT) {
			owe_recipient(&inquiry, message);
		}
	}
	if (verdict_refuses(verdict_r))
		message->admitted.count = admitted;
	orders_release(&inquiry.orders);
}

/* Blocks come first; one that only holds the message leaves the limits to
 * count it, and to refuse it. */
static void judge_end(const struct inquiry *inquiry, const bool *is_exempt,
		      struct arena *arena, struct verdict *verdict)
{
	const struct message *message = inquiry->message;
	struct charge_list bill;

	for (size_t i = 0; i < message->recipient_count; i++)
		if (!is_exempt[i] && inquiry->orders != NULL)
			weigh_blocks(inquiry, &message->recipients[i], verdict);
	if (verdict_refuses(verdict))
		return;
	assess_end(inquiry->settings, message, is_exempt, arena, &bill);
	assess_spare_attempts(message, &bill);
	inquiry_apply_orders(inquiry, message->recipients,
			     message->recipient_count, &bill);
	weigh_ceilings(inquiry, &bill, verdict);
	if (verdict_refuses(verdict))
		owe(inquiry->policy, &bill);
	else
		judge(inquiry, &bill, ask_about(inquiry, STORE_CHARGE, &bill),
		      verdict);
	charge_list_clear(&bill);
}

/* It was an attempt at what needs no recipient, although none was let in. */
static void owe_envelope(struct policy *policy, const struct settings *settings,
			 const struct message *message)
{
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;
	struct charge_list bill;

	arena_init(&arena, memory, sizeof(memory));
	assess_envelope(settings, message, &arena, &bill);
	owe(policy, &bill);
	charge_list_clear(&bill);
	arena_clear(&arena);
}

void policy_end(struct policy *policy, const struct settings *settings,
		const struct message *message, uint64_t now_ms,
		struct verdict *verdict_r)
{
	struct store_patience patience;
	struct inquiry inquiry = inquiry_of(policy, settings, message, now_ms,
					    &patience);
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;
	bool *is_exempt;

	arena_init(&arena, memory, sizeof(memory));
	is_exempt = arena_take(&arena, message->recipient_count);
	if (exemption_of_message(settings, message)) {
		verdict_accept(verdict_r, VERDICT_BY_EXEMPTION);
	} else if (exemption_of_recipients(settings, message, is_exempt)) {
		verdict_accept(verdict_r, VERDICT_BY_EXEMPTION);
		if (message->refused_recipients != 0)
			owe_envelope(policy, settings, message);
	} else {
		verdict_accept(verdict_r, VERDICT_BY_NOTHING);
		judge_end(&inquiry, is_exempt, &arena, verdict_r);
	}
	arena_clear(&arena);
	orders_release(&inquiry.orders);
}

void policy_abandon(struct policy *policy, const struct settings *settings,
		    const struct message *message, uint64_t now_ms)
{
	(void)now_ms;
	if (message->refused_recipients != 0 && message->recipient_count == 0 &&
	    !exemption_of_message(settings, message))
		owe_envelope(policy, settings, message);
}

/* Takes up to most windows, at most SETTLE_AT_ONCE, to the store. False: none
 * was left, or the store is not available. */
static bool settle_some(struct policy *policy,
			enum settings_on_failure on_failure, size_t most,
			uint64_t now_ms, struct store_patience *patience)
{
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct charge owed[SETTLE_AT_ONCE];
	enum store_answer answer;
	struct arena arena;
	size_t count;

	arena_init(&arena, memory, sizeof(memory));
	count = deferred_attempts_take_some(policy->deferred, &arena, owed,
					    most);
	answer = policy_ask(policy, on_failure, STORE_ADD, owed, count, now_ms,
			    patience);
	arena_clear(&arena);
	return count != 0 && answer != STORE_UNAVAILABLE;
}

void policy_tick(struct policy *policy, enum settings_on_failure on_failure,
		 uint64_t now_ms)
{
	size_t left = deferred_attempts_count(policy->deferred);
	struct store_patience patience = { 0 };

	refusal_cache_sweep(policy->refusals, now_ms);
	if (left > SETTLE_MAX)
		left = SETTLE_MAX;
	while (left != 0) {
		size_t most = left < SETTLE_AT_ONCE ? left : SETTLE_AT_ONCE;

		if (!settle_some(policy, on_failure, most, now_ms, &patience))
			break;
		left -= most;
	}
}

size_t policy_take_near_limit(struct policy *policy,
			      struct near_limit_window *windows_r, size_t most)
{
	return near_limit_take(policy->busy, windows_r, most);
}
