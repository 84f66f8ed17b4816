/* SPDX-License-Identifier: ISC */
/* Blocks, permits and overrides on a message's way, one by one. */
#include "policy_orders.h"

/* How many of count messages to BOB pass. */
static unsigned int passes(const char *sender, unsigned int count)
{
	unsigned int passed = 0;

	while (count-- != 0)
		passed += send(sender, BOB) < VERDICT_TEMPFAIL;
	return passed;
}

/* blocks */

static const struct {
	enum limit_action action;
	enum verdict_kind kind;
} actions[] = {
	{ LIMIT_QUARANTINE, VERDICT_QUARANTINE },
	{ LIMIT_TEMPFAIL, VERDICT_TEMPFAIL },
	{ LIMIT_DISCARD, VERDICT_DISCARD },
	{ LIMIT_REJECT, VERDICT_REJECT },
};

START_TEST(test_a_block_of_a_sender)
{
	add_block(SENDER, "sender:jake@example.com", actions[_i].action);
	obey();
	ck_assert_int_eq(send(JAKE, BOB), actions[_i].kind);
	ck_assert_int_eq(verdict.cause, VERDICT_BY_BLOCK);
	ck_assert_ptr_null(verdict.limit);
	ck_assert_uint_eq(verdict.order, 1);
	ck_assert_str_eq(verdict.subject, "sender:jake@example.com");
	ck_assert_uint_eq(verdict.wait_ms, HOUR_MS);
	ck_assert_int_eq(send(ANN, BOB), VERDICT_ACCEPT);
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

START_TEST(test_a_block_has_its_time)
{
	struct order *block = add_block(SENDER, "sender:jake@example.com",
					LIMIT_REJECT);

	block->from_ms = now_ms + 10;
	block->until_ms = now_ms + 20;
	obey();
	now_ms += 9;
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
	now_ms += 1;
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_REJECT);
	now_ms += 9;
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_REJECT);
	ck_assert_uint_eq(verdict.wait_ms, 1);
	now_ms += 1;
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
}
END_TEST

START_TEST(test_a_lifted_block_is_gone_at_once)
{
	add_block(ALL, "all", LIMIT_REJECT);
	obey();
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_REJECT);
	forget_orders();
	obey();
	ck_assert_ptr_null(policy_orders(policy));
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
}
END_TEST

START_TEST(test_the_gravest_block_wins)
{
	add_block(SENDER, "sender:jake@example.com", LIMIT_TEMPFAIL);
	add_block(SENDER_DOMAIN, "sender_domain:example.com", LIMIT_REJECT);
	add_block(ALL, "all", LIMIT_QUARANTINE);
	obey();
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_REJECT);
	ck_assert_uint_eq(verdict.order, 2);
	ck_assert_int_eq(send(ANN, BOB), VERDICT_QUARANTINE);
	ck_assert_uint_eq(verdict.order, 3);
}
END_TEST

/* A block that only holds leaves the limits to count, and to refuse. */
START_TEST(test_limits_count_what_a_block_holds)
{
	const struct limit *limit = add_limit(SENDER, 2, LIMIT_REJECT);

	add_block(SENDER, "sender:jake@example.com", LIMIT_QUARANTINE);
	obey();
	ck_assert_str_eq(send_many(4), "qqrr");
	ck_assert_int_eq(verdict.cause, VERDICT_BY_LIMIT);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 2);
}
END_TEST

START_TEST(test_a_refusing_block_charges_nothing)
{
	const struct limit *limit = add_limit(SENDER, 2, LIMIT_REJECT);

	add_block(SENDER, "sender:jake@example.com", LIMIT_TEMPFAIL);
	obey();
	ck_assert_str_eq(send_many(4), "tttt");
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 0);
}
END_TEST

START_TEST(test_a_blocked_recipient_is_refused_alone)
{
	add_block(RECIPIENT, "recipient:bob@example.net", LIMIT_REJECT);
	obey();
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(end(1000), VERDICT_ACCEPT);
}
END_TEST

/* A discard would take ann's copy with it. */
START_TEST(test_a_discard_of_one_recipient_of_two)
{
	add_block(RECIPIENT, "recipient:bob@example.net", LIMIT_DISCARD);
	obey();
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_TEMPFAIL);
	ck_assert_int_eq(end(1000), VERDICT_ACCEPT);
	/* alone it is dropped */
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(end(1000), VERDICT_DISCARD);
}
END_TEST

START_TEST(test_exempt_mail_knows_no_blocks)
{
	add_block(SENDER, "sender:jake@example.com", LIMIT_REJECT);
	obey();
	put(&add_exemption()->in.sender, "jake@example.com");
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(verdict.cause, VERDICT_BY_EXEMPTION);
}
END_TEST

