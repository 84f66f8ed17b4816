/* SPDX-License-Identifier: ISC */

/*
 * Orders change while messages are on their way: eight threads ask, one lays
 * new orders on the policy, one takes what is busy. What each message was told
 * fits the orders of some moment; the rest is for the thread sanitizer.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "policy_orders.h"

#define ASKERS	 8
#define MESSAGES 400
#define BUDGET	 150
#define ROUNDS	 200

static atomic_uint accepted, refused, wrong, sent;
static atomic_bool is_changed; /* often enough */
static atomic_bool is_over;

/* What may be said of this sender's messages, whatever the orders are. */
struct asker {
	const char *sender;
	bool may_pass, may_stop;
};

static void count_verdict(const struct asker *asker, const struct verdict *told)
{
	bool stops = verdict_refuses(told);

	atomic_fetch_add(stops ? &refused : &accepted, 1);
	if (stops ? !asker->may_stop : !asker->may_pass)
		atomic_fetch_add(&wrong, 1);
	if (told->cause == VERDICT_BY_BLOCK &&
	    strncmp(told->subject, "sender", 6) != 0)
		atomic_fetch_add(&wrong, 1);
}

/* One message of a thread's own, as a callback would send it. */
static void ask_once(const struct asker *asker, struct message *own,
		     uint64_t at_ms)
{
	struct message_recipient *recipient;
	struct policy_needs needs;
	struct verdict told;

	policy_needs(policy, &settings, &needs);
	message_reset(own);
	message_set_sender(own, &address_rules_default, asker->sender);
	policy_mail(policy, &settings, own, at_ms, &told);
	if (verdict_refuses(&told)) {
		count_verdict(asker, &told);
		return;
	}
	recipient = message_add_recipient(own, &address_rules_default, BOB);
	policy_recipient(policy, &settings, own, recipient, at_ms, &told);
	if (!verdict_refuses(&told)) {
		own->bytes = 1000;
		policy_end(policy, &settings, own, at_ms, &told);
	}
	count_verdict(asker, &told);
}

static void *ask_main(void *context)
{
	const struct asker *asker = context;
	struct message own;

	message_init(&own);
	for (unsigned int i = 0; i < MESSAGES || !is_changed; i++) {
		ask_once(asker, &own, START_MS + i % 1000);
		atomic_fetch_add(&sent, 1);
	}
	message_clear(&own);
	return NULL;
}

static void *take_main(void *context)
{
	struct near_limit_window windows[16];

	while (!atomic_load(&is_over)) {
		size_t count = policy_take_near_limit(policy, windows, 16);
		struct orders *orders = policy_orders(policy);

		for (size_t i = 0; i < count; i++)
			near_limit_window_clear(&windows[i]);
		for (size_t i = 0; i < orders_count(orders); i++)
			if (orders_at(orders, i)->id == 0)
				atomic_fetch_add(&wrong, 1);
		orders_release(&orders);
		policy_tick(policy, ON_FAILURE_ACCEPT, START_MS);
	}
	return context;
}

/* Each is other than the one before; none at all now and then. */
static void change_orders(unsigned int round)
{
	forget_orders();
	if (round % 2 == 0)
		add_block(SENDER, "sender:jake@example.com", LIMIT_REJECT);
	if (round % 3 == 0)
		add_block(SENDER_DOMAIN, "sender_domain:example.org",
			  LIMIT_TEMPFAIL);
	if (round % 5 == 0)
		add_override(SENDER, "sender:eve@example.com", "0",
			     1 + round % 7);
	if (round % 7 == 0)
		add_block(RECIPIENT, "recipient:nobody@example.net",
			  LIMIT_REJECT);
	obey();
}

/* Orders change until each thread has seen some of them, and somebody was
 * refused. */
static void run(const struct asker *askers, void (*change)(unsigned int round))
{
	pthread_t threads[ASKERS], taker;

	accepted = refused = wrong = sent = 0;
	is_over = false;
	is_changed = change == NULL;
	ck_assert_int_eq(pthread_create(&taker, NULL, take_main, NULL), 0);
	for (size_t i = 0; i < ASKERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_main,
						(void *)(uintptr_t)&askers[i]),
				 0);
	for (unsigned int round = 0;
	     change != NULL &&
	     (round < ROUNDS || sent < (unsigned int)(ASKERS * MESSAGES) ||
	      refused == 0);
	     round++)
		change(round);
	is_changed = true;
	for (size_t i = 0; i < ASKERS; i++)
		pthread_join(threads[i], NULL);
	is_over = true;
	pthread_join(taker, NULL);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_ge(sent, ASKERS * MESSAGES);
	ck_assert_uint_eq(accepted + refused, sent);
}

static void obey_again(unsigned int round)
{
	(void)round;
	obey();
}

/* _i: with and without refusals being remembered. */
START_TEST(test_orders_change_while_messages_come)
{
	static const struct asker askers[ASKERS] = {
		{ "<jake@example.com>", true, true },
		{ "<jake@example.com>", true, true },
		{ "<ann@example.net>", true, false },
		{ "<bob@example.net>", true, false },
		{ "<x@example.org>", true, true },
		{ "<eve@example.com>", true, true },
		{ "<eve@example.com>", true, true },
		{ "<>", true, false },
	};

	settings.cache_ms = _i == 0 ? 0 : 1000;
	add_limit(SENDER, 100000, LIMIT_TEMPFAIL);
	run(askers, change_orders);
	/* those that nothing is ever laid on */
	ck_assert_uint_ge(accepted, 3 * MESSAGES);
}
END_TEST

/* Of all that eight threads send, exactly the budget passes. */
START_TEST(test_exactly_the_budget_passes)
{
	struct asker askers[ASKERS];

	settings.cache_ms = _i == 0 ? 0 : 1000;
	for (size_t i = 0; i < ASKERS; i++)
		askers[i] = (struct asker){ JAKE, true, true };
	add_limit(SENDER, 5, LIMIT_TEMPFAIL);
	add_permit(SENDER, "sender:jake@example.com", BUDGET);
	obey();
	run(askers, NULL);
	ck_assert_uint_eq(accepted, BUDGET);
}
END_TEST

/* The same while the same orders are laid on it again and again. */
START_TEST(test_the_budget_outlives_its_snapshots)
{
	struct asker askers[ASKERS];

	settings.cache_ms = _i == 0 ? 0 : 1000;
	for (size_t i = 0; i < ASKERS; i++)
		askers[i] = (struct asker){ JAKE, true, true };
	add_limit(SENDER, 5, LIMIT_TEMPFAIL);
	add_permit(SENDER, "sender:jake@example.com", BUDGET);
	obey();
	run(askers, obey_again);
	ck_assert_uint_eq(accepted, BUDGET);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy_threads");
	TCase *tcase = tcase_create("policy_threads");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, start_orders, stop_orders);
	tcase_add_loop_test(tcase, test_orders_change_while_messages_come, 0,
			    2);
	tcase_add_loop_test(tcase, test_exactly_the_budget_passes, 0, 2);
	tcase_add_loop_test(tcase, test_the_budget_outlives_its_snapshots, 0,
			    2);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
