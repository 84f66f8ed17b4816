/* SPDX-License-Identifier: ISC */
/*
 * What the process decides without the store: what is known to be full, what
 * refused messages owe meanwhile, and what happens while the store is away.
 */
#include <check.h>
#include <stdio.h>

#include "t/lib/policy_way.h"

/* the refusal cache */

static void fill_sender(void)
{
	settings.cache_ms = 1000;
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
	ck_assert(verdict_refuses((send(JAKE, BOB), &verdict)));
	memset(redis.asked, 0, sizeof(redis.asked));
}

START_TEST(test_a_flood_is_refused_at_mail_without_a_question)
{
	const struct limit *limit = add_limit(SENDER, 1, LIMIT_TEMPFAIL);

	fill_sender();
	for (unsigned int i = 0; i < 500; i++) {
		now_ms++;
		ck_assert_int_eq(mail(JAKE), VERDICT_TEMPFAIL);
		ck_assert(verdict.is_cached);
	}
	assert_by(limit, "sender:jake@example.com");
	ck_assert_uint_eq(verdict.used, 1);
	ck_assert_uint_ge(verdict.wait_ms, MINUTE_MS - 500);
	ck_assert_uint_eq(asked_in_all(), 0);
	ck_assert_int_eq(send("<eve@example.com>", BOB), VERDICT_ACCEPT);
}
END_TEST

START_TEST(test_after_a_second_the_store_is_asked_again)
{
	add_limit(SENDER, 1, LIMIT_REJECT);
	fill_sender();
	now_ms += 999;
	ck_assert_int_eq(mail(JAKE), VERDICT_REJECT);
	now_ms += 1;
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	rcpt(BOB);
	ck_assert_int_eq(end(100), VERDICT_REJECT);
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], 1);
}
END_TEST

START_TEST(test_the_cache_ends_when_there_is_room)
{
	add_limit(SENDER, 1, LIMIT_REJECT)->per_ms = 60;
	fill_sender();
	ck_assert_uint_le(verdict.wait_ms, 61);
	now_ms += verdict.wait_ms - 1;
	ck_assert_int_eq(mail(JAKE), VERDICT_REJECT);
	now_ms += 1;
	ck_assert_str_eq(send_many(1), "a");
}
END_TEST

START_TEST(test_without_a_cache_each_message_is_asked_about)
{
	add_limit(SENDER, 1, LIMIT_REJECT);
	ck_assert_str_eq(send_many(5), "arrrr");
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], 5);
}
END_TEST

START_TEST(test_a_mailbox_is_refused_at_rcpt_without_a_question)
{
	const struct limit *limit = add_limit(RECIPIENT, 1, LIMIT_REJECT);

	fill_sender();
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert(verdict.is_cached);
	assert_by(limit, "recipient:bob@example.net");
	ck_assert_uint_eq(asked_in_all(), 0);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_uint_eq(redis.asked[STORE_PEEK], 1);
}
END_TEST

START_TEST(test_a_too_large_message_does_not_shut_out_small_ones)
{
	add_limit(SENDER, 1000, LIMIT_REJECT)->unit = LIMIT_BYTES;
	settings.cache_ms = 1000;
	mail(JAKE);
	rcpt(BOB);
	ck_assert_int_eq(end(600), VERDICT_ACCEPT);
	ck_assert_int_eq(end(600), VERDICT_REJECT);
	ck_assert_int_eq(end(5000), VERDICT_REJECT);
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	rcpt(BOB);
	ck_assert_int_eq(end(400), VERDICT_ACCEPT);
	ck_assert_int_eq(end(1), VERDICT_REJECT);
	ck_assert_int_eq(mail(JAKE), VERDICT_REJECT); /* now it is full */
}
END_TEST

START_TEST(test_a_limit_that_lets_pass_is_not_remembered)
{
	add_limit(SENDER, 1, LIMIT_QUARANTINE);
	settings.cache_ms = 1000;
	ck_assert_str_eq(send_many(3), "aqq");
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], 3);
}
END_TEST