/* permits */

/* Exactly N, and then the limit at once: these were all counted. */
START_TEST(test_exactly_n_pass)
{
	const struct limit *limit = add_limit(SENDER, 5, LIMIT_TEMPFAIL);

	add_permit(SENDER, "sender:jake@example.com", 20);
	obey();
	ck_assert_uint_eq(passes(JAKE, 50), 20);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 20);
	ck_assert_uint_eq(passes(ANN, 50), 5);
	assert_by(limit, "sender:ann@example.net");
}
END_TEST

/* A minute later the limit has room again, the permit has none. */
START_TEST(test_the_budget_is_for_all_of_its_time)
{
	add_limit(SENDER, 5, LIMIT_TEMPFAIL);
	add_permit(SENDER, "sender:jake@example.com", 20);
	obey();
	ck_assert_uint_eq(passes(JAKE, 12), 12);
	now_ms += 2 * MINUTE_MS;
	ck_assert_uint_eq(passes(JAKE, 50), 8);
	now_ms += 30 * MINUTE_MS;
	ck_assert_uint_eq(passes(JAKE, 50), 5);
	now_ms += HOUR_MS;
	ck_assert_uint_eq(passes(JAKE, 50), 5);
}
END_TEST

/* What is shared with others is not charged: nobody pays for a permit. */
START_TEST(test_nobody_else_pays)
{
	const struct limit *all = add_limit(ALL, 10, LIMIT_TEMPFAIL);
	const struct limit *recipient = add_limit(RECIPIENT, 10, LIMIT_REJECT);

	add_permit(SENDER, "sender:jake@example.com", 30);
	obey();
	ck_assert_uint_eq(passes(JAKE, 30), 30);
	ck_assert_uint_eq(used(all, "all"), 0);
	ck_assert_uint_eq(used(recipient, "recipient:bob@example.net"), 0);
	ck_assert_uint_eq(passes(ANN, 50), 10);
	ck_assert_uint_eq(passes(JAKE, 50), 0);
}
END_TEST

/* A full window of others does not stop the permitted. */
START_TEST(test_a_permit_passes_by_a_full_gateway)
{
	const struct limit *all = add_limit(ALL, 10, LIMIT_TEMPFAIL);

	ck_assert_uint_eq(passes(ANN, 50), 10);
	add_permit(SENDER, "sender:jake@example.com", 30);
	obey();
	ck_assert_uint_eq(passes(JAKE, 50), 30);
	ck_assert_uint_eq(passes(ANN, 5), 0);
	ck_assert_uint_eq(used(all, "all"), 10);
}
END_TEST

START_TEST(test_a_permit_of_all_mail)
{
	add_limit(SENDER, 5, LIMIT_TEMPFAIL);
	add_permit(ALL, "all", 40);
	obey();
	ck_assert_uint_eq(passes(JAKE, 30) + passes(ANN, 30), 40);
}
END_TEST

START_TEST(test_a_permit_is_of_some_limits)
{
	add_limit(SENDER, 5, LIMIT_TEMPFAIL);
	add_limit(SENDER, 8, LIMIT_REJECT);
	name_limit(add_permit(SENDER, "sender:jake@example.com", 30), "0");
	obey();
	ck_assert_uint_eq(passes(JAKE, 50), 8);
	ck_assert_int_eq(verdict.kind, VERDICT_REJECT);
}
END_TEST

START_TEST(test_a_permit_has_a_pace)
{
	add_limit(SENDER, 1, LIMIT_TEMPFAIL);
	add_permit(SENDER, "sender:jake@example.com", 25)->per_minute = 10;
	obey();
	ck_assert_uint_eq(passes(JAKE, 50), 10);
	now_ms += 2 * MINUTE_MS;
	ck_assert_uint_eq(passes(JAKE, 50), 10);
	now_ms += 2 * MINUTE_MS;
	ck_assert_uint_eq(passes(JAKE, 50), 5);
	now_ms += 2 * MINUTE_MS;
	ck_assert_uint_eq(passes(JAKE, 50), 1); /* the limit's own */
}
END_TEST

START_TEST(test_permits_follow_one_another)
{
	add_limit(SENDER, 1, LIMIT_TEMPFAIL);
	add_permit(SENDER, "sender:jake@example.com", 7);
	add_permit(SENDER_DOMAIN, "sender_domain:example.com", 9);
	obey();
	ck_assert_uint_eq(passes(JAKE, 50), 16);
}
END_TEST

