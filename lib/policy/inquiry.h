/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INQUIRY_H
#define WEIR_INQUIRY_H

/*
 * One question about one message: what each stage needs to ask it. Private to
 * policy*.c and judge.c, as is what a policy consists of.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "charge_list.h"
#include "deferred_attempts.h"
#include "policy.h"
#include "refusal_cache.h"

/* Bytes on the stack for what one stage of a message needs. */
#define INQUIRY_ARENA_SIZE 4096

struct policy {
	struct store *store;
	struct ledger *ledger; /* NULL: none */
	struct refusal_cache *refusals;
	struct deferred_attempts *deferred;
	struct near_limit *near;
	atomic_ullong near_ms; /* when the last window was noted there; or 0 */
	pthread_mutex_t lock;
	struct orders *orders; /* under lock; NULL: none */
	atomic_bool has_orders;
};

struct inquiry {
	struct policy *policy;
	const struct settings *settings;
	struct orders *orders; /* a reference, NULL: none */
	const struct message *message;
	uint64_t now_ms;
	struct store_patience *patience; /* of all its questions together */
	/* The recipient that can be refused alone; NULL: it is about the whole
	 * message. */
	const struct message_recipient *one;
	struct message *admitting; /* at RCPT: notes what had room for one */
};

/* The caller releases its orders; patience must outlive it, and starts anew. */
struct inquiry inquiry_of(struct policy *policy,
			  const struct settings *settings,
			  const struct message *message, uint64_t now_ms,
			  struct store_patience *patience);

/* Permits and overrides of these recipients, see apply_orders.h. */
void inquiry_apply_orders(const struct inquiry *inquiry,
			  const struct message_recipient *recipients,
			  size_t count, struct charge_list *list);

/* Asks about all charges of the list, after what is deferred of their windows
 * was charged. */
enum store_answer inquiry_ask(const struct inquiry *inquiry,
			      enum store_question question,
			      const struct charge_list *list);

/* One question to the store, or to the ledger while the store is away and
 * on_failure is "local". */
enum store_answer policy_ask(struct policy *policy,
			     enum settings_on_failure on_failure,
			     enum store_question question,
			     struct charge *charges, size_t count,
			     uint64_t now_ms, struct store_patience *patience);

/* The message was refused without asking: the windows that count attempts are
 * charged later. */
void policy_defer(struct policy *policy, const struct charge_list *list);

#endif
