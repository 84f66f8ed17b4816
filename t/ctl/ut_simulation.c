/* SPDX-License-Identifier: ISC */
/* A message through its stages, on a policy; wet and dry. */
#include "t/lib/policy_way.h"

#include "lib/store/store_whatif.h"
#include "milter/ctl/simulation.h"

#define EVE "<eve@example.net>"

static struct store *dry;
static struct orders *orders;
static struct simulation simulation;

static void setup_simulation(void)
{
	setup();
	dry = store_whatif_new(&redis.store);
	orders = orders_new();
}

static void teardown_simulation(void)
{
	simulation_clear(&simulation);
	ck_assert_ptr_null(simulation.answers);
	orders_release(&orders);
	store_free(&dry);
	teardown();
}

/* From jake to these; on a policy of its own, so that nothing is known. */
static void try_on(struct store *store, const char *const *recipients,
		   size_t count)
{
	struct policy *fresh = policy_new(store, NULL, MAX_WINDOWS);
	struct orders *held = orders_acquire(orders);

	policy_set_orders(fresh, &held);
	message_reset(&message);
	message_set_sender(&message, &address_rules_default, JAKE);
	message.bytes = 1000;
	simulation_clear(&simulation);
	simulation_run(
		&(struct simulation_case){
			.policy = fresh,
			.settings = &settings,
			.message = &message,
			.recipients = recipients,
			.recipient_count = count,
			.now_ms = now_ms,
		},
		&simulation);
	policy_abandon(fresh, &settings, &message);
	policy_tick(fresh, ON_FAILURE_ACCEPT, now_ms);
	policy_free(&fresh);
}

static const char *const three[] = { BOB, EVE, ANN };

static void try_three(void)
{
	try_on(&redis.store, three, 3);
}

/* "M: reject", "R1: tempfail E: accept" */
static const char *told(void)
{
	static char options[400];
	struct text text;

	text_init(&text, options, sizeof(options));
	for (size_t i = 0; i < simulation.count; i++) {
		const struct simulation_answer *answer = &simulation.answers[i];

		if (i != 0)
			text_add_string(&text, " ");
		if (answer->stage == SIMULATION_RCPT)
			text_add_format(&text, "R%zu: ", answer->recipient);
		else
			text_add_string(&text, answer->stage == SIMULATION_MAIL
						       ? "M: "
						       : "E: ");
		text_add_string(&text, verdict_name(answer->verdict.kind));
	}
	return options;
}

static void block(const char *subject, unsigned int key,
		  enum limit_action action)
{
	struct order order = {
		.id = orders_count(orders) + 1,
		.kind = ORDER_BLOCK,
		.subject = (char *)(uintptr_t)subject,
		.key = key,
		.until_ms = now_ms + MINUTE_MS,
		.by = (char[]){ "ann" },
		.reason = (char[]){ "" },
		.owner = (char[]){ "" },
		.action = action,
	};

	orders_add(orders, &order, 0);
}

START_TEST(test_names_of_stages)
{
	ck_assert_str_eq(simulation_stage_names[SIMULATION_MAIL], "MAIL");
	ck_assert_str_eq(simulation_stage_names[SIMULATION_RCPT], "RCPT");
	ck_assert_str_eq(simulation_stage_names[SIMULATION_DATA], "DATA");
	ck_assert_str_eq(simulation_stage_names[SIMULATION_END],
			 "end of message");
}
END_TEST

START_TEST(test_only_the_end_is_told_when_nothing_happens)
{
	try_three();
	ck_assert_str_eq(told(), "E: accept");
	ck_assert_uint_eq(message.recipient_count, 3);
	ck_assert_ptr_eq(simulation_verdict(&simulation),
			 &simulation.answers[0].verdict);
}
END_TEST

START_TEST(test_a_refusal_at_mail_ends_it)
{
	block("sender:jake@example.com", SENDER, LIMIT_REJECT);
	try_three();
	ck_assert_str_eq(told(), "M: reject");
	ck_assert_uint_eq(message.recipient_count, 0);
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

START_TEST(test_a_discard_at_mail_ends_it)
{
	block("all", ALL, LIMIT_DISCARD);
	try_three();
	ck_assert_str_eq(told(), "M: discard");
}
END_TEST

START_TEST(test_a_refused_recipient_goes_alone)
{
	block("recipient:eve@example.net", RECIPIENT, LIMIT_REJECT);
	try_three();
	ck_assert_str_eq(told(), "R1: reject E: accept");
	ck_assert_uint_eq(message.recipient_count, 2);
	ck_assert_str_eq(message.recipients[0].address.data, "bob@example.net");
	ck_assert_str_eq(message.recipients[1].address.data, "ann@example.net");
	ck_assert_uint_eq(message.refused_recipients, 1);
}
END_TEST

START_TEST(test_without_recipients_there_is_no_end)
{
	block("recipient_domain:example.net", RECIPIENT_DOMAIN, LIMIT_TEMPFAIL);
	add_limit(SENDER, 10, LIMIT_REJECT)->count = LIMIT_COUNT_ATTEMPTS;
	try_three();
	ck_assert_str_eq(told(), "R0: tempfail R1: tempfail R2: tempfail");
	ck_assert_ptr_eq(simulation_verdict(&simulation),
			 &simulation.answers[2].verdict);
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], 0);
	/* and still was an attempt */
	ck_assert_uint_eq(used(&limits[0], "sender:jake@example.com"), 1);
}
END_TEST

START_TEST(test_nobody_is_asked_about_recipients_in_vain)
{
	add_limit(SENDER, 10, LIMIT_REJECT);
	try_three();
	ck_assert_str_eq(told(), "E: accept");
	ck_assert_uint_eq(redis.asked[STORE_PEEK], 0);
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], 1);
}
END_TEST

