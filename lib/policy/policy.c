/* SPDX-License-Identifier: ISC */

/*
 * At each stage the same three steps: which limits look at the message, what
 * would they charge (a bill), and what does that mean (a verdict). The stages
 * differ in what is known already, and in whom they ask: MAIL only the
 * refusals remembered here, RCPT those and a peek, the end the store.
 */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "arrears.h"
#include "billing.h"
#include "exemption.h"
#include "policy.h"
#include "refusals.h"

#define ARENA_SIZE     4096
#define SETTLE_AT_ONCE 100 /* windows in one question of the tick */

struct policy {
	struct store *store, *fallback;
	struct refusals *refusals;
	struct arrears *arrears;
};

/* One question about one message: who asks, and with what. */
struct inquiry {
	struct policy *policy;
	const struct settings *settings;
	const struct message *message;
	uint64_t now_ms;
	bool is_about_one; /* recipient, who can be refused alone */
};

struct policy *policy_new(struct store *store, struct store *fallback,
			  size_t max_windows)
{
	struct policy *policy = alloc_zero(sizeof(*policy));

	policy->store = store;
	policy->fallback = fallback;
	policy->refusals = refusals_new(max_windows);
	policy->arrears = arrears_new(max_windows);
	return policy;
}

void policy_free(struct policy **policy_r)
{
	struct policy *policy = *policy_r;

	if (policy == NULL)
		return;
	refusals_free(&policy->refusals);
	arrears_free(&policy->arrears);
	free(policy);
	*policy_r = NULL;
}

/* before anything is asked */