START_TEST(test_an_open_exemption_waits_for_the_recipient)
{
	add_limit(SENDER, 1, LIMIT_REJECT);
	fill_sender();
	put(&add_exemption()->in.recipient, "postmaster@");
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert(verdict.is_cached);
	ck_assert_int_eq(rcpt("<postmaster@example.net>"), VERDICT_ACCEPT);
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

START_TEST(test_a_limit_for_some_recipients_waits_for_them)
{
	put(&add_limit(SENDER, 1, LIMIT_REJECT)->match.in.recipient, "bob@");
	fill_sender();
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
}
END_TEST

/* A sender's discard is known at RCPT, but recipients cannot be discarded:
 * the whole message is, at its end. */
START_TEST(test_a_discard_known_at_rcpt_is_left_to_the_end)
{
	put(&add_limit(SENDER, 1, LIMIT_DISCARD)->match.in.recipient, "bob@");
	settings.cache_ms = 1000;
	ck_assert_str_eq(send_many(3), "add");
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_ptr_null(verdict.limit);
}
END_TEST

START_TEST(test_discards_are_cached_at_mail)
{
	add_limit(SENDER, 1, LIMIT_DISCARD);
	settings.cache_ms = 1000;
	ck_assert_str_eq(send_many(5), "adddd");
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], 2);
}
END_TEST

/* what is owed */

START_TEST(test_a_tick_takes_what_is_owed_to_the_store)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	limit->count = LIMIT_COUNT_ATTEMPTS;
	fill_sender();
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 2);
	for (unsigned int i = 0; i < 50; i++)
		ck_assert_int_eq(mail(JAKE), VERDICT_REJECT);
	ck_assert_uint_eq(asked_in_all(), 0);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(redis.asked[STORE_ADD], 1);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 52);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(asked_in_all(), 1);
}
END_TEST

START_TEST(test_the_next_question_takes_along_what_is_owed)
{
	struct limit *first = add_limit(SENDER, 3, LIMIT_REJECT);
	struct limit *second = add_limit(ALL, 1, LIMIT_REJECT);
	const struct limit *third = add_limit(SENDER, 100, LIMIT_REJECT);

	first->count = second->count = LIMIT_COUNT_ATTEMPTS;
	fill_sender();
	for (unsigned int i = 0; i < 50; i++)
		ck_assert_int_eq(mail(JAKE), VERDICT_REJECT);
	now_ms += 1000;
	ck_assert_str_eq(send_many(1), "r");
	ck_assert_uint_eq(redis.asked[STORE_ADD], 1); /* for both windows */
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], 1);
	ck_assert_uint_eq(used(first, "sender:jake@example.com"), 53);
	ck_assert_uint_eq(used(second, "all"), 53);
	ck_assert_uint_eq(used(third, "sender:jake@example.com"), 1);
}
END_TEST

/* What Redis has charged, and says so too late, stays where nothing else counts
 * the message: not here, and not when it comes again. */
static const struct {
	enum settings_on_failure on_failure;
	bool charge_stays, add_stays;
} late_answers[] = {
	{ ON_FAILURE_LOCAL, false, false },
	{ ON_FAILURE_ACCEPT, true, true },
	{ ON_FAILURE_TEMPFAIL, false, true },
};

START_TEST(test_what_stays_of_a_late_answer)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	settings.redis.on_failure = late_answers[_i].on_failure;
	limit->count = LIMIT_COUNT_ATTEMPTS;
	fill_sender();
	ck_assert_int_eq(mail(JAKE), VERDICT_REJECT);
	now_ms += 1000;
	ck_assert_str_eq(send_many(1), "r");
	ck_assert_uint_eq(redis.asked[STORE_ADD], 1);
	ck_assert_int_eq(redis.keeps_late[STORE_CHARGE],
			 late_answers[_i].charge_stays);
	ck_assert_int_eq(redis.keeps_late[STORE_ADD],
			 late_answers[_i].add_stays);
}
END_TEST

