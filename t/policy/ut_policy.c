/* SPDX-License-Identifier: ISC */
/* The rules of charging, and who is counted: each rule is a test. */
#include <check.h>
#include <pthread.h>

#include "t/lib/policy_way.h"

/* rules of charging */

START_TEST(test_a_limit_admits_its_max)
{
	const struct limit *limit = add_limit(SENDER, 3, LIMIT_REJECT);

	ck_assert_str_eq(send_many(5), "aaarr");
	assert_by(limit, "sender:jake@example.com");
	ck_assert_uint_eq(verdict.used, 3);
	ck_assert_uint_eq(verdict.cost, 1);
	ck_assert_uint_le(verdict.wait_ms, MINUTE_MS + 1000);
	ck_assert_uint_ge(verdict.wait_ms, MINUTE_MS);
	now_ms += verdict.wait_ms - 1;
	ck_assert_str_eq(send_many(1), "r");
	now_ms += 1;
	ck_assert_str_eq(send_many(4), "aaar");
}
END_TEST

START_TEST(test_all_are_charged_or_none)
{
	const struct limit *first = add_limit(SENDER, 10, LIMIT_REJECT);
	const struct limit *over = add_limit(ALL, 2, LIMIT_TEMPFAIL);
	const struct limit *last = add_limit(SENDER_DOMAIN, 10, LIMIT_REJECT);

	ck_assert_str_eq(send_many(6), "aatttt");
	ck_assert_uint_eq(used(first, "sender:jake@example.com"), 2);
	ck_assert_uint_eq(used(over, "all"), 2);
	ck_assert_uint_eq(used(last, "sender_domain:example.com"), 2);
}
END_TEST

START_TEST(test_attempts_are_charged_when_refused)
{
	const struct limit *accepted = add_limit(SENDER, 10, LIMIT_REJECT);
	struct limit *attempts = add_limit(ALL, 2, LIMIT_REJECT);

	attempts->count = LIMIT_COUNT_ATTEMPTS;
	ck_assert_str_eq(send_many(5), "aarrr");
	ck_assert_uint_eq(used(accepted, "sender:jake@example.com"), 2);
	ck_assert_uint_eq(used(attempts, "all"), 5);
}
END_TEST

START_TEST(test_attempts_recover_only_in_silence)
{
	add_limit(SENDER, 2, LIMIT_REJECT)->count = LIMIT_COUNT_ATTEMPTS;
	settings.cache_ms = 1000;
	ck_assert_str_eq(send_many(2), "aa");
	for (unsigned int second = 0; second < 300; second++) {
		ck_assert_str_eq(send_many(1), "r");
		now_ms += 1000;
	}
	now_ms += MINUTE_MS;
	ck_assert_str_eq(send_many(1), "a");
}
END_TEST

START_TEST(test_limits_on_one_key_form_a_ladder)
{
	const struct limit *low = add_limit(SENDER, 2, LIMIT_QUARANTINE);

	add_limit(SENDER, 4, LIMIT_TEMPFAIL);
	add_limit(SENDER, 1, LIMIT_MONITOR);
	ck_assert_str_eq(send_many(6), "amqqtt");
	ck_assert_uint_eq(used(low, "sender:jake@example.com"), 4);
}
END_TEST

START_TEST(test_the_gravest_action_wins)
{
	static const enum limit_action actions[] = {
		LIMIT_TEMPFAIL, LIMIT_REJECT, LIMIT_MONITOR, LIMIT_QUARANTINE,
		LIMIT_DISCARD
	};
	const char *kinds;

	for (size_t i = 0; i < 5; i++)
		add_limit(SENDER, 1, actions[i]);
	ck_assert_str_eq(send_many(2), "ar");
	assert_by(&limits[1], "sender:jake@example.com");
	limits[1].max = 2;
	ck_assert_str_eq(send_many(1), "d");
	limits[4].max = 2;
	ck_assert_str_eq(send_many(1), "t");
	limits[0].max = 2;
	kinds = send_many(1);
	ck_assert_str_eq(kinds, "q");
}
END_TEST

START_TEST(test_too_many_recipients_never_fit)
{
	struct limit *limit = add_limit(SENDER, 2, LIMIT_TEMPFAIL);

	limit->unit = LIMIT_RECIPIENTS;
	mail(JAKE);
	rcpt(BOB);
	rcpt(ANN);
	rcpt("<third@example.net>");
	ck_assert_int_eq(end(100), VERDICT_REJECT);
	ck_assert_uint_eq(verdict.wait_ms, WINDOW_NEVER);
	ck_assert_uint_eq(verdict.cost, 3);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 0);
	ck_assert_str_eq(send_many(3), "aat");
}
END_TEST