START_TEST(test_a_block_is_graver_than_a_permit)
{
	add_permit(SENDER, "sender:jake@example.com", 7);
	add_block(SENDER, "sender:jake@example.com", LIMIT_REJECT);
	obey();
	ck_assert_uint_eq(passes(JAKE, 5), 0);
}
END_TEST

/* Nothing is asked twice while a refusal is known, with a permit or not. */
START_TEST(test_exactly_n_pass_with_refusals_known)
{
	settings.cache_ms = 1000;
	add_limit(SENDER, 5, LIMIT_TEMPFAIL);
	ck_assert_uint_eq(passes(JAKE, 10), 5);
	add_permit(SENDER, "sender:jake@example.com", 20);
	obey(); /* the refusal is forgotten */
	ck_assert_uint_eq(passes(JAKE, 50), 20);
	ck_assert(verdict.is_cached);
	ck_assert_uint_eq(passes(ANN, 10), 5);
}
END_TEST

START_TEST(test_a_recipient_may_get_more)
{
	const struct limit *limit = add_limit(RECIPIENT, 2, LIMIT_TEMPFAIL);

	add_permit(RECIPIENT, "recipient:bob@example.net", 6);
	obey();
	ck_assert_uint_eq(passes(JAKE, 10), 6);
	/* with another recipient in the message, bob's permit is over */
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_TEMPFAIL);
	ck_assert_int_eq(end(1000), VERDICT_ACCEPT);
	ck_assert_uint_eq(used(limit, "recipient:ann@example.net"), 1);
}
END_TEST

/* At RCPT and at the end a permit covers the same windows, or a message would
 * be told to come again for ever. */
START_TEST(test_a_permit_among_other_recipients)
{
	add_limit(RECIPIENT_DOMAIN, 2, LIMIT_REJECT);
	add_permit(RECIPIENT, "recipient:bob@example.net", 6);
	obey();
	ck_assert_int_eq(send(JAKE, "<kim@example.net>"), VERDICT_ACCEPT);
	ck_assert_int_eq(send(JAKE, "<kim@example.net>"), VERDICT_ACCEPT);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
		ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
		ck_assert_int_eq(rcpt("<sue@example.org>"), VERDICT_ACCEPT);
		ck_assert_int_eq(end(1000), VERDICT_ACCEPT);
	}
	/* of one window that others are counted in, too, it covers nothing */
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<kim@example.net>"), VERDICT_REJECT);
	ck_assert_int_eq(end(1000), VERDICT_ACCEPT);
}
END_TEST

/* overrides */

static const uint64_t maxes[] = { 1, 3, 5, 9 };

/* Who has a permit does not pay for those who have none. */
START_TEST(test_a_full_sender_and_one_permitted_recipient)
{
	const struct limit *sender = add_limit(SENDER, 1, LIMIT_REJECT);

	add_permit(RECIPIENT, "recipient:bob@example.net", 10);
	obey();
	ck_assert_int_eq(send(JAKE, ANN), VERDICT_ACCEPT);
	for (int i = 0; i < 2; i++) {
		mail(JAKE);
		ck_assert_int_eq(rcpt(i == 0 ? BOB : ANN),
				 i == 0 ? VERDICT_ACCEPT : VERDICT_REJECT);
		ck_assert_int_eq(rcpt(i == 0 ? ANN : BOB),
				 i == 0 ? VERDICT_REJECT : VERDICT_ACCEPT);
		ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	}
	ck_assert_uint_eq(used(sender, "sender:jake@example.com"), 1);
}
END_TEST

START_TEST(test_a_permit_lifts_a_ceiling)
{
	struct limit *limit = add_limit(ALL, 1, LIMIT_REJECT);
	enum verdict_kind found[4];

	limit->unit = LIMIT_RECIPIENTS;
	limit->per_ms = 0;
	add_permit(SENDER, "sender:jake@example.com", 2);
	obey();
	for (int i = 0; i < 4; i++) {
		mail(i == 1 ? "<eve@example.com>" : JAKE);
		rcpt(BOB);
		rcpt(ANN);
		found[i] = end(100);
	}
	ck_assert_int_eq(found[0], VERDICT_ACCEPT);
	ck_assert_int_eq(found[1], VERDICT_REJECT);
	ck_assert_int_eq(found[2], VERDICT_ACCEPT);
	ck_assert_int_eq(found[3], VERDICT_REJECT);
	ck_assert_uint_eq(verdict.wait_ms, WINDOW_NEVER);
	/* and an order can raise it */
	forget_orders();
	add_override(ALL, "all", "0", 2);
	obey();
	mail(JAKE);
	rcpt(BOB);
	rcpt(ANN);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
}
END_TEST

