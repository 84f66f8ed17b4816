/* SPDX-License-Identifier: ISC */
/* Does a match look at this message? Each list, in and out, and their lack. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/policy/match_message.h"

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

/* why not? */

static const struct {
	enum member member;
	const char *inside, *outside; /* entries with and without the message */
	const char *in, *out;	      /* faults */
} faults[] = {
	{ CLIENT, "10.20.0.7", "10.21.0.0/16",
	  "its client is not in the list \"client\"",
	  "its client is in the list \"not_client\"" },
	{ SENDER, "jake@example.com", "ann@example.com",
	  "its sender is not in the list \"sender\"",
	  "its sender is in the list \"not_sender\"" },
	{ RECIPIENT, "@example.net", "@example.com",
	  "its recipient is not in the list \"recipient\"",
	  "its recipient is in the list \"not_recipient\"" },
	{ AUTH, "jake", "ann", "its login is not in the list \"auth\"",
	  "its login is in the list \"not_auth\"" },
	{ HELO, ".example.com", "mx",
	  "its HELO name is not in the list \"helo\"",
	  "its HELO name is in the list \"not_helo\"" },
	{ LISTENER, "smtp", "submission",
	  "its listener is not in the list \"listener\"",
	  "its listener is in the list \"not_listener\"" },
};

static void assert_fault(enum member member, const char *wanted)
{
	const char *of_message = match_fault(&match, &message);
	const char *of_recipient = match_fault_for(&match,
						   &message.recipients[0]);

	if (member == RECIPIENT) {
		ck_assert_ptr_null(of_message);
		ck_assert_pstr_eq(of_recipient, wanted);
	} else {
		ck_assert_ptr_null(of_recipient);
		ck_assert_pstr_eq(of_message, wanted);
	}
}

START_TEST(test_the_fault_of_a_list)
{
	put(&match.in, faults[_i].member, faults[_i].inside);
	put(&match.out, faults[_i].member, faults[_i].outside);
	assert_fault(faults[_i].member, NULL);
	match_clear(&match);
	put(&match.in, faults[_i].member, faults[_i].outside);
	assert_fault(faults[_i].member, faults[_i].in);
	match_clear(&match);
	put(&match.out, faults[_i].member, faults[_i].inside);
	assert_fault(faults[_i].member, faults[_i].out);
}
END_TEST

START_TEST(test_the_fault_of_a_missing_fact)
{
	enum member member = faults[_i].member;

	lack_facts();
	put(&match.in, member, faults[_i].inside);
	/* addresses are never missing */
	assert_fault(member, member == SENDER || member == RECIPIENT
				     ? NULL
				     : faults[_i].in);
}
END_TEST

static const struct {
	enum match_wish authenticated, local;
	const char *auth;
	bool is_local;
	const char *fault;
} wish_faults[] = {
	{ MATCH_YES, MATCH_ANY, "", false, "it has no login" },
	{ MATCH_NO, MATCH_ANY, "jake", false, "it has a login" },
	{ MATCH_ANY, MATCH_YES, "jake", false,
	  "it was not submitted on this host" },
	{ MATCH_ANY, MATCH_NO, "", true, "it was submitted on this host" },
	/* the first that does not hold is told */
	{ MATCH_YES, MATCH_YES, "", false, "it has no login" },
	{ MATCH_NO, MATCH_NO, "", false, NULL },
};

START_TEST(test_the_fault_of_a_wish)
{
	match.authenticated = wish_faults[_i].authenticated;
	match.local = wish_faults[_i].local;
	message_set_auth(&message, wish_faults[_i].auth);
	message.is_local = wish_faults[_i].is_local;
	ck_assert_pstr_eq(match_fault(&match, &message), wish_faults[_i].fault);
}
END_TEST

/* all of it at once, against the rules as weir.conf(5) has them */

static uint64_t state = 88172645463325252u;

static size_t below(size_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % bound);
}

static const char *const entries[][3] = {
	[CLIENT] = { "10.20.0.0/16", "10.21.0.1", "2001:db8::/32" },
	[SENDER] = { "jake@example.com", "@example.org", "<>" },
	[RECIPIENT] = { "@example.net", "bob@", "*" },
	[AUTH] = { "jake", "a*", "*" },
	[HELO] = { ".example.com", "mx.example.org", "*" },
	[LISTENER] = { "smtp", "sub*", "*" },
};