START_TEST(test_only_what_is_asked_about_is_delivered)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	limit->count = LIMIT_COUNT_ATTEMPTS;
	fill_sender();
	ck_assert_int_eq(mail(JAKE), VERDICT_REJECT);
	ck_assert_int_eq(send("<eve@example.com>", BOB), VERDICT_ACCEPT);
	ck_assert_uint_eq(redis.asked[STORE_ADD], 0);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 2);
}
END_TEST

START_TEST(test_a_refused_recipient_owes_its_mailbox)
{
	struct limit *mailbox = add_limit(RECIPIENT, 1, LIMIT_REJECT);
	struct limit *sender = add_limit(SENDER, 100, LIMIT_REJECT);

	mailbox->count = sender->count = LIMIT_COUNT_ATTEMPTS;
	ck_assert_str_eq(send_many(1), "a");
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	policy_abandon(policy, &settings, &message); /* nothing more */
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(used(mailbox, "recipient:bob@example.net"), 2);
	ck_assert_uint_eq(used(mailbox, "recipient:ann@example.net"), 1);
	ck_assert_uint_eq(used(sender, "sender:jake@example.com"), 2);
}
END_TEST

START_TEST(test_a_message_with_all_recipients_refused_was_an_attempt)
{
	struct limit *sender = add_limit(SENDER, 100, LIMIT_REJECT);

	sender->count = LIMIT_COUNT_ATTEMPTS;
	add_limit(RECIPIENT, 1, LIMIT_REJECT);
	ck_assert_str_eq(send_many(4), "arrr");
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(used(sender, "sender:jake@example.com"), 4);
}
END_TEST

START_TEST(test_a_message_given_up_costs_nothing)
{
	struct limit *sender = add_limit(SENDER, 100, LIMIT_REJECT);

	sender->count = LIMIT_COUNT_ATTEMPTS;
	mail(JAKE);
	policy_abandon(policy, &settings, &message);
	rcpt(BOB);
	policy_abandon(policy, &settings, &message);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

START_TEST(test_an_exempt_message_owes_nothing)
{
	add_limit(SENDER, 1, LIMIT_REJECT)->count = LIMIT_COUNT_ATTEMPTS;
	put(&add_exemption()->in.sender, "jake@example.com");
	mail(JAKE);
	message.refused_recipients = 1; /* by somebody else */
	policy_abandon(policy, &settings, &message);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

START_TEST(test_attempts_for_some_recipients_are_owed_at_rcpt)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	limit->count = LIMIT_COUNT_ATTEMPTS;
	put(&limit->match.in.recipient, "bob@");
	fill_sender();
	ck_assert_str_eq(send_many(5), "rrrrr");
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 7);
}
END_TEST

START_TEST(test_a_long_unsynced_is_paid_in_parts)
{
	char sender[32];

	add_limit(SENDER, 1000, LIMIT_REJECT)->count = LIMIT_COUNT_ATTEMPTS;
	add_limit(ALL, 1, LIMIT_REJECT);
	policy_free(&policy);
	policy = policy_new(&redis.store, ledger, 1000);
	fill_sender();
	for (unsigned int i = 0; i < 250; i++) {
		snprintf(sender, sizeof(sender), "<s%u@example.com>", i);
		ck_assert_int_eq(mail(sender), VERDICT_REJECT);
	}
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(redis.asked[STORE_ADD], 3);
	ck_assert_uint_eq(used(&limits[0], "sender:s0@example.com"), 1);
	ck_assert_uint_eq(used(&limits[0], "sender:s249@example.com"), 1);
}
END_TEST

/* Refusals that come while the tick is at work are left to the next one: a
 * flood must not keep the thread of the signals for as long as it lasts. */
static enum store_answer flooded_ask(struct store *store,
				     enum store_question question,
				     struct charge *charges, size_t count,
				     uint64_t at_ms)
{
	enum store_answer answer = counting_ask(store, question, charges, count,
						at_ms);
	char sender[32];

	if (question == STORE_ADD && redis.asked[STORE_ADD] < 1000) {
		snprintf(sender, sizeof(sender), "<late%u@example.com>",
			 redis.asked[STORE_ADD]);
		mail(sender);
	}
	return answer;
}

