/* SPDX-License-Identifier: ISC */
/* Which limits look at a message, and why the others do not. */
#include "t/lib/policy_way.h"

#include "milter/ctl/why_report.h"

static struct orders *orders;
static struct why_report report;

static void setup_report(void)
{
	setup();
	orders = orders_new();
	message_set_sender(&message, &address_rules_default, JAKE);
	message.bytes = 1000;
}

static void teardown_report(void)
{
	why_report_clear(&report);
	ck_assert_ptr_null(report.absent);
	ck_assert_ptr_null(report.orders);
	orders_release(&orders);
	teardown();
}

static void add_recipient(const char *raw)
{
	message_add_recipient(&message, &address_rules_default, raw);
}

static bool make(void)
{
	return why_report_make(
		&(struct why_question){
			.settings = &settings,
			.message = &message,
			.orders = orders,
			.store = &redis.store,
			.now_ms = now_ms,
		},
		&report);
}

static void assert_absent(const struct limit *limit, const char *reason)
{
	ck_assert(make());
	for (size_t i = 0; i < report.bill.count; i++)
		ck_assert_ptr_ne(report.bill.lines[i].limit, limit);
	for (size_t i = 0; i < report.absent_count; i++)
		if (report.absent[i].limit == limit) {
			ck_assert_str_eq(report.absent[i].reason, reason);
			return;
		}
	ck_abort_msg("the limit is not among the absent");
}

static struct order order_of(enum order_kind kind, const char *subject,
			     unsigned int key)
{
	static char by[] = "ann", none[] = "";

	return (struct order){
		.id = orders_count(orders) + 1,
		.kind = kind,
		.subject = (char *)(uintptr_t)subject,
		.key = key,
		.until_ms = now_ms + MINUTE_MS,
		.by = by,
		.reason = none,
		.owner = none,
		.action = LIMIT_REJECT,
	};
}

/* what looks */

START_TEST(test_windows_as_they_are_before_the_message)
{
	add_limit(SENDER, 10, LIMIT_REJECT);
	add_limit(RECIPIENT, 10, LIMIT_MONITOR)->unit = LIMIT_BYTES;
	send(JAKE, BOB);
	send(JAKE, BOB);
	add_recipient(ANN);
	memset(redis.asked, 0, sizeof(redis.asked));
	ck_assert(make());
	ck_assert_uint_eq(report.bill.count, 3);
	ck_assert_uint_eq(report.absent_count, 0);
	ck_assert_ptr_eq(report.bill.lines[0].limit, &limits[0]);
	ck_assert_str_eq(report.bill.lines[0].subject,
			 "sender:jake@example.com");
	ck_assert_uint_eq(report.bill.charges[0].used, 2);
	ck_assert_uint_eq(report.bill.charges[0].cost, 1);
	ck_assert_uint_eq(report.bill.charges[0].max, 10);
	ck_assert_uint_eq(report.bill.charges[0].wait_ms, 0);
	ck_assert_str_eq(report.bill.lines[1].subject,
			 "recipient:bob@example.net");
	ck_assert_uint_eq(report.bill.charges[1].used, 2000);
	ck_assert_uint_eq(report.bill.charges[1].wait_ms, WINDOW_NEVER);
	ck_assert_str_eq(report.bill.lines[2].subject,
			 "recipient:ann@example.net");
	ck_assert_uint_eq(report.bill.charges[2].used, 0);
	/* it only looks */
	ck_assert_uint_eq(redis.asked[STORE_PEEK], 1);
	ck_assert_uint_eq(asked_in_all(), 1);
}
END_TEST

START_TEST(test_a_store_that_is_away)
{
	add_limit(SENDER, 10, LIMIT_REJECT);
	add_recipient(BOB);
	redis.is_away = true;
	ck_assert(!make());
	ck_assert_uint_eq(report.bill.count, 1);
}
END_TEST

START_TEST(test_no_limits_at_all)
{
	add_recipient(BOB);
	ck_assert(make());
	ck_assert_uint_eq(report.bill.count, 0);
	ck_assert_uint_eq(report.absent_count, 0);
	ck_assert_ptr_null(report.exempt);
	ck_assert_uint_eq(report.order_count, 0);
}
END_TEST

/* what does not */

static const struct {
	unsigned int key;
	const char *reason;
} missing[] = {
	{ SENDER, "it has the null sender" },
	{ SENDER_DOMAIN, "its sender has no domain" },
	{ RECIPIENT_DOMAIN, "its recipient has no domain" },
	{ CLIENT, "it has no client address" },
	{ AUTH, "it has no login" },
	{ HELO, "it has no HELO name" },
	{ CLIENT | AUTH, "it has no client address" },
};

