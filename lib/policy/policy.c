/* SPDX-License-Identifier: ISC */

/* What the stages share; these are in policy_mail.c, policy_recipient.c and
 * policy_end.c. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/pattern.h"
#include "inquiry.h"

#define DEFERRED_AT_ONCE 100  /* windows in one question of the tick */
#define DEFERRED_MAX	 2000 /* in one tick */

struct policy *policy_new(struct store *store, struct ledger *ledger,
			  size_t max_windows)
{
	struct policy *policy = alloc_zero(sizeof(*policy));

	policy->store = store;
	policy->ledger = ledger;
	policy->refusals = refusal_cache_new(max_windows);
	policy->deferred = deferred_attempts_new(max_windows);
	policy->near = near_limit_new(max_windows);
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
	near_limit_free(&policy->near);
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

/* what a session must ask for */

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

bool policy_is_near(const struct policy *policy, uint64_t now_ms)
{
	uint64_t near_ms = atomic_load_explicit(&policy->near_ms,
						memory_order_relaxed);

	return near_ms != 0 && now_ms < near_ms + NEAR_LIMIT_MS;
}

/* the tick */

/* Charges up to max windows, at most DEFERRED_AT_ONCE. False: none was left, or
 * the store is not available. */
static bool charge_some(struct policy *policy,
			enum settings_on_failure on_failure, size_t max,
			uint64_t now_ms, struct store_patience *patience)
{
	alignas(max_align_t) char memory[INQUIRY_ARENA_SIZE];
	struct charge deferred[DEFERRED_AT_ONCE];
	enum store_answer answer;
	struct arena arena;
	size_t count;

	arena_init(&arena, memory, sizeof(memory));
	count = deferred_attempts_take_some(policy->deferred, &arena, deferred,
					    max);
	answer = policy_ask(policy, on_failure, STORE_ADD, deferred, count,
			    now_ms, patience);
	arena_clear(&arena);
	return count != 0 && answer != STORE_UNAVAILABLE;
}

void policy_tick(struct policy *policy, enum settings_on_failure on_failure,
		 uint64_t now_ms)
{
	size_t left = deferred_attempts_count(policy->deferred);
	struct store_patience patience = { 0 };

	refusal_cache_sweep(policy->refusals, now_ms);
	if (left > DEFERRED_MAX)
		left = DEFERRED_MAX;
	while (left != 0) {
		size_t max = left < DEFERRED_AT_ONCE ? left : DEFERRED_AT_ONCE;

		if (!charge_some(policy, on_failure, max, now_ms, &patience))
			break;
		left -= max;
	}
}

size_t policy_take_near_limit(struct policy *policy,
			      struct near_limit_window *windows_r, size_t max)
{
	return near_limit_take(policy->near, windows_r, max);
}
size_t policy_count_near(struct policy *policy, uint64_t now_ms)
{
	return near_limit_count(policy->near, now_ms);
}