START_TEST(test_a_tick_pays_what_is_owed_when_it_begins)
{
	static const struct store_methods flooded = {
		.ask = flooded_ask,
		.is_open = counting_is_open,
	};

	add_limit(SENDER, 1000, LIMIT_REJECT)->count = LIMIT_COUNT_ATTEMPTS;
	add_limit(ALL, 1, LIMIT_REJECT);
	fill_sender();
	ck_assert_int_eq(mail("<first@example.com>"), VERDICT_REJECT);
	redis.store.methods = &flooded;
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(redis.asked[STORE_ADD], 1);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(redis.asked[STORE_ADD], 2);
	redis.store.methods = &counting_methods;
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(used(&limits[0], "sender:late1@example.com"), 1);
	ck_assert_uint_eq(used(&limits[0], "sender:late2@example.com"), 1);
}
END_TEST

/* when the store is away */

START_TEST(test_away_accept_lets_mail_through)
{
	add_limit(SENDER, 1, LIMIT_REJECT);
	add_limit(RECIPIENT, 1, LIMIT_REJECT);
	redis.is_away = true;
	ck_assert_str_eq(send_many(3), "aaa");
	ck_assert_int_eq(verdict.cause, VERDICT_BY_FAILURE);
	ck_assert_ptr_null(verdict.limit);
	ck_assert_uint_eq(used_here(&limits[0], "sender:jake@example.com"), 0);
}
END_TEST

START_TEST(test_away_tempfail_asks_to_come_back)
{
	struct limit *limit = add_limit(SENDER, 10, LIMIT_REJECT);

	limit->count = LIMIT_COUNT_ATTEMPTS;
	settings.redis.on_failure = ON_FAILURE_TEMPFAIL;
	redis.is_away = true;
	ck_assert_str_eq(send_many(3), "ttt");
	ck_assert_int_eq(verdict.cause, VERDICT_BY_FAILURE);
	ck_assert_ptr_null(verdict.limit);
	redis.is_away = false;
	ck_assert_str_eq(send_many(1), "a");
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 1);
}
END_TEST

START_TEST(test_our_failure_at_rcpt_is_not_the_senders_attempt)
{
	struct limit *mailbox = add_limit(RECIPIENT, 10, LIMIT_REJECT);

	mailbox->count = LIMIT_COUNT_ATTEMPTS;
	settings.redis.on_failure = ON_FAILURE_TEMPFAIL;
	redis.is_away = true;
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_TEMPFAIL);
	redis.is_away = false;
	policy_tick(policy, ON_FAILURE_TEMPFAIL, now_ms);
	ck_assert_uint_eq(redis.asked[STORE_ADD], 0);
}
END_TEST

START_TEST(test_away_local_counts_here)
{
	const struct limit *limit = add_limit(SENDER, 2, LIMIT_REJECT);

	settings.redis.on_failure = ON_FAILURE_LOCAL;
	redis.is_away = true;
	ck_assert_str_eq(send_many(4), "aarr");
	assert_by(limit, "sender:jake@example.com");
	ck_assert_uint_eq(used_here(limit, "sender:jake@example.com"), 2);
	redis.is_away = false;
	/* the store is not asked before it knows what was charged here */
	ck_assert_str_eq(send_many(1), "r");
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 0);
	ck_assert(ledger_reconcile(ledger, deliver_sums, NULL, now_ms));
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 2);
	ck_assert_str_eq(send_many(1), "r");
}
END_TEST

START_TEST(test_away_local_begins_with_what_it_knows)
{
	const struct limit *limit = add_limit(SENDER, 5, LIMIT_REJECT);

	settings.redis.on_failure = ON_FAILURE_LOCAL;
	ck_assert_str_eq(send_many(3), "aaa");
	redis.is_away = true;
	ck_assert_str_eq(send_many(3), "aar");
	redis.is_away = false;
	ck_assert(ledger_reconcile(ledger, deliver_sums, NULL, now_ms));
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 5);
	ck_assert_str_eq(send_many(1), "r");
}
END_TEST