static const char *const values[][4] = {
	[CLIENT] = { "10.20.0.7", "10.21.0.1", "2001:db8::1", "" },
	[SENDER] = { "<jake@example.com>", "<ann@example.org>", "<>",
		     "<x@y.example>" },
	[RECIPIENT] = { "<bob@example.net>", "<ann@example.net>",
			"<bob@example.org>", "<eve@example.org>" },
	[AUTH] = { "jake", "ann", "bob", "" },
	[HELO] = { "mail.example.com", "mx.example.org", "x", "" },
	[LISTENER] = { "smtp", "submission", "x", "" },
};

/* Which entry of a member takes which value. */
static const bool takes[][3][4] = {
	[CLIENT] = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } },
	[SENDER] = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } },
	[RECIPIENT] = { { 1, 1, 0, 0 }, { 1, 0, 1, 0 }, { 1, 1, 1, 1 } },
	[AUTH] = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 1, 1, 1, 0 } },
	[HELO] = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 1, 1, 1, 0 } },
	[LISTENER] = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 1, 1, 1, 0 } },
};

static void take_values(const size_t chosen[LISTENER + 1])
{
	const char *client = values[CLIENT][chosen[CLIENT]];
	const char *listener = values[LISTENER][chosen[LISTENER]];

	message_reset(&message);
	message.has_client = network_parse(client, &message.client);
	message_set_sender(&message, &address_rules_default,
			   values[SENDER][chosen[SENDER]]);
	message_add_recipient(&message, &address_rules_default,
			      values[RECIPIENT][chosen[RECIPIENT]]);
	message_set_auth(&message, values[AUTH][chosen[AUTH]]);
	message_set_helo(&message, &address_rules_default,
			 values[HELO][chosen[HELO]]);
	message_set(&message.listener, listener, strlen(listener));
}

/* A random list; does it let the value through? */
static bool add_list(enum member member, size_t value)
{
	size_t entry = below(3);
	bool is_in = below(3) != 0;

	put(is_in ? &match.in : &match.out, member, entries[member][entry]);
	return takes[member][entry][value] == is_in;
}

START_TEST(test_random_matches)
{
	unsigned int held = 0, rounds = 20000;

	for (unsigned int i = 0; i < rounds; i++) {
		bool of_message = true, of_recipient = true;
		size_t chosen[LISTENER + 1];

		for (int member = CLIENT; member <= LISTENER; member++)
			chosen[member] = below(4);
		take_values(chosen);
		for (int member = CLIENT; member <= LISTENER; member++) {
			bool *all = member == RECIPIENT ? &of_recipient
							: &of_message;

			if (below(2) == 0 &&
			    !add_list((enum member)member, chosen[member]))
				*all = false;
		}
		match.authenticated = (enum match_wish)below(3);
		message.is_local = below(2) == 0;
		match.local = (enum match_wish)below(3);
		if (match.authenticated != MATCH_ANY &&
		    (match.authenticated == MATCH_YES) ==
			    (message.auth.length == 0))
			of_message = false;
		if (match.local != MATCH_ANY &&
		    (match.local == MATCH_YES) != message.is_local)
			of_message = false;
		ck_assert_int_eq(match_holds(&match, &message), of_message);
		ck_assert_int_eq(match_fault(&match, &message) == NULL,
				 of_message);
		ck_assert_int_eq(match_holds_for(&match, message.recipients),
				 of_recipient);
		ck_assert_int_eq(match_fault_for(&match, message.recipients) ==
					 NULL,
				 of_recipient);
		held += of_message;
		match_clear(&match);
	}
	/* both happened often */
	ck_assert_uint_gt(held, rounds / 20);
	ck_assert_uint_lt(held, rounds / 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("match_message");
	TCase *matches = tcase_create("matches");

	tcase_set_timeout(matches, 60);
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
	tcase_add_loop_test(matches, test_the_fault_of_a_list, 0,
			    COUNT_OF(faults));
	tcase_add_loop_test(matches, test_the_fault_of_a_missing_fact, 0,
			    COUNT_OF(faults));
	tcase_add_loop_test(matches, test_the_fault_of_a_wish, 0,
			    COUNT_OF(wish_faults));
	tcase_add_test(matches, test_random_matches);
	suite_add_tcase(suite, matches);
	return check_run(suite);
}