START_TEST(test_too_many_bytes_never_fit)
{
	struct limit *limit = add_limit(SENDER, 1000, LIMIT_TEMPFAIL);

	limit->unit = LIMIT_BYTES;
	mail(JAKE);
	rcpt(BOB);
	ck_assert_int_eq(end(1001), VERDICT_REJECT);
	ck_assert_uint_eq(verdict.wait_ms, WINDOW_NEVER);
	ck_assert_uint_eq(verdict.cost, 1001);
	mail(JAKE);
	rcpt(BOB);
	ck_assert_int_eq(end(1000), VERDICT_ACCEPT);
}
END_TEST

START_TEST(test_a_declared_size_is_refused_at_rcpt)
{
	struct limit *limit = add_limit(RECIPIENT, 1000, LIMIT_TEMPFAIL);

	limit->unit = LIMIT_BYTES;
	mail(JAKE);
	message.declared_bytes = 1001;
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert_uint_eq(verdict.wait_ms, WINDOW_NEVER);
	message.declared_bytes = UINT64_MAX;
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert_uint_eq(verdict.cost, WINDOW_COUNT_MAX);
	message.declared_bytes = 0;
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
}
END_TEST

/* ceilings for one message */

static const struct {
	enum limit_action action;
	enum verdict_kind kind;
} refusing[] = {
	{ LIMIT_TEMPFAIL, VERDICT_TEMPFAIL },
	{ LIMIT_REJECT, VERDICT_REJECT },
};

static struct limit *add_ceiling(unsigned int key, enum limit_unit unit,
				 uint64_t max, enum limit_action action)
{
	struct limit *limit = add_limit(key, max, action);

	limit->unit = unit;
	limit->per_ms = 0;
	return limit;
}

static const struct {
	enum limit_action action;
	enum verdict_kind kind;
} ceilings[] = {
	{ LIMIT_MONITOR, VERDICT_MONITOR },
	{ LIMIT_QUARANTINE, VERDICT_QUARANTINE },
	{ LIMIT_TEMPFAIL, VERDICT_REJECT }, /* to wait is no advice */
	{ LIMIT_DISCARD, VERDICT_DISCARD },
	{ LIMIT_REJECT, VERDICT_REJECT },
};