START_TEST(test_away_local_keeps_what_is_owed)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	limit->count = LIMIT_COUNT_ATTEMPTS;
	settings.redis.on_failure = ON_FAILURE_LOCAL;
	fill_sender();
	redis.is_away = true;
	ck_assert_str_eq(send_many(5), "rrrrr");
	policy_tick(policy, ON_FAILURE_LOCAL, now_ms);
	ck_assert_uint_eq(used_here(limit, "sender:jake@example.com"), 2 + 5);
}
END_TEST

START_TEST(test_without_limits_nobody_is_asked)
{
	settings.redis.on_failure = ON_FAILURE_TEMPFAIL;
	redis.is_away = true;
	ck_assert_str_eq(send_many(3), "aaa");
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

static void add_cache(TCase *cases)
{
	tcase_add_test(cases,
		       test_a_flood_is_refused_at_mail_without_a_question);
	tcase_add_test(cases, test_after_a_second_the_store_is_asked_again);
	tcase_add_test(cases, test_the_cache_ends_when_there_is_room);
	tcase_add_test(cases, test_without_a_cache_each_message_is_asked_about);
	tcase_add_test(cases,
		       test_a_mailbox_is_refused_at_rcpt_without_a_question);
	tcase_add_test(cases,
		       test_a_too_large_message_does_not_shut_out_small_ones);
	tcase_add_test(cases, test_a_limit_that_lets_pass_is_not_remembered);
	tcase_add_test(cases, test_an_open_exemption_waits_for_the_recipient);
	tcase_add_test(cases, test_a_limit_for_some_recipients_waits_for_them);
	tcase_add_test(cases, test_a_discard_known_at_rcpt_is_left_to_the_end);
	tcase_add_test(cases, test_discards_are_cached_at_mail);
}

static void add_owed(TCase *cases)
{
	tcase_add_test(cases, test_a_tick_takes_what_is_owed_to_the_store);
	tcase_add_test(cases, test_the_next_question_takes_along_what_is_owed);
	tcase_add_test(cases, test_only_what_is_asked_about_is_delivered);
	tcase_add_test(cases, test_a_refused_recipient_owes_its_mailbox);
	tcase_add_loop_test(cases, test_what_stays_of_a_late_answer, 0,
			    sizeof(late_answers) / sizeof(late_answers[0]));
	tcase_add_test(
		cases,
		test_a_message_with_all_recipients_refused_was_an_attempt);
	tcase_add_test(cases, test_a_message_given_up_costs_nothing);
	tcase_add_test(cases, test_an_exempt_message_owes_nothing);
	tcase_add_test(cases,
		       test_attempts_for_some_recipients_are_owed_at_rcpt);
	tcase_add_test(cases, test_a_long_unsynced_is_paid_in_parts);
	tcase_add_test(cases, test_a_tick_pays_what_is_owed_when_it_begins);
}

static void add_away(TCase *cases)
{
	tcase_add_test(cases, test_away_accept_lets_mail_through);
	tcase_add_test(cases, test_away_tempfail_asks_to_come_back);
	tcase_add_test(cases,
		       test_our_failure_at_rcpt_is_not_the_senders_attempt);
	tcase_add_test(cases, test_away_local_counts_here);
	tcase_add_test(cases, test_away_local_begins_with_what_it_knows);
	tcase_add_test(cases, test_away_local_keeps_what_is_owed);
	tcase_add_test(cases, test_without_limits_nobody_is_asked);
}

static const struct {
	const char *name;
	void (*add)(TCase *cases);
} groups[] = {
	{ "refusal cache", add_cache },
	{ "what is owed", add_owed },
	{ "store away", add_away },
};

int main(void)
{
	Suite *suite = suite_create("policy_cache");

	for (int i = 0; i < COUNT_OF(groups); i++) {
		TCase *cases = tcase_create(groups[i].name);

		tcase_add_checked_fixture(cases, setup, teardown);
		tcase_set_timeout(cases, 60); /* sanitizers, valgrind */
		groups[i].add(cases);
		suite_add_tcase(suite, cases);
	}
	return check_run(suite);
}
