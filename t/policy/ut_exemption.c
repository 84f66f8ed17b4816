/* SPDX-License-Identifier: ISC */
/* Who is outside all limits, and that nobody else is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/pattern.h"
#include "lib/policy/exemption.h"

static struct match exempt[2];
static struct settings settings;
static struct message message;

static void setup(void)
{
	memset(exempt, 0, sizeof(exempt));
	memset(&settings, 0, sizeof(settings));
	settings.exempt = exempt;
	message_init(&message);
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
	message_add_recipient(&message, &address_rules_default,
			      "<postmaster@example.net>");
	message_add_recipient(&message, &address_rules_default,
			      "<bob@example.net>");
}

static void teardown(void)
{
	match_clear(&exempt[0]);
	match_clear(&exempt[1]);
	message_clear(&message);
}

static void put(struct pattern_list **list_r, const char *entry)
{
	const char *reason;

	*list_r = pattern_list_new();
	ck_assert(pattern_list_add(*list_r, entry, &reason));
}

static bool of_recipient(size_t i)
{
	return exemption_of_recipient(&settings, &message,
				      &message.recipients[i]);
}

START_TEST(test_nobody_without_exemptions)
{
	bool is_exempt[2] = { true, true };

	ck_assert(!exemption_of_message(&settings, &message));
	ck_assert(!exemption_is_open(&settings, &message));
	ck_assert(!of_recipient(0));
	ck_assert(!exemption_of_recipients(&settings, &message, is_exempt));
	ck_assert(!is_exempt[0] && !is_exempt[1]);
}
END_TEST

START_TEST(test_a_message_whoever_its_recipients)
{
	bool is_exempt[2];

	settings.exempt_count = 2;
	put(&exempt[0].in.sender, "ann@example.com");
	put(&exempt[1].in.sender, "jake@example.com");
	ck_assert(exemption_of_message(&settings, &message));
	ck_assert(!exemption_is_open(&settings, &message));
	ck_assert(exemption_of_recipients(&settings, &message, is_exempt));
	message_set_sender(&message, &address_rules_default, "<x@y.example>");
	ck_assert(!exemption_of_message(&settings, &message));
}
END_TEST

START_TEST(test_a_recipient_is_exempt_by_itself)
{
	bool is_exempt[2];

	settings.exempt_count = 1;
	put(&exempt[0].in.recipient, "postmaster@");
	ck_assert(!exemption_of_message(&settings, &message));
	ck_assert(exemption_is_open(&settings, &message));
	ck_assert(of_recipient(0));
	ck_assert(!of_recipient(1));
	ck_assert(!exemption_of_recipients(&settings, &message, is_exempt));
	ck_assert(is_exempt[0] && !is_exempt[1]);
	message_drop_recipient(&message);
	ck_assert(exemption_of_recipients(&settings, &message, is_exempt));
}
END_TEST

START_TEST(test_not_recipient_is_about_recipients_too)
{
	settings.exempt_count = 1;
	put(&exempt[0].out.recipient, "bob@");
	ck_assert(!exemption_of_message(&settings, &message));
	ck_assert(of_recipient(0));
	ck_assert(!of_recipient(1));
}
END_TEST

START_TEST(test_sender_and_recipient_must_both_hold)
{
	settings.exempt_count = 1;
	put(&exempt[0].in.sender, "boss@example.com");
	put(&exempt[0].in.recipient, "postmaster@");
	ck_assert(!exemption_is_open(&settings, &message));
	ck_assert(!of_recipient(0));
	message_set_sender(&message, &address_rules_default,
			   "<boss@example.com>");
	ck_assert(exemption_is_open(&settings, &message));
	ck_assert(of_recipient(0));
}
END_TEST

START_TEST(test_no_recipients_are_not_exempt_recipients)
{
	bool is_exempt[2];

	settings.exempt_count = 1;
	put(&exempt[0].in.recipient, "postmaster@");
	message_reset(&message);
	ck_assert(!exemption_of_recipients(&settings, &message, is_exempt));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exemption");
	TCase *cases = tcase_create("exemption");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_nobody_without_exemptions);
	tcase_add_test(cases, test_a_message_whoever_its_recipients);
	tcase_add_test(cases, test_a_recipient_is_exempt_by_itself);
	tcase_add_test(cases, test_not_recipient_is_about_recipients_too);
	tcase_add_test(cases, test_sender_and_recipient_must_both_hold);
	tcase_add_test(cases, test_no_recipients_are_not_exempt_recipients);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
