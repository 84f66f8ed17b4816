/* SPDX-License-Identifier: ISC */
/* What each stage of a message is charged for, limit by limit. */
#include <check.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/pattern.h"
#include "lib/policy/assess.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define SENDER		 LIMIT_KEY_OF(DIMENSION_SENDER)
#define RECIPIENT	 LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define RECIPIENT_DOMAIN LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN)

static alignas(max_align_t) char memory[4096];
static struct limit limits[4];
static struct settings settings;
static struct message message;
static struct arena arena;
static struct charge_list list;

static void setup(void)
{
	memset(limits, 0, sizeof(limits));
	memset(&settings, 0, sizeof(settings));
	settings.limits = limits;
	settings.ipv6_prefix = 64;
	arena_init(&arena, memory, sizeof(memory));
	charge_list_init(&list, &arena, 0, 64, false);
	message_init(&message);
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
}

static void teardown(void)
{
	charge_list_clear(&list);
	arena_clear(&arena);
	message_clear(&message);
	for (size_t i = 0; i < settings.limit_count; i++)
		match_clear(&limits[i].match);
}

static struct limit *add_limit(const char *name, unsigned int key,
			       enum limit_unit unit)
{
	struct limit *limit = &limits[settings.limit_count++];

	limit->name = (char *)(uintptr_t)name;
	limit->key = key;
	limit->unit = unit;
	limit->action = LIMIT_REJECT;
	limit->max = 10;
	limit->per_ms = 60000;
	return limit;
}

static void only_recipient(struct limit *limit, const char *entry)
{
	const char *reason;

	limit->match.in.recipient = pattern_list_new();
	ck_assert(pattern_list_add(limit->match.in.recipient, entry, &reason));
}

static const struct message_recipient *add_recipient(const char *raw)
{
	return message_add_recipient(&message, &address_rules_default, raw);
}

static void assert_line(size_t i, const char *name, uint64_t cost)
{
	ck_assert_uint_lt(i, list.count);
	ck_assert_str_eq(list.lines[i].limit->name, name);
	ck_assert_uint_eq(list.charges[i].cost, cost);
}

START_TEST(test_mail_needs_no_recipient)
{
	add_limit("all", 0, LIMIT_MESSAGES);
	add_limit("mailbox", RECIPIENT, LIMIT_MESSAGES);
	only_recipient(add_limit("some", SENDER, LIMIT_MESSAGES), "bob@");
	add_limit("sender", SENDER, LIMIT_RECIPIENTS);
	assess_envelope(&settings, &message, &arena, &list);
	ck_assert_uint_eq(list.count, 2);
	assert_line(0, "all", 1);
	assert_line(1, "sender", 1);
}
END_TEST

static const struct {
	uint64_t declared, cost;
} sizes[] = {
	{ 0, 1 },
	{ 1, 1 },
	{ 5000, 5000 },
	{ WINDOW_COUNT_MAX, WINDOW_COUNT_MAX },
	{ WINDOW_COUNT_MAX + 1, WINDOW_COUNT_MAX },
	{ UINT64_MAX, WINDOW_COUNT_MAX },
};

START_TEST(test_before_the_end_the_size_is_what_was_declared)
{
	add_limit("size", SENDER, LIMIT_BYTES);
	message.declared_bytes = sizes[_i].declared;
	assess_envelope(&settings, &message, &arena, &list);
	assert_line(0, "size", sizes[_i].cost);
}
END_TEST

START_TEST(test_at_the_end_the_size_is_what_came)
{
	const bool is_exempt[1] = { false };

	add_limit("size", SENDER, LIMIT_BYTES);
	add_recipient("<bob@example.net>");
	message.declared_bytes = 5;
	message.bytes = sizes[_i].declared;
	assess_end(&settings, &message, is_exempt, &arena, &list);
	assert_line(0, "size", _i == 0 ? 0 : sizes[_i].cost);
}
END_TEST

START_TEST(test_a_recipient_is_stopped_by_every_limit_on_it)
{
	const struct message_recipient *bob = add_recipient(
		"<bob@example.net>");

	add_limit("all", 0, LIMIT_MESSAGES);
	add_limit("mailbox", RECIPIENT, LIMIT_MESSAGES);
	only_recipient(add_limit("ann", SENDER, LIMIT_MESSAGES), "ann@");
	add_limit("hold", RECIPIENT, LIMIT_MESSAGES)->action = LIMIT_QUARANTINE;
	assess_stops(&settings, &message, bob, &arena, &list);
	ck_assert_uint_eq(list.count, 2);
	assert_line(0, "all", 1);
	assert_line(1, "mailbox", 1);
}
END_TEST

START_TEST(test_a_peek_is_about_keys_with_a_recipient)
{
	const struct message_recipient *bob = add_recipient(
		"<bob@example.net>");

	add_limit("all", 0, LIMIT_MESSAGES);
	add_limit("mailbox", RECIPIENT, LIMIT_MESSAGES);
	add_limit("domain", SENDER | RECIPIENT_DOMAIN, LIMIT_RECIPIENTS);
	add_limit("watch", RECIPIENT, LIMIT_MESSAGES)->action = LIMIT_MONITOR;
	assess_peek(&settings, &message, bob, &arena, &list);
	ck_assert_uint_eq(list.count, 2);
	assert_line(0, "mailbox", 1);
	assert_line(1, "domain", 1);
}
END_TEST

