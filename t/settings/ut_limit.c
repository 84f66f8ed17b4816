/* SPDX-License-Identifier: ISC */
/* The words of a limit: keys in both directions, names, the sentence. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/settings/limit.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define SENDER		 LIMIT_KEY_OF(DIMENSION_SENDER)
#define SENDER_DOMAIN	 LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN)
#define RECIPIENT	 LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define RECIPIENT_DOMAIN LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN)
#define CLIENT		 LIMIT_KEY_OF(DIMENSION_CLIENT)
#define AUTH		 LIMIT_KEY_OF(DIMENSION_AUTH)
#define HELO		 LIMIT_KEY_OF(DIMENSION_HELO)
#define EVERY		 (LIMIT_KEY_OF(DIMENSION_COUNT) - 1)

static const struct {
	const char *text;
	unsigned int key;
	const char *formatted;
} good_keys[] = {
	{ "all", 0, "all" },
	{ "sender", SENDER, "sender" },
	{ "sender_domain", SENDER_DOMAIN, "sender_domain" },
	{ "recipient", RECIPIENT, "recipient" },
	{ "recipient_domain", RECIPIENT_DOMAIN, "recipient_domain" },
	{ "client", CLIENT, "client" },
	{ "auth", AUTH, "auth" },
	{ "helo", HELO, "helo" },
	{ "sender+recipient", SENDER | RECIPIENT, "sender+recipient" },
	{ "recipient+sender", SENDER | RECIPIENT, "sender+recipient" },
	{ "helo+client+auth", HELO | CLIENT | AUTH, "client+auth+helo" },
	{ "helo+auth+client+recipient_domain+recipient+sender_domain+sender",
	  EVERY,
	  "sender+sender_domain+recipient+recipient_domain+client+auth+helo" },
};

START_TEST(test_good_keys)
{
	char buffer[LIMIT_KEY_TEXT_SIZE];
	unsigned int key = ~0u;

	ck_assert(limit_parse_key(good_keys[_i].text, &key));
	ck_assert_uint_eq(key, good_keys[_i].key);
	ck_assert_str_eq(limit_format_key(key, buffer),
			 good_keys[_i].formatted);
}
END_TEST

static const char *const bad_keys[] = {
	"",
	"+",
	"sender+",
	"+sender",
	"sender++client",
	"Sender",
	"sender ",
	"senders",
	"send",
	"sender,client",
	"all+sender",
	"sender+all",
	"sender+sender",
	"client+helo+client",
};

START_TEST(test_bad_keys)
{
	unsigned int key = 12345;

	ck_assert(!limit_parse_key(bad_keys[_i], &key));
	ck_assert_uint_eq(key, 12345);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(limit_unit_name(LIMIT_MESSAGES), "messages");
	ck_assert_str_eq(limit_unit_name(LIMIT_RECIPIENTS), "recipients");
	ck_assert_str_eq(limit_unit_name(LIMIT_BYTES), "bytes");
	ck_assert_str_eq(limit_count_name(LIMIT_COUNT_ACCEPTED), "accepted");
	ck_assert_str_eq(limit_count_name(LIMIT_COUNT_ATTEMPTS), "attempts");
}
END_TEST

static const struct {
	enum limit_action action;
	const char *name;
	bool stops;
} actions[] = {
	{ LIMIT_MONITOR, "monitor", false },
	{ LIMIT_QUARANTINE, "quarantine", false },
	{ LIMIT_TEMPFAIL, "tempfail", true },
	{ LIMIT_DISCARD, "discard", true },
	{ LIMIT_REJECT, "reject", true },
};

START_TEST(test_actions)
{
	enum limit_action action = actions[_i].action;

	ck_assert_str_eq(limit_action_name(action), actions[_i].name);
	ck_assert(limit_action_stops(action) == actions[_i].stops);
}
END_TEST

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static const struct {
	struct limit limit;
	const char *sentence;
} sentences[] = {
	{ { .key = SENDER,
	    .unit = LIMIT_BYTES,
	    .action = LIMIT_REJECT,
	    .max = 10240 },
	  "reject what a sender sends above 10 KB in one message" },
	{ { .key = SENDER,
	    .action = LIMIT_TEMPFAIL,
	    .max = 100,
	    .per_ms = MINUTE },
	  "tempfail what a sender sends above 100 messages in 1m" },
	{ { .key = 0, .action = LIMIT_MONITOR, .max = 1, .per_ms = SECOND },
	  "monitor all mail above 1 message in 1s" },
	{ { .key = RECIPIENT,
	    .unit = LIMIT_BYTES,
	    .action = LIMIT_QUARANTINE,
	    .max = 50 * 1024 * 1024,
	    .per_ms = HOUR },
	  "quarantine what a recipient gets above 50 MB in 1h" },
	{ { .key = SENDER | RECIPIENT,
	    .action = LIMIT_DISCARD,
	    .max = 60,
	    .per_ms = 10 * MINUTE },
	  "discard what a sender sends to a recipient above 60 messages in "
	  "10m" },
	{ { .key = SENDER | CLIENT,
	    .unit = LIMIT_RECIPIENTS,
	    .action = LIMIT_REJECT,
	    .max = 1,
	    .per_ms = 1500 },
	  "reject what a sender and a client together send above 1 recipient "
	  "in 1500ms" },
	{ { .key = SENDER_DOMAIN | AUTH | HELO | RECIPIENT_DOMAIN,
	    .unit = LIMIT_RECIPIENTS,
	    .count = LIMIT_COUNT_ATTEMPTS,
	    .action = LIMIT_REJECT,
	    .max = 7,
	    .per_ms = MINUTE },
	  "reject what a sender domain, a login and a HELO name together send "
	  "to a recipient domain above 7 recipients in 1m, refused attempts "
	  "counted too" },
	{ { .key = RECIPIENT | RECIPIENT_DOMAIN,
	    .action = LIMIT_REJECT,
	    .max = 7,
	    .per_ms = MINUTE },
	  "reject what a recipient and a recipient domain together get above "
	  "7 messages in 1m" },
	{ { .key = CLIENT,
	    .action = LIMIT_REJECT,
	    .max = 7,
	    .per_ms = MINUTE,
	    .match = { .authenticated = MATCH_YES, .local = MATCH_YES } },
	  "reject what a client sends above 7 messages in 1m, only mail with "
	  "a login and local submissions" },
	{ { .key = CLIENT,
	    .action = LIMIT_REJECT,
	    .max = 7,
	    .per_ms = MINUTE,
	    .match = { .authenticated = MATCH_NO, .local = MATCH_NO } },
	  "reject what a client sends above 7 messages in 1m, not mail with a "
	  "login or local submissions" },
};

START_TEST(test_sentences)
{
	struct limit limit = sentences[_i].limit;
	char *wanted, *found;

	limit.name = alloc_text("the-name");
	wanted = alloc_format("the-name: %s", sentences[_i].sentence);
	found = limit_describe(&limit);
	ck_assert_str_eq(found, wanted);
	free(found);
	free(wanted);
	limit_clear(&limit);
}
END_TEST

START_TEST(test_sentence_of_lists)
{
	struct limit limit = { .key = SENDER,
			       .action = LIMIT_REJECT,
			       .max = 2,
			       .per_ms = MINUTE };
	char *found;

	limit.name = alloc_text("x");
	limit.match.in.client = network_list_new();
	limit.match.in.sender = pattern_list_new();
	limit.match.out.auth = pattern_list_new();
	limit.match.out.helo = pattern_list_new();
	limit.match.out.listener = pattern_list_new();
	limit.match.local = MATCH_NO;
	found = limit_describe(&limit);
	ck_assert_str_eq(found,
			 "x: reject what a sender sends above 2 messages in "
			 "1m, only listed clients and listed senders, not "
			 "listed logins or listed HELO names or listed "
			 "listeners or local submissions");
	free(found);
	limit_clear(&limit);
	ck_assert_ptr_null(limit.name);
	ck_assert_ptr_null(limit.match.in.client);
}
END_TEST

START_TEST(test_words_of_match)
{
	struct match match = { 0 };
	char *found = match_describe(&match);

	ck_assert_str_eq(found, "all mail");
	free(found);
	match.in.recipient = pattern_list_new();
	match.out.client = network_list_new();
	match.authenticated = MATCH_YES;
	match.file = alloc_text("other.conf");
	found = match_describe(&match);
	ck_assert_str_eq(found, "mail, only listed recipients and mail with a "
				"login, not listed clients");
	free(found);
	match_clear(&match);
	ck_assert_ptr_null(match.file);
}
END_TEST

START_TEST(test_effective_match)
{
	struct limit limit = { .key = AUTH | CLIENT };

	ck_assert(limit_effective_match(&limit).authenticated == MATCH_YES);
	limit.match.authenticated = MATCH_NO;
	ck_assert(limit_effective_match(&limit).authenticated == MATCH_NO);
	limit.key = CLIENT;
	limit.match.authenticated = MATCH_ANY;
	ck_assert(limit_effective_match(&limit).authenticated == MATCH_ANY);
}
END_TEST

START_TEST(test_match_looks_at)
{
	struct match match = { 0 };

	ck_assert(!match_has_recipient(&match) && !match_has_helo(&match));
	match.in.recipient = pattern_list_new();
	match.out.helo = pattern_list_new();
	ck_assert(match_has_recipient(&match) && match_has_helo(&match));
	match_clear(&match);
	ck_assert(!match_has_recipient(&match) && !match_has_helo(&match));
	match.out.recipient = pattern_list_new();
	match.in.helo = pattern_list_new();
	ck_assert(match_has_recipient(&match) && match_has_helo(&match));
	match_clear(&match);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limit");
	TCase *tcase = tcase_create("limit");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_good_keys, 0, COUNT_OF(good_keys));
	tcase_add_loop_test(tcase, test_bad_keys, 0, COUNT_OF(bad_keys));
	tcase_add_test(tcase, test_names);
	tcase_add_loop_test(tcase, test_actions, 0, COUNT_OF(actions));
	tcase_add_loop_test(tcase, test_sentences, 0, COUNT_OF(sentences));
	tcase_add_test(tcase, test_sentence_of_lists);
	tcase_add_test(tcase, test_words_of_match);
	tcase_add_test(tcase, test_effective_match);
	tcase_add_test(tcase, test_match_looks_at);
	return check_run(suite);
}