START_TEST(test_a_ceiling_on_recipients_keeps_no_count)
{
	const struct limit *limit = add_ceiling(ALL, LIMIT_RECIPIENTS, 2,
						ceilings[_i].action);

	for (int i = 0; i < 5; i++) {
		mail(JAKE);
		rcpt(BOB);
		rcpt(ANN);
		ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	}
	mail(JAKE);
	rcpt(BOB);
	rcpt(ANN);
	rcpt("<eve@example.net>");
	ck_assert_int_eq(end(100), ceilings[_i].kind);
	assert_by(limit, "all");
	ck_assert_uint_eq(verdict.used, 3);
	ck_assert_uint_eq(verdict.cost, 3);
	ck_assert_uint_eq(verdict.max, 2);
	ck_assert_uint_eq(verdict.wait_ms, WINDOW_NEVER);
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

START_TEST(test_a_ceiling_on_bytes_is_known_at_mail)
{
	const struct limit *limit = add_ceiling(SENDER, LIMIT_BYTES, 1000,
						ceilings[_i].action);
	bool stops = limit_action_stops(limit->action);

	ck_assert_int_eq(mail_of(JAKE, 1000), VERDICT_ACCEPT);
	ck_assert_int_eq(mail_of("<>", 1001), VERDICT_ACCEPT);
	ck_assert_int_eq(mail_of(JAKE, 1001),
			 stops ? ceilings[_i].kind : VERDICT_ACCEPT);
	/* less was declared */
	mail_of(JAKE, 10);
	rcpt(BOB);
	ck_assert_int_eq(end(1001), ceilings[_i].kind);
	assert_by(limit, "sender:jake@example.com");
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

START_TEST(test_a_ceiling_by_recipient_refuses_alone)
{
	const struct limit *domain = add_ceiling(
		RECIPIENT_DOMAIN, LIMIT_RECIPIENTS, 2, refusing[_i].action);
	const struct limit *box = add_ceiling(RECIPIENT, LIMIT_BYTES, 1000,
					      refusing[_i].action);

	put(&limits[1].match.in.recipient, "small@");
	mail_of(JAKE, 1001);
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<eve@example.net>"), refusing[_i].kind);
	assert_by(domain, "recipient_domain:example.net");
	ck_assert_int_eq(rcpt("<small@example.org>"), VERDICT_REJECT);
	assert_by(box, "recipient:small@example.org");
	ck_assert_int_eq(rcpt("<eve@example.org>"), VERDICT_ACCEPT);
	ck_assert_int_eq(end(1001), VERDICT_ACCEPT);
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

/* What is refused by a ceiling uses up no window, but of attempts. */
START_TEST(test_a_ceiling_beside_windows)
{
	const struct limit *accepted = add_limit(SENDER, 10, LIMIT_REJECT);
	struct limit *attempts = add_limit(ALL, 10, LIMIT_REJECT);

	attempts->count = LIMIT_COUNT_ATTEMPTS;
	add_ceiling(ALL, LIMIT_RECIPIENTS, 1, LIMIT_REJECT);
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
	mail(JAKE);
	rcpt(BOB);
	rcpt(ANN);
	ck_assert_int_eq(end(100), VERDICT_REJECT);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(used(accepted, "sender:jake@example.com"), 1);
	ck_assert_uint_eq(used(attempts, "all"), 2);
	redis.is_away = true;
	mail(JAKE);
	rcpt(BOB);
	rcpt(ANN);
	ck_assert_int_eq(end(100), VERDICT_REJECT);
}
END_TEST

START_TEST(test_a_mailbox_named_twice_is_charged_once)
{
	const struct limit *mailbox = add_limit(RECIPIENT, 10, LIMIT_REJECT);

	mail(JAKE);
	rcpt(BOB);
	rcpt("<Bob+x@EXAMPLE.net>");
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_uint_eq(used(mailbox, "recipient:bob@example.net"), 1);
}
END_TEST

/* at RCPT */

static void fill_mailbox(const char *recipient)
{
	while (!verdict_refuses(
		(send("<x@flood.example>", recipient), &verdict)))
		;
}

START_TEST(test_one_full_mailbox_is_refused_alone)
{
	const struct limit *mailbox = add_limit(RECIPIENT, 2,
						refusing[_i].action);
	unsigned int charges;

	fill_mailbox(BOB);
	charges = redis.asked[STORE_CHARGE];
	mail(JAKE);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), refusing[_i].kind);
	assert_by(mailbox, "recipient:bob@example.net");
	ck_assert_int_eq(rcpt("<eve@example.net>"), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_uint_eq(redis.asked[STORE_CHARGE], charges + 1);
	ck_assert_uint_eq(used(mailbox, "recipient:ann@example.net"), 1);
	ck_assert_uint_eq(used(mailbox, "recipient:bob@example.net"), 2);
}
END_TEST

START_TEST(test_a_peek_charges_nothing)
{
	const struct limit *mailbox = add_limit(RECIPIENT, 2, LIMIT_REJECT);

	mail(JAKE);
	for (unsigned int i = 0; i < 5; i++)
		ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	/* a mailbox that is named again is not asked about again */
	ck_assert_uint_eq(redis.asked[STORE_PEEK], 1);
	ck_assert_uint_eq(used(mailbox, "recipient:bob@example.net"), 0);
}
END_TEST

START_TEST(test_no_peek_without_a_recipient_key)
{
	add_limit(SENDER, 2, LIMIT_REJECT);
	add_limit(RECIPIENT, 2, LIMIT_MONITOR);
	mail(JAKE);
	rcpt(BOB);
	rcpt(ANN);
	ck_assert_uint_eq(asked_in_all(), 0);
	end(100);
	ck_assert_uint_eq(asked_in_all(), 1);
}
END_TEST

START_TEST(test_a_pair_is_full_for_its_sender_alone)
{
	add_limit(SENDER | RECIPIENT, 1, LIMIT_REJECT);
	ck_assert_str_eq(send_many(2), "ar");
	ck_assert_int_eq(send("<eve@example.com>", BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(send(JAKE, ANN), VERDICT_ACCEPT);
}
END_TEST

static const enum limit_action stopping[] = { LIMIT_TEMPFAIL, LIMIT_REJECT,
					      LIMIT_DISCARD };

/* Both were free at RCPT; another session takes Bob's last place. */
START_TEST(test_the_last_place_is_taken_between_peek_and_charge)
{
	const struct limit *mailbox = add_limit(RECIPIENT, 1, stopping[_i]);
	const struct limit *sender = add_limit(SENDER, 10, LIMIT_REJECT);
	struct message first;

	mail(JAKE);
	rcpt(BOB);
	rcpt(ANN);
	first = message;
	message_init(&message);
	ck_assert_int_eq(send("<eve@example.com>", BOB), VERDICT_ACCEPT);
	message_clear(&message);
	message = first;
	ck_assert_int_eq(end(100), VERDICT_TEMPFAIL);
	assert_by(mailbox, "recipient:bob@example.net");
	ck_assert_uint_eq(used(mailbox, "recipient:ann@example.net"), 0);
	ck_assert_uint_eq(used(sender, "sender:jake@example.com"), 0);

	mail(JAKE);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert(verdict_refuses((rcpt(BOB), &verdict)));
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_uint_eq(used(mailbox, "recipient:ann@example.net"), 1);
	ck_assert_uint_eq(used(sender, "sender:jake@example.com"), 1);
}
END_TEST

START_TEST(test_a_lone_recipient_shares_its_fate_with_nobody)
{
	add_limit(RECIPIENT, 1, LIMIT_REJECT);
	mail(JAKE);
	rcpt(BOB);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_REJECT);
}
END_TEST

START_TEST(test_sparing_others_does_not_hide_a_graver_limit)
{
	const struct limit *sender = add_limit(SENDER, 1, LIMIT_REJECT);

	limits[0].per_ms = 1000; /* a shorter wait than the mailbox's */
	add_limit(RECIPIENT, 1, LIMIT_REJECT);
	mail(JAKE);
	rcpt(BOB);
	rcpt(ANN);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_REJECT);
	assert_by(sender, "sender:jake@example.com");
}
END_TEST

/* A discard takes the whole message: other recipients' mail must not go
 * with it. */
START_TEST(test_a_full_mailbox_does_not_discard_the_mail_of_others)
{
	add_limit(RECIPIENT, 1, LIMIT_DISCARD);
	ck_assert_str_eq(send_many(2), "ad");
	mail(JAKE);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_TEMPFAIL);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<eve@example.net>"), VERDICT_TEMPFAIL);
	ck_assert_int_eq(end(100), VERDICT_DISCARD);
	/* who comes again without the other one is delivered */
	ck_assert_int_eq(send(JAKE, "<eve@example.net>"), VERDICT_ACCEPT);
	/* two full mailboxes are dropped together */
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<eve@example.net>"), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_DISCARD);
}
END_TEST

/* A limit that looks at some recipients only: the others get their mail at the
 * first try, whichever milter has counted before. */
START_TEST(test_a_limit_on_some_recipients_spares_the_others)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);
	struct policy *other = policy_new(&redis.store, NULL, MAX_WINDOWS);

	put(&limit->match.in.recipient, "bob@");
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
	policy_free(&policy);
	policy = other;
	for (int i = 0; i < 2; i++) {
		now_ms += 20000;
		mail(JAKE);
		ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
		ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
		assert_by(limit, "sender:jake@example.com");
		ck_assert_int_eq(rcpt("<eve@example.net>"), VERDICT_ACCEPT);
		ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	}
	/* all of whose recipients it looks at is refused as a whole */
	mail(JAKE);
	rcpt("<bob@example.org>");
	ck_assert_uint_eq(message.recipient_count, 0);
	now_ms += MINUTE_MS;
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 1);
}
END_TEST