void policy_needs(const struct settings *settings, struct policy_needs *needs_r)
{
	memset(needs_r, 0, sizeof(*needs_r));
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

/* asking */

static enum store_answer policy_ask(struct policy *policy,
				    enum settings_on_failure on_failure,
				    enum store_question question,
				    struct charge *charges, size_t count,
				    uint64_t now_ms)
{
	enum store_answer answer = store_ask(policy->store, question, charges,
					     count, now_ms);

	if (answer == STORE_UNAVAILABLE && on_failure == ON_FAILURE_LOCAL)
		answer = store_ask(policy->fallback, question, charges, count,
				   now_ms);
	return answer;
}

/* What the windows of this bill are owed goes to the store before it. */
static void settle_bill(const struct inquiry *inquiry, const struct bill *bill)
{
	struct policy *policy = inquiry->policy;
	struct charge *owed;
	size_t count = 0;

	if (arrears_is_empty(policy->arrears))
		return;
	owed = arena_take(bill->arena, bill->count * sizeof(*owed));
	for (size_t i = 0; i < bill->count; i++) {
		const struct charge *charge = &bill->charges[i];

		if (!charge->attempts)
			continue;
		owed[count] = *charge;
		owed[count].cost = arrears_take(policy->arrears, charge->key,
						charge->key_length);
		if (owed[count].cost != 0)
			count++;
	}
	policy_ask(policy, inquiry->settings->redis.on_failure, STORE_ADD, owed,
		   count, inquiry->now_ms);
}

static enum store_answer ask_about(const struct inquiry *inquiry,
				   enum store_question question,
				   const struct bill *bill)
{
	settle_bill(inquiry, bill);
	return policy_ask(inquiry->policy, inquiry->settings->redis.on_failure,
			  question, bill->charges, bill->count,
			  inquiry->now_ms);
}

/* what it means */

/* Remembers windows in which nothing at all has room, so that the next
 * messages need not ask. A window that only this message was too large for
 * is not one of them. */
static void remember_shut(const struct inquiry *inquiry,
			  const struct bill *bill)
{
	unsigned int cache_ms = inquiry->settings->cache_ms;

	for (size_t i = 0; i < bill->count && cache_ms != 0; i++) {
		const struct charge *charge = &bill->charges[i];
		struct refusal refusal = { .used = charge->used };

		if (!charge->stops || charge->shut_ms == 0)
			continue;
		refusal.room_ms = inquiry->now_ms + charge->shut_ms;
		refusal.until_ms = inquiry->now_ms + (charge->shut_ms < cache_ms
							      ? charge->shut_ms
							      : cache_ms);
		refusals_remember(inquiry->policy->refusals, charge->key,
				  charge->key_length, &refusal);
	}
}

/* Would other recipients be kept out, too, by this limit? */
static bool is_shared(const struct inquiry *inquiry, const struct limit *limit)
{
	const struct message *message = inquiry->message;

	if (inquiry->is_about_one && limit->action != LIMIT_DISCARD)
		return false; /* only a discard takes the whole message */
	return (limit->key & LIMIT_KEY_RECIPIENTS) != 0 &&
	       message->recipient_count > 1 && !message->is_simulated;
}

static void weigh_bill(const struct inquiry *inquiry, const struct bill *bill,
		       struct verdict *verdict)
{
	for (size_t i = 0; i < bill->count; i++) {
		const struct charge *charge = &bill->charges[i];
		const struct bill_line *line = &bill->lines[i];

		if (charge->wait_ms != 0)
			verdict_weigh(verdict,
				      &(struct verdict_claim){
					      line->limit,
					      line->subject,
					      charge->used,
					      charge->cost,
					      charge->wait_ms,
					      is_shared(inquiry, line->limit),
				      });
	}
}

static void judge(const struct inquiry *inquiry, const struct bill *bill,
		  enum store_answer answer, struct verdict *verdict)
{
	if (answer != STORE_UNAVAILABLE) {
		weigh_bill(inquiry, bill, verdict);
		remember_shut(inquiry, bill);
		return;
	}
	verdict->cause = VERDICT_BY_FAILURE;
	if (inquiry->settings->redis.on_failure == ON_FAILURE_TEMPFAIL)
		verdict->kind = VERDICT_TEMPFAIL;
}

/* Is a window of this bill known to be full? */
static bool find_shut(const struct inquiry *inquiry, const struct bill *bill,
		      struct verdict *verdict)
{
	struct refusal refusal;

	for (size_t i = 0; i < bill->count; i++) {
		const struct charge *charge = &bill->charges[i];
		const struct bill_line *line = &bill->lines[i];

		if (!charge->stops ||
		    !refusals_find(inquiry->policy->refusals, charge->key,
				   charge->key_length, inquiry->now_ms,
				   &refusal))
			continue;
		verdict_weigh(verdict,
			      &(struct verdict_claim){
				      line->limit,
				      line->subject,
				      refusal.used,
				      charge->cost,
				      refusal.room_ms - inquiry->now_ms,
				      is_shared(inquiry, line->limit),
			      });
		verdict->is_cached = true;
	}
	return verdict->is_cached;
}

/* What was refused here is owed to the windows that count attempts. */
static void owe(struct policy *policy, const struct bill *bill)
{
	for (size_t i = 0; i < bill->count; i++)
		if (bill->charges[i].attempts)
			arrears_add(policy->arrears, &bill->charges[i]);
}

/* the stages */

void policy_mail(struct policy *policy, const struct settings *settings,
		 const struct message *message, uint64_t now_ms,
		 struct verdict *verdict_r)
{
	const struct inquiry inquiry = { .policy = policy,
					 .settings = settings,
					 .message = message,
					 .now_ms = now_ms };
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;
	struct bill bill;

	verdict_accept(verdict_r, VERDICT_BY_NOTHING);
	if (refusals_is_empty(policy->refusals) ||
	    exemption_of_message(settings, message) ||
	    exemption_is_open(settings, message))
		return;
	arena_init(&arena, memory, sizeof(memory));
	billing_envelope(settings, message, &arena, &bill);
	if (find_shut(&inquiry, &bill, verdict_r))
		owe(policy, &bill);
	bill_clear(&bill);
	arena_clear(&arena);
}

/* First what is known here, then what the store knows. */
static void judge_recipient(const struct inquiry *inquiry,
			    const struct message_recipient *recipient,
			    struct arena *arena, struct verdict *verdict)
{
	struct bill bill;
	bool is_shut = false;

	if (!refusals_is_empty(inquiry->policy->refusals)) {
		billing_stops(inquiry->settings, inquiry->message, recipient,
			      arena, &bill);
		is_shut = find_shut(inquiry, &bill, verdict);
		bill_clear(&bill);
	}
	if (is_shut)
		return;
	billing_peek(inquiry->settings, inquiry->message, recipient, arena,
		     &bill);
	judge(inquiry, &bill, ask_about(inquiry, STORE_PEEK, &bill), verdict);
	bill_clear(&bill);
}

void policy_recipient(struct policy *policy, const struct settings *settings,
		      const struct message *message,
		      const struct message_recipient *recipient,
		      uint64_t now_ms, struct verdict *verdict_r)
{
	const struct inquiry inquiry = { .policy = policy,
					 .settings = settings,
					 .message = message,
					 .now_ms = now_ms,
					 .is_about_one = true };
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;
	struct bill bill;

	verdict_accept(verdict_r, VERDICT_BY_NOTHING);
	if (exemption_of_message(settings, message) ||
	    exemption_of_recipient(settings, message, recipient))
		return;
	arena_init(&arena, memory, sizeof(memory));
	judge_recipient(&inquiry, recipient, &arena, verdict_r);
	if (verdict_r->kind == VERDICT_DISCARD) {
		verdict_accept(verdict_r, VERDICT_BY_NOTHING);
	} else if (verdict_refuses(verdict_r) &&
		   verdict_r->cause == VERDICT_BY_LIMIT) {
		billing_refused(settings, message, recipient, &arena, &bill);
		owe(policy, &bill);
		bill_clear(&bill);
	}
	arena_clear(&arena);
}

void policy_end(struct policy *policy, const struct settings *settings,
		const struct message *message, uint64_t now_ms,
		struct verdict *verdict_r)
{
	const struct inquiry inquiry = { .policy = policy,
					 .settings = settings,
					 .message = message,
					 .now_ms = now_ms };
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;
	struct bill bill;
	bool *is_exempt;

	arena_init(&arena, memory, sizeof(memory));
	is_exempt = arena_take(&arena, message->recipient_count);
	if (exemption_of_message(settings, message) ||
	    exemption_of_recipients(settings, message, is_exempt)) {
		verdict_accept(verdict_r, VERDICT_BY_EXEMPTION);
		arena_clear(&arena);
		return;
	}
	verdict_accept(verdict_r, VERDICT_BY_NOTHING);
	billing_end(settings, message, is_exempt, &arena, &bill);
	judge(&inquiry, &bill, ask_about(&inquiry, STORE_CHARGE, &bill),
	      verdict_r);
	bill_clear(&bill);
	arena_clear(&arena);
}

void policy_abandon(struct policy *policy, const struct settings *settings,
		    const struct message *message, uint64_t now_ms)
{
	alignas(max_align_t) char memory[ARENA_SIZE];
	struct arena arena;
	struct bill bill;

	(void)now_ms;
	if (message->refused_recipients == 0 || message->recipient_count != 0 ||
	    exemption_of_message(settings, message))
		return;
	arena_init(&arena, memory, sizeof(memory));
	billing_envelope(settings, message, &arena, &bill);
	owe(policy, &bill);
	bill_clear(&bill);
	arena_clear(&arena);
}

void policy_tick(struct policy *policy, enum settings_on_failure on_failure,
		 uint64_t now_ms)
{
	struct charge owed[SETTLE_AT_ONCE];
	size_t count;

	refusals_sweep(policy->refusals, now_ms);
	while ((count = arrears_take_some(policy->arrears, owed,
					  SETTLE_AT_ONCE)) != 0) {
		policy_ask(policy, on_failure, STORE_ADD, owed, count, now_ms);
		for (size_t i = 0; i < count; i++)
			free((char *)(uintptr_t)owed[i].key);
	}
}