START_TEST(test_a_refused_recipient_is_an_attempt)
{
	const struct message_recipient *bob = add_recipient(
		"<bob@example.net>");

	for (size_t i = 0; i < 4; i++)
		limits[i].count = LIMIT_COUNT_ATTEMPTS;
	add_limit("mailbox", RECIPIENT, LIMIT_MESSAGES);
	add_limit("sender", SENDER, LIMIT_MESSAGES); /* once, at the end */
	only_recipient(add_limit("some", SENDER, LIMIT_MESSAGES), "bob@");
	only_recipient(add_limit("each", SENDER, LIMIT_RECIPIENTS), "bob@");
	assess_refused(&settings, &message, bob, &arena, &list);
	ck_assert_uint_eq(list.count, 3);
	assert_line(0, "mailbox", 1);
	assert_line(1, "some", 1);
	assert_line(2, "each", 1);
}
END_TEST

/* It has cost one message and what SIZE= said: not the recipients. */
START_TEST(test_what_was_an_attempt_already_is_spared)
{
	static const bool is_exempt[2];

	add_recipient("<bob@example.net>");
	for (size_t i = 0; i < 4; i++)
		limits[i].count = LIMIT_COUNT_ATTEMPTS;
	add_limit("messages", SENDER, LIMIT_MESSAGES);
	add_limit("bytes", SENDER, LIMIT_BYTES);
	add_limit("each", SENDER, LIMIT_RECIPIENTS);
	message.declared_bytes = 1000;
	message.bytes = 1500;
	assess_end(&settings, &message, is_exempt, &arena, &list);
	assess_spare_attempts(&message, &list);
	assert_line(0, "messages", 1);
	assert_line(1, "bytes", 1500);
	for (size_t i = 0; i < 3; i++)
		ck_assert(message_note_attempt(&message, list.charges[i].key,
					       list.charges[i].key_length));
	assess_spare_attempts(&message, &list);
	assert_line(0, "messages", 0);
	assert_line(1, "bytes", 500);
	assert_line(2, "each", 1);
	ck_assert(!message_note_attempt(&message, list.charges[0].key,
					list.charges[0].key_length));
}
END_TEST

START_TEST(test_limits_on_accepted_mail_owe_nothing)
{
	const struct message_recipient *bob = add_recipient(
		"<bob@example.net>");

	add_limit("mailbox", RECIPIENT, LIMIT_MESSAGES);
	assess_refused(&settings, &message, bob, &arena, &list);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(test_the_end_has_all_recipients)
{
	const bool is_exempt[3] = { false, false, false };

	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.net>");
	add_recipient("<bob@example.org>");
	add_limit("sender", SENDER, LIMIT_RECIPIENTS);
	add_limit("domain", RECIPIENT_DOMAIN, LIMIT_RECIPIENTS);
	only_recipient(add_limit("bobs", 0, LIMIT_RECIPIENTS), "bob@");
	assess_end(&settings, &message, is_exempt, &arena, &list);
	ck_assert_uint_eq(list.count, 4);
	assert_line(0, "sender", 3);
	assert_line(1, "domain", 2);
	assert_line(2, "domain", 1);
	assert_line(3, "bobs", 2);
	ck_assert_str_eq(list.lines[2].subject, "recipient_domain:example.org");
}
END_TEST

START_TEST(test_exempt_recipients_are_not_seen)
{
	const bool is_exempt[2] = { true, false };

	add_recipient("<bob@example.net>");
	add_recipient("<ann@example.net>");
	add_limit("sender", SENDER, LIMIT_RECIPIENTS);
	add_limit("mailbox", RECIPIENT, LIMIT_MESSAGES);
	only_recipient(add_limit("bobs", 0, LIMIT_MESSAGES), "bob@");
	assess_end(&settings, &message, is_exempt, &arena, &list);
	ck_assert_uint_eq(list.count, 2);
	assert_line(0, "sender", 1);
	assert_line(1, "mailbox", 1);
	ck_assert_str_eq(list.lines[1].subject, "recipient:ann@example.net");
}
END_TEST

START_TEST(test_a_limit_that_does_not_look_is_not_charged)
{
	const bool is_exempt[1] = { false };

	add_recipient("<bob@example.net>");
	add_limit("logins", SENDER, LIMIT_MESSAGES)->match.authenticated =
		MATCH_YES;
	add_limit("mailbox", RECIPIENT, LIMIT_MESSAGES)->match.local =
		MATCH_YES;
	assess_end(&settings, &message, is_exempt, &arena, &list);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("assess");
	TCase *cases = tcase_create("assess");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_mail_needs_no_recipient);
	tcase_add_loop_test(cases,
			    test_before_the_end_the_size_is_what_was_declared,
			    0, COUNT_OF(sizes));
	tcase_add_loop_test(cases, test_at_the_end_the_size_is_what_came, 0,
			    COUNT_OF(sizes));
	tcase_add_test(cases, test_a_recipient_is_stopped_by_every_limit_on_it);
	tcase_add_test(cases, test_a_peek_is_about_keys_with_a_recipient);
	tcase_add_test(cases, test_a_refused_recipient_is_an_attempt);
	tcase_add_test(cases, test_what_was_an_attempt_already_is_spared);
	tcase_add_test(cases, test_limits_on_accepted_mail_owe_nothing);
	tcase_add_test(cases, test_the_end_has_all_recipients);
	tcase_add_test(cases, test_exempt_recipients_are_not_seen);
	tcase_add_test(cases, test_a_limit_that_does_not_look_is_not_charged);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