/* Those of one message are counted together at RCPT, as at its end. */
START_TEST(test_recipients_are_refused_one_by_one)
{
	struct limit *limit = add_limit(SENDER, 3, LIMIT_TEMPFAIL);
	const struct limit *domain = add_limit(SENDER | RECIPIENT_DOMAIN, 5,
					       LIMIT_TEMPFAIL);

	limits[0].unit = limits[1].unit = LIMIT_RECIPIENTS;
	put(&limit->match.in.recipient, "@example.net");
	mail(JAKE);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<a@example.org>"), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<b@example.net>"), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<c@example.net>"), VERDICT_ACCEPT);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(rcpt("<d@example.net>"), VERDICT_TEMPFAIL);
		assert_by(limit, "sender:jake@example.com");
		ck_assert_uint_ne(verdict.wait_ms, WINDOW_NEVER);
		ck_assert_uint_eq(verdict.cost, 4);
	}
	ck_assert_int_eq(rcpt("<b@example.org>"), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<c@example.org>"), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<d@example.org>"), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<e@example.org>"), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt("<f@example.org>"), VERDICT_TEMPFAIL);
	assert_by(domain,
		  "sender+recipient_domain:jake@example.com+example.org");
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 3);
	ck_assert_uint_eq(used(domain, "sender+recipient_domain:"
				       "jake@example.com+example.org"),
			  5);
	mail(JAKE);
	ck_assert_int_eq(rcpt("<d@example.net>"), VERDICT_TEMPFAIL);
	ck_assert_int_eq(rcpt("<f@example.com>"), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
}
END_TEST