START_TEST(test_a_value_that_is_missing)
{
	struct limit *limit = add_limit(missing[_i].key, 1, LIMIT_REJECT);

	message_set_sender(&message, &address_rules_default, "<>");
	add_recipient("<postmaster>");
	assert_absent(limit, missing[_i].reason);
}
END_TEST

START_TEST(test_a_sender_without_a_domain)
{
	struct limit *limit = add_limit(SENDER_DOMAIN, 1, LIMIT_REJECT);

	message_set_sender(&message, &address_rules_default, "<root>");
	add_recipient(BOB);
	assert_absent(limit, "its sender has no domain");
}
END_TEST

START_TEST(test_a_match_that_does_not_hold)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	add_recipient(BOB);
	put(&limit->match.in.sender, "ann@example.com");
	assert_absent(limit, "its sender is not in the list \"sender\"");
}
END_TEST

START_TEST(test_a_match_that_holds_for_no_recipient)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	add_recipient(BOB);
	add_recipient(ANN);
	put(&limit->match.in.recipient, "eve@example.net");
	assert_absent(limit, "its recipient is not in the list \"recipient\"");
}
END_TEST

START_TEST(test_a_match_that_holds_for_one_recipient_looks)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	add_recipient(BOB);
	add_recipient(ANN);
	put(&limit->match.in.recipient, "ann@example.net");
	ck_assert(make());
	ck_assert_uint_eq(report.absent_count, 0);
	ck_assert_uint_eq(report.bill.count, 1);
}
END_TEST

START_TEST(test_no_recipient)
{
	struct limit *limit = add_limit(RECIPIENT, 1, LIMIT_REJECT);

	assert_absent(limit, "it has no recipient");
}
END_TEST

/* who is exempt */

START_TEST(test_an_exempt_message)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);
	struct match *of_ann = add_exemption(), *of_jake = add_exemption();

	put(&of_ann->in.sender, "ann@example.com");
	put(&of_jake->in.sender, "jake@example.com");
	add_recipient(BOB);
	assert_absent(limit, "the message is exempt");
	ck_assert_ptr_eq(report.exempt, of_jake);
	ck_assert_uint_eq(report.bill.count, 0);
}
END_TEST

/* Also behind an exemption that looks at recipients. */
START_TEST(test_an_exempt_message_without_recipients)
{
	struct match *of_bob = add_exemption(), *of_jake = add_exemption();

	put(&of_bob->in.recipient, "bob@example.net");
	put(&of_jake->in.sender, "jake@example.com");
	ck_assert(make());
	ck_assert_ptr_eq(report.exempt, of_jake);
}
END_TEST

START_TEST(test_all_recipients_are_exempt)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	put(&add_exemption()->in.recipient, "@example.net");
	add_recipient(BOB);
	add_recipient(ANN);
	assert_absent(limit, "the message is exempt");
	ck_assert_ptr_eq(report.exempt, &exempt[0]);
}
END_TEST

START_TEST(test_one_recipient_is_exempt)
{
	add_limit(RECIPIENT, 1, LIMIT_REJECT);
	put(&add_exemption()->in.recipient, "bob@example.net");
	add_recipient(BOB);
	add_recipient(ANN);
	ck_assert(make());
	ck_assert_ptr_null(report.exempt);
	ck_assert_uint_eq(report.bill.count, 1);
	ck_assert_str_eq(report.bill.lines[0].subject,
			 "recipient:ann@example.net");
}
END_TEST

START_TEST(test_a_limit_for_whom_is_exempt)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	put(&limit->match.in.recipient, "bob@example.net");
	put(&add_exemption()->in.recipient, "bob@example.net");
	add_recipient(BOB);
	add_recipient(ANN);
	assert_absent(limit, "all its recipients are exempt");
}
END_TEST

/* Who is exempt is not why: the other one has no domain. */
START_TEST(test_an_exempt_one_beside_one_without_the_value)
{
	struct limit *limit = add_limit(RECIPIENT_DOMAIN, 1, LIMIT_REJECT);

	put(&add_exemption()->in.recipient, "bob@example.net");
	add_recipient(BOB);
	add_recipient("<postmaster>");
	assert_absent(limit, "its recipient has no domain");
}
END_TEST

