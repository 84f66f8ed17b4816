/* SPDX-License-Identifier: ISC */
#ifndef WEIR_POLICY_WAY_H
#define WEIR_POLICY_WAY_H

/*
 * Without this each test of the policy would take its messages another way
 * than a milter does.
 *
 * One message's way through, MAIL to the end, with settings made by hand and
 * a store that counts its questions and can be away. Included by test
 * programs only, each of which has one of everything here.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/pattern.h"
#include "lib/policy/policy.h"
#include "lib/ledger/ledger.h"
#include "lib/store/store_memory.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define ALL		 0u
#define SENDER		 LIMIT_KEY_OF(DIMENSION_SENDER)
#define SENDER_DOMAIN	 LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN)
#define RECIPIENT	 LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define RECIPIENT_DOMAIN LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN)
#define CLIENT		 LIMIT_KEY_OF(DIMENSION_CLIENT)
#define AUTH		 LIMIT_KEY_OF(DIMENSION_AUTH)
#define HELO		 LIMIT_KEY_OF(DIMENSION_HELO)

#define JAKE "<jake@example.com>"
#define BOB  "<bob@example.net>"
#define ANN  "<ann@example.net>"

#define START_MS    1000000
#define MINUTE_MS   60000
#define MAX_WINDOWS 100

/* a store that counts its questions, and can be away */

struct counting {
	struct store store; /* first */
	struct store *windows;
	unsigned int asked[STORE_ADD + 1];
	bool keeps_late[STORE_ADD + 1]; /* the last time */
	bool is_away;
};

static inline enum store_answer counting_ask(struct store *store,
					     enum store_question question,
					     struct charge *charges,
					     size_t count, uint64_t now_ms)
{
	struct counting *counting = (struct counting *)(void *)store;

	__atomic_add_fetch(&counting->asked[question], 1, __ATOMIC_RELAXED);
	if (counting->is_away)
		return STORE_UNAVAILABLE;
	return store_ask(counting->windows, question, charges, count, now_ms);
}

static inline enum store_answer
counting_ask_within(struct store *store, enum store_question question,
		    struct charge *charges, size_t count, uint64_t now_ms,
		    struct store_patience *patience)
{
	struct counting *counting = (struct counting *)(void *)store;

	__atomic_store_n(&counting->keeps_late[question], patience->keeps_late,
			 __ATOMIC_RELAXED);
	return counting_ask(store, question, charges, count, now_ms);
}

static inline bool counting_is_open(const struct store *store)
{
	return !((const struct counting *)(const void *)store)->is_away;
}

static const struct store_methods counting_methods = {
	.ask = counting_ask,
	.ask_within = counting_ask_within,
	.is_open = counting_is_open,
};

static struct counting redis;
static struct ledger *ledger;
static struct policy *policy;
static struct limit limits[8];
static struct match exempt[2];
static struct settings settings;
static struct message message;
static struct verdict verdict;
static uint64_t now_ms;

static inline void setup(void)
{
	memset(&redis, 0, sizeof(redis));
	redis.store.methods = &counting_methods;
	redis.windows = store_memory_new(10000);
	ledger = ledger_new(10000);
	policy = policy_new(&redis.store, ledger, MAX_WINDOWS);
	memset(limits, 0, sizeof(limits));
	memset(exempt, 0, sizeof(exempt));
	memset(&settings, 0, sizeof(settings));
	settings.limits = limits;
	settings.exempt = exempt;
	settings.ipv6_prefix = 64;
	settings.redis.on_failure = ON_FAILURE_ACCEPT;
	message_init(&message);
	now_ms = START_MS;
}

static inline void teardown(void)
{
	policy_free(&policy);
	ck_assert_ptr_null(policy);
	policy_free(&policy);
	store_free(&redis.windows);
	ledger_free(&ledger);
	message_clear(&message);
	for (size_t i = 0; i < settings.limit_count; i++)
		match_clear(&limits[i].match);
	for (size_t i = 0; i < settings.exempt_count; i++)
		match_clear(&exempt[i]);
}

/* settings */

/* Counts messages in a minute, names itself by its place: "0", "1"... */
static inline struct limit *add_limit(unsigned int key, uint64_t max,
				      enum limit_action action)
{
	static char names[][2] = { "0", "1", "2", "3", "4", "5", "6", "7" };
	struct limit *limit = &limits[settings.limit_count];

	limit->name = names[settings.limit_count++];
	limit->key = key;
	limit->action = action;
	limit->max = max;
	limit->per_ms = MINUTE_MS;
	return limit;
}