/* One answer is good for all recipients of a message. */
START_TEST(test_a_window_is_asked_about_once_a_message)
{
	put(&add_limit(SENDER, 9, LIMIT_REJECT)->match.out.recipient, "bob@");
	mail(JAKE);
	rcpt(ANN);
	rcpt("<eve@example.net>");
	rcpt(BOB);
	ck_assert_uint_eq(redis.asked[STORE_PEEK], 1);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	mail(JAKE);
	rcpt(ANN);
	ck_assert_uint_eq(redis.asked[STORE_PEEK], 2);
}
END_TEST

START_TEST(test_who_is_not_asked_at_rcpt_is_refused_as_a_whole)
{
	put(&add_limit(SENDER, 1, LIMIT_REJECT)->match.in.recipient, "bob@");
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
	message.is_simulated = true;
	mail(JAKE);
	rcpt(ANN);
	rcpt(BOB);
	ck_assert_int_eq(end(100), VERDICT_REJECT);
}
END_TEST

/* One message to three mailboxes of a domain is one attempt, not three, also
 * when a fourth one is accepted. */
START_TEST(test_a_message_is_one_attempt)
{
	struct limit *domain = add_limit(RECIPIENT_DOMAIN, 3, LIMIT_REJECT);
	const struct limit *mailbox = add_limit(RECIPIENT, 1, LIMIT_REJECT);

	domain->count = LIMIT_COUNT_ATTEMPTS;
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(send(JAKE, "<eve@example.net>"), VERDICT_ACCEPT);
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert_int_eq(rcpt("<eve@example.net>"), VERDICT_REJECT);
	ck_assert_int_eq(rcpt("<kim@example.net>"), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_uint_eq(used(domain, "recipient_domain:example.net"), 3);
	ck_assert_uint_eq(used(mailbox, "recipient:kim@example.net"), 1);
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert_int_eq(rcpt("<kim@example.net>"), VERDICT_REJECT);
	policy_abandon(policy, &settings, &message);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(used(domain, "recipient_domain:example.net"), 4);
}
END_TEST

/* who is counted at all */

static const struct {
	unsigned int key;
	const char *sender;
} uncounted[] = {
	{ SENDER, "<>" },
	{ SENDER_DOMAIN, "<>" },
	{ SENDER | CLIENT, "<>" },
	{ SENDER | RECIPIENT, "<>" },
	{ AUTH, JAKE },
	{ CLIENT, JAKE },
	{ HELO, JAKE },
	{ AUTH | RECIPIENT, JAKE },
	{ SENDER_DOMAIN, "<jake>" },
};

START_TEST(test_a_limit_without_its_key_does_not_look)
{
	add_limit(uncounted[_i].key, 1, LIMIT_REJECT);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(send(uncounted[_i].sender, BOB),
				 VERDICT_ACCEPT);
	ck_assert_uint_eq(asked_in_all(), 0);
}
END_TEST

START_TEST(test_the_null_sender_is_counted_by_the_rest)
{
	add_limit(RECIPIENT, 1, LIMIT_REJECT);
	ck_assert_int_eq(send("<>", BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(send("<>", BOB), VERDICT_REJECT);
}
END_TEST

START_TEST(test_an_exempt_message_is_not_counted)
{
	const struct limit *limit = add_limit(ALL, 1, LIMIT_REJECT);

	settings.cache_ms = 1000;
	add_limit(RECIPIENT, 1, LIMIT_REJECT);
	put(&add_exemption()->in.sender, "boss@example.com");
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_int_eq(send("<boss@example.com>", BOB),
				 VERDICT_ACCEPT);
		ck_assert_int_eq(verdict.cause, VERDICT_BY_EXEMPTION);
	}
	ck_assert_uint_eq(asked_in_all(), 0);
	ck_assert_uint_eq(used(limit, "all"), 0);
	ck_assert_str_eq(send_many(2), "ar"); /* and now it is in the cache */
	ck_assert_int_eq(send("<boss@example.com>", BOB), VERDICT_ACCEPT);
}
END_TEST

START_TEST(test_an_exempt_recipient_is_not_counted)
{
	add_limit(SENDER, 1, LIMIT_REJECT);
	settings.cache_ms = 1000;
	put(&add_exemption()->in.recipient, "postmaster@");
	ck_assert_str_eq(send_many(2), "ar");
	ck_assert_int_eq(send(JAKE, "<postmaster@example.net>"),
			 VERDICT_ACCEPT);
	ck_assert_int_eq(verdict.cause, VERDICT_BY_EXEMPTION);
}
END_TEST

START_TEST(test_an_exempt_recipient_frees_no_other)
{
	const struct limit *sender = add_limit(SENDER, 1, LIMIT_REJECT);
	const struct limit *mailbox = add_limit(RECIPIENT, 1, LIMIT_REJECT);

	put(&add_exemption()->in.recipient, "postmaster@");
	mail(JAKE);
	rcpt("<postmaster@example.net>");
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	/* nor does the limit of another one take its mail back */
	mail(JAKE);
	ck_assert_int_eq(rcpt("<postmaster@example.net>"), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(ANN), VERDICT_REJECT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	ck_assert_int_eq(verdict.cause, VERDICT_BY_EXEMPTION);
	ck_assert_uint_eq(used(sender, "sender:jake@example.com"), 1);
	ck_assert_uint_eq(used(mailbox, "recipient:postmaster@example.net"), 0);
	mail(JAKE);
	ck_assert_int_eq(rcpt(ANN), VERDICT_REJECT);
	ck_assert_int_eq(rcpt("<postmaster@example.net>"), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
}
END_TEST

/* Although nobody but the exempt one is left, it was an attempt. */
START_TEST(test_an_exempt_recipient_hides_no_attempt)
{
	struct limit *sender = add_limit(SENDER, 1, LIMIT_REJECT);

	sender->count = LIMIT_COUNT_ATTEMPTS;
	put(&add_exemption()->in.recipient, "postmaster@");
	ck_assert_int_eq(send(JAKE, BOB), VERDICT_ACCEPT);
	mail(JAKE);
	ck_assert_int_eq(rcpt(BOB), VERDICT_REJECT);
	ck_assert_int_eq(rcpt("<postmaster@example.net>"), VERDICT_ACCEPT);
	ck_assert_int_eq(end(100), VERDICT_ACCEPT);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(used(sender, "sender:jake@example.com"), 2);
}
END_TEST

START_TEST(test_a_match_chooses_its_messages)
{
	put(&add_limit(ALL, 1, LIMIT_REJECT)->match.in.sender,
	    "@flood.example");
	ck_assert_str_eq(send_many(3), "aaa");
	ck_assert_int_eq(send("<x@flood.example>", BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(send("<y@flood.example>", BOB), VERDICT_REJECT);
	ck_assert_str_eq(send_many(1), "a");
}
END_TEST

/* local submissions */

START_TEST(test_a_simulated_message_is_answered_at_its_end)
{
	const struct limit *mailbox = add_limit(RECIPIENT, 1, LIMIT_REJECT);

	fill_mailbox(BOB);
	message.is_simulated = message.is_local = true;
	ck_assert_int_eq(mail(JAKE), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(BOB), VERDICT_ACCEPT);
	ck_assert_int_eq(rcpt(ANN), VERDICT_ACCEPT);
	/* it cannot come again without Bob: RCPT will not refuse him */
	ck_assert_int_eq(end(100), VERDICT_REJECT);
	assert_by(mailbox, "recipient:bob@example.net");
	ck_assert_uint_eq(used(mailbox, "recipient:ann@example.net"), 0);
}
END_TEST

/* needs */

static void need_nothing(void)
{
	add_limit(SENDER, 1, LIMIT_REJECT);
	put(&add_exemption()->in.sender, "a@b");
}

static void need_helo_key(void)
{
	add_limit(SENDER | HELO, 1, LIMIT_REJECT);
}

static void need_helo_match(void)
{
	put(&add_limit(SENDER, 1, LIMIT_REJECT)->match.out.helo, "a");
}

static void need_helo_exemption(void)
{
	put(&add_exemption()->in.helo, "a");
}

static void need_rcpt_key(void)
{
	add_limit(RECIPIENT_DOMAIN, 1, LIMIT_REJECT);
}

static void need_rcpt_match(void)
{
	put(&add_limit(SENDER, 1, LIMIT_REJECT)->match.in.recipient, "a@b");
}

static void need_rcpt_exemption(void)
{
	put(&add_exemption()->out.recipient, "a@b");
}

static void need_content(void)
{
	add_limit(SENDER, 1, LIMIT_REJECT)->unit = LIMIT_BYTES;
}

static const struct {
	void (*make)(void);
	struct policy_needs needs;
} needs[] = {
	{ need_nothing, { .helo = false } },
	{ need_helo_key, { .helo = true } },
	{ need_helo_match, { .helo = true } },
	{ need_helo_exemption, { .helo = true } },
	{ need_rcpt_key, { .rcpt_answer = true } },
	{ need_rcpt_match, { .rcpt_answer = true } },
	{ need_rcpt_exemption, { .rcpt_answer = true } },
	{ need_content, { .content = true } },
};

static void expect_charged_at_data(const char *listener, bool is_simulated,
				   bool is_charged)
{
	message_set(&message.listener, listener, strlen(listener));
	message.is_simulated = is_simulated;
	ck_assert_int_eq(policy_charges_at_data(&settings, &message),
			 is_charged);
}

START_TEST(test_who_is_charged_at_data)
{
	const char *reason;

	expect_charged_at_data("PROXIED", false, false);
	settings.charge_at_data = pattern_list_new();
	expect_charged_at_data("PROXIED", false, false);
	pattern_list_add(settings.charge_at_data, "PROXIED", &reason);
	expect_charged_at_data("PROXIED", false, true);
	expect_charged_at_data("PROXIED", true, false);
	expect_charged_at_data("", false, false);
	pattern_list_add(settings.charge_at_data, "*", &reason);
	expect_charged_at_data("", false, true);
	pattern_list_free(&settings.charge_at_data);
}
END_TEST

/* Nothing can be held or dropped there, and what is refused costs nothing. */
START_TEST(test_at_data_a_quarantine_is_a_tempfail)
{
	const struct limit *all = add_limit(ALL, 100, LIMIT_REJECT);
	struct limit *limit = add_limit(SENDER, 2, LIMIT_QUARANTINE);

	message.is_charged_at_data = true;
	ck_assert_str_eq(send_many(4), "aatt");
	ck_assert_uint_eq(used(limit, "sender:jake@example.com"), 2);
	ck_assert_uint_eq(used(all, "all"), 2);
	limit->action = LIMIT_DISCARD;
	ck_assert_str_eq(send_many(1), "r");
	limit->action = LIMIT_MONITOR;
	ck_assert_str_eq(send_many(1), "m");
	ck_assert_uint_eq(used(all, "all"), 3);
}
END_TEST

START_TEST(test_needs)
{
	struct policy_needs found;

	needs[_i].make();
	policy_needs(policy, &settings, &found);
	ck_assert_int_eq(found.helo, needs[_i].needs.helo);
	ck_assert_int_eq(found.rcpt_answer, needs[_i].needs.rcpt_answer);
	ck_assert_int_eq(found.content, needs[_i].needs.content);
}
END_TEST

/* threads */

#define THREADS	 8
#define EACH	 200
#define ADMITTED 500

struct session {
	pthread_t thread;
	unsigned int accepted, refused;
};

static bool passes(struct message *own)
{
	struct message_recipient *recipient;
	struct verdict answer;

	message_reset(own);
	message_set_sender(own, &address_rules_default, JAKE);
	policy_mail(policy, &settings, own, now_ms, &answer);
	if (verdict_refuses(&answer))
		return false;
	recipient = message_add_recipient(own, &address_rules_default, BOB);
	policy_recipient(policy, &settings, own, recipient, now_ms, &answer);
	if (verdict_refuses(&answer)) {
		message_drop_recipient(own);
		own->refused_recipients++;
		policy_abandon(policy, &settings, own);
		return false;
	}
	policy_end(policy, &settings, own, now_ms, &answer);
	return !verdict_refuses(&answer);
}

static void *work(void *context)
{
	struct session *session = context;
	struct message own;

	message_init(&own);
	for (unsigned int i = 0; i < EACH; i++) {
		if (passes(&own))
			session->accepted++;
		else
			session->refused++;
		if (i % 50 == 0)
			policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	}
	message_clear(&own);
	return NULL;
}

/* With the cache and without; the attempts of all are in the window. */
START_TEST(test_many_threads_admit_exactly_max)
{
	struct session sessions[THREADS] = { 0 };
	struct limit *sender = add_limit(SENDER, ADMITTED, LIMIT_REJECT);
	unsigned int accepted = 0, refused = 0;

	sender->count = LIMIT_COUNT_ATTEMPTS;
	add_limit(RECIPIENT, ADMITTED + 1, LIMIT_TEMPFAIL);
	settings.cache_ms = _i == 0 ? 0 : 1000;
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&sessions[i].thread, NULL, work,
						&sessions[i]),
				 0);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(sessions[i].thread, NULL);
		accepted += sessions[i].accepted;
		refused += sessions[i].refused;
	}
	ck_assert_uint_eq(accepted, ADMITTED);
	ck_assert_uint_eq(refused, THREADS * EACH - ADMITTED);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	ck_assert_uint_eq(used(sender, "sender:jake@example.com"),
			  THREADS * EACH);
}
END_TEST

static void add_charging(TCase *cases)
{
	tcase_add_test(cases, test_a_limit_admits_its_max);
	tcase_add_test(cases, test_all_are_charged_or_none);
	tcase_add_test(cases, test_attempts_are_charged_when_refused);
	tcase_add_test(cases, test_attempts_recover_only_in_silence);
	tcase_add_test(cases, test_limits_on_one_key_form_a_ladder);
	tcase_add_test(cases, test_the_gravest_action_wins);
	tcase_add_test(cases, test_too_many_recipients_never_fit);
	tcase_add_test(cases, test_too_many_bytes_never_fit);
	tcase_add_test(cases, test_a_declared_size_is_refused_at_rcpt);
	tcase_add_loop_test(cases, test_a_ceiling_on_recipients_keeps_no_count,
			    0, COUNT_OF(ceilings));
	tcase_add_loop_test(cases, test_a_ceiling_on_bytes_is_known_at_mail, 0,
			    COUNT_OF(ceilings));
	tcase_add_loop_test(cases, test_a_ceiling_by_recipient_refuses_alone, 0,
			    COUNT_OF(refusing));
	tcase_add_test(cases, test_a_ceiling_beside_windows);
	tcase_add_test(cases, test_a_mailbox_named_twice_is_charged_once);
}

static void add_rcpt(TCase *cases)
{
	tcase_add_loop_test(cases, test_one_full_mailbox_is_refused_alone, 0,
			    COUNT_OF(refusing));
	tcase_add_test(cases, test_a_peek_charges_nothing);
	tcase_add_test(cases, test_no_peek_without_a_recipient_key);
	tcase_add_test(cases, test_a_pair_is_full_for_its_sender_alone);
	tcase_add_loop_test(
		cases, test_the_last_place_is_taken_between_peek_and_charge, 0,
		COUNT_OF(stopping));
	tcase_add_test(cases,
		       test_a_lone_recipient_shares_its_fate_with_nobody);
	tcase_add_test(cases, test_sparing_others_does_not_hide_a_graver_limit);
	tcase_add_test(cases,
		       test_a_full_mailbox_does_not_discard_the_mail_of_others);
	tcase_add_test(cases,
		       test_a_limit_on_some_recipients_spares_the_others);
	tcase_add_test(cases, test_recipients_are_refused_one_by_one);
	tcase_add_test(cases, test_a_window_is_asked_about_once_a_message);
	tcase_add_test(cases,
		       test_who_is_not_asked_at_rcpt_is_refused_as_a_whole);
	tcase_add_test(cases, test_a_message_is_one_attempt);
}

static void add_counted(TCase *cases)
{
	tcase_add_loop_test(cases, test_a_limit_without_its_key_does_not_look,
			    0, COUNT_OF(uncounted));
	tcase_add_test(cases, test_the_null_sender_is_counted_by_the_rest);
	tcase_add_test(cases, test_an_exempt_message_is_not_counted);
	tcase_add_test(cases, test_an_exempt_recipient_is_not_counted);
	tcase_add_test(cases, test_an_exempt_recipient_frees_no_other);
	tcase_add_test(cases, test_an_exempt_recipient_hides_no_attempt);
	tcase_add_test(cases, test_a_match_chooses_its_messages);
}

static void add_rest(TCase *cases)
{
	tcase_add_test(cases, test_a_simulated_message_is_answered_at_its_end);
	tcase_add_test(cases, test_who_is_charged_at_data);
	tcase_add_test(cases, test_at_data_a_quarantine_is_a_tempfail);
	tcase_add_loop_test(cases, test_needs, 0, COUNT_OF(needs));
	tcase_add_loop_test(cases, test_many_threads_admit_exactly_max, 0, 2);
}

static const struct {
	const char *name;
	void (*add)(TCase *cases);
} groups[] = {
	{ "rules of charging", add_charging },
	{ "at RCPT", add_rcpt },
	{ "who is counted", add_counted },
	{ "local, needs, threads", add_rest },
};

int main(void)
{
	Suite *suite = suite_create("policy");

	for (int i = 0; i < COUNT_OF(groups); i++) {
		TCase *cases = tcase_create(groups[i].name);

		tcase_add_checked_fixture(cases, setup, teardown);
		tcase_set_timeout(cases, 60); /* sanitizers, valgrind */
		groups[i].add(cases);
		suite_add_tcase(suite, cases);
	}
	return check_run(suite);
}