START_TEST(test_a_message_that_is_simulated_has_no_rcpt)
{
	block("recipient:eve@example.net", RECIPIENT, LIMIT_REJECT);
	message.is_simulated = true;
	try_three();
	ck_assert_str_eq(told(), "E: reject");
	ck_assert_uint_eq(message.recipient_count, 3);
}
END_TEST

START_TEST(test_without_any_recipient_from_the_start)
{
	add_limit(SENDER, 10, LIMIT_REJECT);
	try_on(&redis.store, NULL, 0);
	ck_assert_str_eq(told(), "E: accept");
}
END_TEST

START_TEST(test_a_limit_of_recipients_is_noticed_at_rcpt)
{
	add_limit(RECIPIENT, 1, LIMIT_REJECT);
	try_on(&redis.store, &three[1], 1);
	ck_assert_str_eq(told(), "E: accept");
	try_three();
	ck_assert_str_eq(told(), "R1: reject E: accept");
}
END_TEST

START_TEST(test_redis_is_away)
{
	add_limit(SENDER, 1, LIMIT_REJECT);
	redis.is_away = true;
	try_three();
	ck_assert_str_eq(told(), "E: accept");
	ck_assert_int_eq(simulation_verdict(&simulation)->cause,
			 VERDICT_BY_FAILURE);
	settings.redis.on_failure = ON_FAILURE_TEMPFAIL;
	try_three();
	ck_assert_str_eq(told(), "E: tempfail");
}
END_TEST

/* dry: the same words, and nothing is charged */

static const struct {
	enum limit_action action;
	enum limit_count count;
	const char *told;
	uint64_t used; /* in words, after the charge */
} overs[] = {
	{ LIMIT_MONITOR, LIMIT_COUNT_ACCEPTED, "E: monitor", 3 },
	{ LIMIT_MONITOR, LIMIT_COUNT_ATTEMPTS, "E: monitor", 3 },
	{ LIMIT_QUARANTINE, LIMIT_COUNT_ACCEPTED, "E: quarantine", 3 },
	{ LIMIT_TEMPFAIL, LIMIT_COUNT_ACCEPTED, "E: tempfail", 2 },
	{ LIMIT_TEMPFAIL, LIMIT_COUNT_ATTEMPTS, "E: tempfail", 3 },
	{ LIMIT_DISCARD, LIMIT_COUNT_ACCEPTED, "E: discard", 2 },
	{ LIMIT_REJECT, LIMIT_COUNT_ATTEMPTS, "E: reject", 3 },
};

START_TEST(test_a_dry_simulation_says_what_a_message_gets)
{
	struct limit *limit = add_limit(SENDER, 2, overs[_i].action);
	uint64_t wait_ms;

	limit->count = overs[_i].count;
	try_three();
	try_three();
	ck_assert_str_eq(told(), "E: accept");
	now_ms += 1500;
	try_on(dry, three, 3);
	ck_assert_str_eq(told(), overs[_i].told);
	ck_assert_uint_eq(simulation_verdict(&simulation)->used,
			  overs[_i].used);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 2);
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], 2);
	ck_assert_uint_eq(redis.asked[STORE_ADD], 0);
	wait_ms = simulation_verdict(&simulation)->wait_ms;
	ck_assert_uint_gt(wait_ms, 0);
	try_three();
	ck_assert_str_eq(told(), overs[_i].told);
	ck_assert_uint_eq(simulation_verdict(&simulation)->used,
			  overs[_i].used);
	ck_assert_uint_eq(simulation_verdict(&simulation)->wait_ms, wait_ms);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"),
			  overs[_i].used);
}
END_TEST

/* The first recipient owes an attempt, which the second one finds; the
 * message is one attempt all the same. */
START_TEST(test_a_dry_simulation_knows_what_it_owes)
{
	struct limit *limit = add_limit(RECIPIENT_DOMAIN, 1, LIMIT_REJECT);

	limit->count = LIMIT_COUNT_ATTEMPTS;
	try_on(&redis.store, three, 1);
	for (int is_wet = 0; is_wet <= 1; is_wet++) {
		try_on(is_wet ? &redis.store : dry, three, 3);
		ck_assert_str_eq(told(), "R0: reject R1: reject R2: reject");
		for (uint64_t i = 0; i < 3; i++)
			ck_assert_uint_eq(simulation.answers[i].verdict.used,
					  i == 0 ? 1 : 2);
		ck_assert_uint_eq(used(limit, "recipient_domain:example.net"),
				  is_wet ? 2 : 1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trial");
	TCase *cases = tcase_create("trial");

	tcase_add_checked_fixture(cases, setup_simulation, teardown_simulation);
	tcase_add_test(cases, test_names_of_stages);
	tcase_add_test(cases, test_only_the_end_is_told_when_nothing_happens);
	tcase_add_test(cases, test_a_refusal_at_mail_ends_it);
	tcase_add_test(cases, test_a_discard_at_mail_ends_it);
	tcase_add_test(cases, test_a_refused_recipient_goes_alone);
	tcase_add_test(cases, test_without_recipients_there_is_no_end);
	tcase_add_test(cases, test_nobody_is_asked_about_recipients_in_vain);
	tcase_add_test(cases, test_a_message_that_is_simulated_has_no_rcpt);
	tcase_add_test(cases, test_without_any_recipient_from_the_start);
	tcase_add_test(cases, test_a_limit_of_recipients_is_noticed_at_rcpt);
	tcase_add_test(cases, test_redis_is_away);
	tcase_add_loop_test(cases,
			    test_a_dry_simulation_says_what_a_message_gets, 0,
			    COUNT_OF(overs));
	tcase_add_test(cases, test_a_dry_simulation_knows_what_it_owes);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