static inline void put(struct pattern_list **list_r, const char *entry)
{
	const char *reason;

	*list_r = pattern_list_new();
	ck_assert(pattern_list_add(*list_r, entry, &reason));
}

static inline struct match *add_exemption(void)
{
	return &exempt[settings.exempt_count++];
}

/* a message's way through */

static inline enum verdict_kind mail_of(const char *sender,
					uint64_t declared_bytes)
{
	message_reset(&message);
	message.declared_bytes = declared_bytes;
	message_set_sender(&message, &address_rules_default, sender);
	policy_mail(policy, &settings, &message, now_ms, &verdict);
	return verdict.kind;
}

static inline enum verdict_kind mail(const char *sender)
{
	return mail_of(sender, 0);
}

static inline enum verdict_kind rcpt(const char *recipient)
{
	struct message_recipient *added = message_add_recipient(
		&message, &address_rules_default, recipient);

	if (message.is_simulated)
		return VERDICT_ACCEPT;
	policy_recipient(policy, &settings, &message, added, now_ms, &verdict);
	if (verdict_refuses(&verdict)) {
		message_drop_recipient(&message);
		message.refused_recipients++;
	}
	return verdict.kind;
}

static inline enum verdict_kind end(uint64_t bytes)
{
	message.bytes = bytes;
	policy_end(policy, &settings, &message, now_ms, &verdict);
	return verdict.kind;
}

/* To one recipient, as far as it goes; an MTA gives up without any. */
static inline enum verdict_kind send(const char *sender, const char *recipient)
{
	if (verdict_refuses((mail(sender), &verdict)))
		return verdict.kind;
	if (verdict_refuses((rcpt(recipient), &verdict))) {
		policy_abandon(policy, &settings, &message);
		return verdict.kind;
	}
	return end(1000);
}

/* A string with one letter for each of count messages: a, m, q, t, d, r. */
static inline const char *send_many(size_t count)
{
	static char kinds[100];

	ck_assert_uint_lt(count, sizeof(kinds));
	for (size_t i = 0; i < count; i++)
		kinds[i] = verdict_name(send(JAKE, BOB))[0];
	kinds[count] = '\0';
	return kinds;
}

/* A question about what is held for this subject of the limit. */
static inline struct charge look_at(const struct limit *limit,
				    const char *subject,
				    char key[WINDOW_KEY_SIZE])
{
	struct charge charge = { .shape = window_shape_of(limit->per_ms),
				 .cost = 1,
				 .max = WINDOW_COUNT_MAX };
	struct text text;

	text_init(&text, key, WINDOW_KEY_SIZE);
	subject_add_window(&text, subject, limit);
	charge.key = key;
	charge.key_length = text.length;
	return charge;
}

/* What the store holds. */
static inline uint64_t used(const struct limit *limit, const char *subject)
{
	char key[WINDOW_KEY_SIZE];
	struct charge charge = look_at(limit, subject, key);

	store_ask(redis.windows, STORE_PEEK, &charge, 1, now_ms);
	return charge.used;
}

/* What the process itself has counted. */
static inline uint64_t used_here(const struct limit *limit, const char *subject)
{
	char key[WINDOW_KEY_SIZE];
	struct charge charge = look_at(limit, subject, key);
	enum store_answer answer;

	ledger_ask(ledger, LEDGER_MISSED, STORE_PEEK, &charge, 1, now_ms,
		   &answer);
	return charge.used;
}

/* Debts go to the store as one sum. */
static inline bool deliver_sums(void *context,
				const struct ledger_delivery *delivery)
{
	(void)context;
	for (size_t i = 0; i < delivery->count; i++) {
		const struct ledger_unsynced *unsynced = &delivery->unsynced[i];
		struct charge charge = { .key = unsynced->key,
					 .key_length = unsynced->key_length,
					 .shape = unsynced->shape,
					 .cost = unsynced->window->used,
					 .max = WINDOW_COUNT_MAX };

		store_ask(redis.windows, STORE_ADD, &charge, 1,
			  delivery->now_ms);
	}
	return true;
}

static inline unsigned int asked_in_all(void)
{
	return redis.asked[STORE_CHARGE] + redis.asked[STORE_PEEK] +
	       redis.asked[STORE_ADD];
}

static inline void assert_by(const struct limit *limit, const char *subject)
{
	ck_assert_int_eq(verdict.cause, VERDICT_BY_LIMIT);
	ck_assert_ptr_eq(verdict.limit, limit);
	ck_assert_str_eq(verdict.subject, subject);
}

#endif