START_TEST(test_an_override)
{
	add_limit(SENDER, 5, LIMIT_TEMPFAIL);
	add_override(SENDER, "sender:jake@example.com", "0", maxes[_i]);
	obey();
	ck_assert_uint_eq(passes(JAKE, 20), (unsigned int)maxes[_i]);
	ck_assert_uint_eq(verdict.max, maxes[_i]);
	ck_assert_uint_eq(passes(ANN, 20), 5);
	ck_assert_uint_eq(verdict.max, 5);
	now_ms += HOUR_MS;
	ck_assert_uint_eq(passes(JAKE, 20), 5);
}
END_TEST

START_TEST(test_an_override_forgets_the_refusal)
{
	settings.cache_ms = 1000;
	add_limit(SENDER, 5, LIMIT_TEMPFAIL);
	ck_assert_uint_eq(passes(JAKE, 10), 5);
	add_override(SENDER, "sender:jake@example.com", "0", 8);
	obey();
	ck_assert_uint_eq(passes(JAKE, 10), 3);
}
END_TEST

/* what the stages of SMTP must hear of */

static const struct {
	enum order_kind kind;
	unsigned int key;
	const char *subject;
	bool helo, rcpt_answer;
} needed[] = {
	{ ORDER_BLOCK, SENDER, "sender:jake@example.com", false, false },
	{ ORDER_BLOCK, HELO, "helo:h", true, false },
	{ ORDER_PERMIT, HELO | SENDER, "sender+helo:a@x+h", true, false },
	{ ORDER_BLOCK, RECIPIENT, "recipient:bob@example.net", false, true },
	{ ORDER_PERMIT, RECIPIENT_DOMAIN, "recipient_domain:x", false, true },
	{ ORDER_OVERRIDE, HELO, "helo:h", false, false },
};

START_TEST(test_needs_of_orders)
{
	struct policy_needs needs;

	add_order(needed[_i].kind, needed[_i].key, needed[_i].subject);
	obey();
	policy_needs(policy, &settings, &needs);
	ck_assert_int_eq(needs.helo, needed[_i].helo);
	ck_assert_int_eq(needs.rcpt_answer, needed[_i].rcpt_answer);
	ck_assert(!needs.content);
}
END_TEST

static void add_blocks(TCase *tcase)
{
	tcase_add_loop_test(tcase, test_a_block_of_a_sender, 0,
			    COUNT_OF(actions));
	tcase_add_test(tcase, test_a_block_has_its_time);
	tcase_add_test(tcase, test_a_lifted_block_is_gone_at_once);
	tcase_add_test(tcase, test_the_gravest_block_wins);
	tcase_add_test(tcase, test_limits_count_what_a_block_holds);
	tcase_add_test(tcase, test_a_refusing_block_charges_nothing);
	tcase_add_test(tcase, test_a_blocked_recipient_is_refused_alone);
	tcase_add_test(tcase, test_a_discard_of_one_recipient_of_two);
	tcase_add_test(tcase, test_exempt_mail_knows_no_blocks);
	tcase_add_loop_test(tcase, test_needs_of_orders, 0, COUNT_OF(needed));
}

static void add_permits(TCase *tcase)
{
	tcase_add_test(tcase, test_exactly_n_pass);
	tcase_add_test(tcase, test_the_budget_is_for_all_of_its_time);
	tcase_add_test(tcase, test_nobody_else_pays);
	tcase_add_test(tcase, test_a_permit_passes_by_a_full_gateway);
	tcase_add_test(tcase, test_a_permit_of_all_mail);
	tcase_add_test(tcase, test_a_permit_among_other_recipients);
	tcase_add_test(tcase, test_a_full_sender_and_one_permitted_recipient);
	tcase_add_test(tcase, test_a_permit_lifts_a_ceiling);
	tcase_add_test(tcase, test_a_permit_is_of_some_limits);
	tcase_add_test(tcase, test_a_permit_has_a_pace);
	tcase_add_test(tcase, test_permits_follow_one_another);
	tcase_add_test(tcase, test_a_block_is_graver_than_a_permit);
	tcase_add_test(tcase, test_exactly_n_pass_with_refusals_known);
	tcase_add_test(tcase, test_a_recipient_may_get_more);
	tcase_add_loop_test(tcase, test_an_override, 0, COUNT_OF(maxes));
	tcase_add_test(tcase, test_an_override_forgets_the_refusal);
}

int main(void)
{
	Suite *suite = suite_create("policy_orders");
	TCase *tcase = tcase_create("policy_orders");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start_orders, stop_orders);
	add_blocks(tcase);
	add_permits(tcase);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
