/* SPDX-License-Identifier: ISC */
/* Does a match look at this message? Each list, in and out, and their lack. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/base/network.h"
#include "../lib/base/pattern.h"
#include "../lib/policy/match_message.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct message message;
static struct match match;

static void setup(void)
{
	memset(&match, 0, sizeof(match));
	message_init(&message);
	message.has_client = true;
	ck_assert(network_parse("10.20.0.7", &message.client));
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
	message_add_recipient(&message, &address_rules_default,
			      "<bob@example.net>");
	message_set_auth(&message, "jake");
	message_set_helo(&message, &address_rules_default, "mail.example.com");
	message_set(&message.listener, "smtp", 4);
}

static void teardown(void)
{
	match_clear(&match);
	message_clear(&message);
}

static struct pattern_list *patterns(const char *entry)
{
	struct pattern_list *list = pattern_list_new();
	const char *reason;

	ck_assert(pattern_list_add(list, entry, &reason));
	return list;
}

static struct network_list *networks(const char *entry)
{
	struct network_list *list = network_list_new();
	const char *reason;

	ck_assert(network_list_add(list, entry, &reason));
	network_list_seal(list);
	return list;
}

enum member {
	CLIENT,
	SENDER,
	RECIPIENT,
	AUTH,
	HELO,
	LISTENER
};

static void put(struct match_lists *lists, enum member member,
		const char *entry)
{
	struct pattern_list **const places[] = {
		[SENDER] = &lists->sender,     [RECIPIENT] = &lists->recipient,
		[AUTH] = &lists->auth,	       [HELO] = &lists->helo,
		[LISTENER] = &lists->listener,
	};

	if (member == CLIENT)
		lists->client = networks(entry);
	else
		*places[member] = patterns(entry);
}

static bool holds(void)
{
	return match_holds(&match, &message) &&
	       match_holds_for(&match, &message.recipients[0]);
}

START_TEST(test_an_empty_match_holds)
{
	ck_assert(holds());
}
END_TEST

static const struct {
	const char *entry;
	enum member member;
	bool holds;
} lists[] = {
	{ "10.20.0.0/16", CLIENT, true },
	{ "10.21.0.0/16", CLIENT, false },
	{ "jake@example.com", SENDER, true },
	{ "@example.com", SENDER, true },
	{ "jane@example.com", SENDER, false },
	{ "<>", SENDER, false },
	{ "*", SENDER, true },
	{ "bob@", RECIPIENT, true },
	{ "@example.com", RECIPIENT, false },
	{ "jake", AUTH, true },
	{ "j*", AUTH, true },
	{ "bob", AUTH, false },
	{ ".example.com", HELO, true },
	{ "example.com", HELO, false },
	{ "smtp", LISTENER, true },
	{ "submission", LISTENER, false },
};

START_TEST(test_a_list_holds_for_what_is_in_it)
{
	put(&match.in, lists[_i].member, lists[_i].entry);
	ck_assert_int_eq(holds(), lists[_i].holds);
}
END_TEST

START_TEST(test_a_not_list_holds_for_the_others)
{
	put(&match.out, lists[_i].member, lists[_i].entry);
	ck_assert_int_eq(holds(), !lists[_i].holds);
}
END_TEST

static const struct {
	enum member member;
	const char *entry;
} anything[] = {
	{ CLIENT, "0.0.0.0/0" }, { AUTH, "*" },	 { AUTH, "<>" },
	{ HELO, "*" },		 { HELO, "<>" }, { LISTENER, "*" },
};

static void lack_facts(void)
{
	message.has_client = false;
	message_set(&message.auth, NULL, 0);
	message_set(&message.helo, NULL, 0);
	message_set(&message.listener, NULL, 0);
}

START_TEST(test_a_missing_fact_is_in_no_list)
{
	lack_facts();
	put(&match.in, anything[_i].member, anything[_i].entry);
	ck_assert(!holds());
}
END_TEST

START_TEST(test_a_missing_fact_is_outside_every_list)
{
	lack_facts();
	put(&match.out, anything[_i].member, anything[_i].entry);
	ck_assert(holds());
}
END_TEST

START_TEST(test_the_null_sender_is_written_with_brackets)
{
	message_set_sender(&message, &address_rules_default, "<>");
	put(&match.in, SENDER, "<>");
	ck_assert(holds());
	put(&match.out, SENDER, "<>");
	ck_assert(!holds());
}
END_TEST

START_TEST(test_the_null_sender_is_in_no_domain)
{
	message_set_sender(&message, &address_rules_default, "<>");
	put(&match.in, SENDER, "@example.com");
	ck_assert(!holds());
}
END_TEST

static const struct {
	enum match_wish authenticated, local;
	const char *auth;
	bool is_local, holds;
} wishes[] = {
	{ MATCH_YES, MATCH_ANY, "jake", false, true },
	{ MATCH_YES, MATCH_ANY, "", false, false },
	{ MATCH_NO, MATCH_ANY, "jake", false, false },
	{ MATCH_NO, MATCH_ANY, "", true, true },
	{ MATCH_ANY, MATCH_YES, "", true, true },
	{ MATCH_ANY, MATCH_YES, "jake", false, false },
	{ MATCH_ANY, MATCH_NO, "", true, false },
	{ MATCH_ANY, MATCH_NO, "", false, true },
	{ MATCH_YES, MATCH_YES, "jake", true, true },
	{ MATCH_YES, MATCH_YES, "jake", false, false },
};

START_TEST(test_logins_and_local_submissions)
{
	match.authenticated = wishes[_i].authenticated;
	match.local = wishes[_i].local;
	message_set_auth(&message, wishes[_i].auth);
	message.is_local = wishes[_i].is_local;
	ck_assert_int_eq(holds(), wishes[_i].holds);
}
END_TEST

START_TEST(test_all_that_is_set_must_hold)
{
	put(&match.in, CLIENT, "10.20.0.0/16");
	put(&match.in, SENDER, "@example.com");
	put(&match.in, RECIPIENT, "@example.net");
	put(&match.out, SENDER, "boss@example.com");
	ck_assert(holds());
	message_set_sender(&message, &address_rules_default,
			   "<boss@example.com>");
	ck_assert(!holds());
}
END_TEST

START_TEST(test_recipients_are_asked_apart)
{
	put(&match.in, RECIPIENT, "nobody@example.net");
	ck_assert(match_holds(&match, &message));
	ck_assert(!match_holds_for(&match, &message.recipients[0]));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("match_message");
	TCase *matches = tcase_create("matches");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(matches, setup, teardown);
	tcase_add_test(matches, test_an_empty_match_holds);
	tcase_add_loop_test(matches, test_a_list_holds_for_what_is_in_it, 0,
			    COUNT_OF(lists));
	tcase_add_loop_test(matches, test_a_not_list_holds_for_the_others, 0,
			    COUNT_OF(lists));
	tcase_add_loop_test(matches, test_a_missing_fact_is_in_no_list, 0,
			    COUNT_OF(anything));
	tcase_add_loop_test(matches, test_a_missing_fact_is_outside_every_list,
			    0, COUNT_OF(anything));
	tcase_add_test(matches, test_the_null_sender_is_written_with_brackets);
	tcase_add_test(matches, test_the_null_sender_is_in_no_domain);
	tcase_add_loop_test(matches, test_logins_and_local_submissions, 0,
			    COUNT_OF(wishes));
	tcase_add_test(matches, test_all_that_is_set_must_hold);
	tcase_add_test(matches, test_recipients_are_asked_apart);
	suite_add_tcase(suite, matches);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