/* A limit for bob alone, who is exempt: ann is not why. */
START_TEST(test_an_exempt_one_behind_one_of_another_list)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	put(&limit->match.in.recipient, "bob@example.net");
	put(&add_exemption()->in.recipient, "bob@example.net");
	add_recipient(ANN);
	add_recipient(BOB);
	assert_absent(limit, "all its recipients are exempt");
}
END_TEST

/* which orders */

START_TEST(test_orders_about_the_message)
{
	struct order order = order_of(ORDER_BLOCK, "all", ALL);

	add_limit(SENDER, 10, LIMIT_REJECT);
	add_recipient(BOB);
	add_recipient(ANN);
	orders_add(orders, &order, 0);
	order = order_of(ORDER_BLOCK, "recipient:ann@example.net", RECIPIENT);
	orders_add(orders, &order, 0);
	order = order_of(ORDER_BLOCK, "recipient:eve@example.net", RECIPIENT);
	orders_add(orders, &order, 0);
	order = order_of(ORDER_BLOCK, "sender:jake@example.com", SENDER);
	order.until_ms = now_ms; /* has ended */
	orders_add(orders, &order, 0);
	ck_assert(make());
	ck_assert_uint_eq(report.order_count, 2);
	ck_assert_uint_eq(report.orders[0]->id, 1);
	ck_assert_uint_eq(report.orders[1]->id, 2);
}
END_TEST

START_TEST(test_an_override_is_in_the_line)
{
	struct order order = order_of(ORDER_OVERRIDE, "sender:jake@example.com",
				      SENDER);
	char *names[] = { (char[]){ "0" } };

	add_limit(SENDER, 10, LIMIT_REJECT);
	add_recipient(BOB);
	order.limits = names;
	order.limit_count = 1;
	order.max = 500;
	orders_add(orders, &order, 0);
	ck_assert(make());
	ck_assert_uint_eq(report.bill.charges[0].max, 500);
	ck_assert_uint_eq(report.order_count, 1);
}
END_TEST

START_TEST(test_a_permit_has_lines_of_its_own)
{
	struct order order = order_of(ORDER_PERMIT, "sender:jake@example.com",
				      SENDER);

	add_limit(SENDER, 1, LIMIT_REJECT);
	send(JAKE, BOB);
	order.messages = 5000;
	order.per_minute = 60;
	orders_add(orders, &order, 0);
	ck_assert(make());
	ck_assert_uint_eq(report.bill.count, 3);
	ck_assert_ptr_null(report.bill.lines[1].limit);
	ck_assert_uint_eq(report.bill.lines[1].permit->id, 1);
	ck_assert_uint_eq(report.bill.charges[1].max, 5000);
	ck_assert_uint_eq(report.bill.charges[2].max, 60);
	/* covered: there is room beyond max */
	ck_assert_uint_eq(report.bill.charges[0].used, 1);
	ck_assert_uint_eq(report.bill.charges[0].wait_ms, 0);
	ck_assert_uint_eq(report.order_count, 1);
	ck_assert_uint_eq(report.absent_count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("why_report");
	TCase *cases = tcase_create("reports");

	tcase_add_checked_fixture(cases, setup_report, teardown_report);
	tcase_add_test(cases, test_windows_as_they_are_before_the_message);
	tcase_add_test(cases, test_a_store_that_is_away);
	tcase_add_test(cases, test_no_limits_at_all);
	tcase_add_loop_test(cases, test_a_value_that_is_missing, 0,
			    COUNT_OF(missing));
	tcase_add_test(cases, test_a_sender_without_a_domain);
	tcase_add_test(cases, test_a_match_that_does_not_hold);
	tcase_add_test(cases, test_a_match_that_holds_for_no_recipient);
	tcase_add_test(cases, test_a_match_that_holds_for_one_recipient_looks);
	tcase_add_test(cases, test_no_recipient);
	tcase_add_test(cases, test_an_exempt_message);
	tcase_add_test(cases, test_an_exempt_message_without_recipients);
	tcase_add_test(cases, test_all_recipients_are_exempt);
	tcase_add_test(cases, test_one_recipient_is_exempt);
	tcase_add_test(cases, test_a_limit_for_whom_is_exempt);
	tcase_add_test(cases, test_an_exempt_one_beside_one_without_the_value);
	tcase_add_test(cases, test_an_exempt_one_behind_one_of_another_list);
	tcase_add_test(cases, test_orders_about_the_message);
	tcase_add_test(cases, test_an_override_is_in_the_line);
	tcase_add_test(cases, test_a_permit_has_lines_of_its_own);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
