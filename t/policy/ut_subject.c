/* SPDX-License-Identifier: ISC */
/* Who is counted, as text: readable, safe as a key, never ambiguous. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/subject.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define SENDER		 LIMIT_KEY_OF(DIMENSION_SENDER)
#define SENDER_DOMAIN	 LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN)
#define RECIPIENT	 LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define RECIPIENT_DOMAIN LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN)
#define CLIENT		 LIMIT_KEY_OF(DIMENSION_CLIENT)
#define AUTH		 LIMIT_KEY_OF(DIMENSION_AUTH)
#define HELO		 LIMIT_KEY_OF(DIMENSION_HELO)
#define EVERY		 (LIMIT_KEY_OF(DIMENSION_COUNT) - 1)

static struct message message;
static struct message_recipient *recipient;

static void set_client(const char *address)
{
	message.has_client = true;
	ck_assert(network_parse(address, &message.client));
}

static void setup(void)
{
	message_init(&message);
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
	recipient = message_add_recipient(&message, &address_rules_default,
					  "<bob@example.net>");
	message_set_auth(&message, "jake");
	message_set_helo(&message, &address_rules_default, "h.example.com");
	set_client("192.0.2.1");
}

static void teardown(void)
{
	message_clear(&message);
}

/* The subject as text; NULL when the message has none. */
static const char *subject_of(unsigned int key)
{
	static char buffer[SUBJECT_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	if (!subject_add(&text, key, &message, recipient, 64)) {
		ck_assert_uint_eq(text.length, 0);
		ck_assert_str_eq(buffer, "");
		return NULL;
	}
	ck_assert(!text.is_cut);
	ck_assert_uint_eq(text.length, strlen(buffer));
	return buffer;
}

static const struct {
	unsigned int key;
	const char *subject;
} whole[] = {
	{ 0, "all" },
	{ SENDER, "sender:jake@example.com" },
	{ SENDER_DOMAIN, "sender_domain:example.com" },
	{ RECIPIENT, "recipient:bob@example.net" },
	{ RECIPIENT_DOMAIN, "recipient_domain:example.net" },
	{ CLIENT, "client:192.0.2.1" },
	{ AUTH, "auth:jake" },
	{ HELO, "helo:h.example.com" },
	{ SENDER | RECIPIENT,
	  "sender+recipient:jake@example.com+bob@example.net" },
	{ CLIENT | AUTH | HELO,
	  "client+auth+helo:192.0.2.1+jake+h.example.com" },
	{ EVERY, "sender+sender_domain+recipient+recipient_domain+client+auth+"
		 "helo:jake@example.com+example.com+bob@example.net+"
		 "example.net+192.0.2.1+jake+h.example.com" },
};

START_TEST(test_each_key_has_its_subject)
{
	ck_assert_str_eq(subject_of(whole[_i].key), whole[_i].subject);
}
END_TEST

START_TEST(test_ipv6_clients_are_counted_by_network)
{
	set_client("2001:db8:1:2:3::4");
	ck_assert_str_eq(subject_of(CLIENT), "client:2001:db8:1:2::/64");
}
END_TEST

static void lack_sender(void)
{
	message_set_sender(&message, &address_rules_default, "<>");
}

static void lack_sender_domain(void)
{
	message_set_sender(&message, &address_rules_default, "<jake>");
}

static void lack_recipient_domain(void)
{
	message_drop_recipient(&message);
	recipient = message_add_recipient(&message, &address_rules_default,
					  "<postmaster>");
}

static void lack_client(void)
{
	message.has_client = false;
}

static void lack_auth(void)
{
	message_set_auth(&message, NULL);
}

static void lack_helo(void)
{
	message_set_helo(&message, &address_rules_default, NULL);
}

static const struct {
	void (*lack)(void);
	unsigned int key, other;
} lacking[] = {
	{ lack_sender, SENDER, AUTH },
	{ lack_sender, SENDER_DOMAIN, CLIENT },
	{ lack_sender, SENDER | CLIENT, CLIENT },
	{ lack_sender, SENDER | RECIPIENT, RECIPIENT },
	{ lack_sender_domain, SENDER_DOMAIN, SENDER },
	{ lack_recipient_domain, RECIPIENT_DOMAIN, RECIPIENT },
	{ lack_client, CLIENT, AUTH },
	{ lack_auth, AUTH, SENDER },
	{ lack_auth, SENDER | AUTH, SENDER },
	{ lack_helo, HELO, AUTH },
	{ lack_helo, EVERY, 0 },
};

START_TEST(test_a_missing_value_is_no_subject)
{
	lacking[_i].lack();
	ck_assert_ptr_null(subject_of(lacking[_i].key));
	ck_assert_ptr_nonnull(subject_of(lacking[_i].other));
}
END_TEST

START_TEST(test_what_stood_before_is_kept)
{
	char buffer[SUBJECT_SIZE] = "";
	struct text text;

	lack_auth();
	text_init(&text, buffer, sizeof(buffer));
	text_add_string(&text, "before ");
	ck_assert(!subject_add(&text, AUTH, &message, recipient, 64));
	ck_assert_str_eq(buffer, "before ");
	ck_assert(subject_add(&text, SENDER, &message, recipient, 64));
	ck_assert_str_eq(buffer, "before sender:jake@example.com");
}
END_TEST

/* a, b and c, d are different pairs whose plain joins would be the same. */
START_TEST(test_joined_values_cannot_be_confused)
{
	char first[SUBJECT_SIZE];

	message_set(&message.auth, "a+b", 3);
	message_set(&message.helo, "c", 1);
	snprintf(first, sizeof(first), "%s", subject_of(AUTH | HELO));
	ck_assert_str_eq(first, "auth+helo:a%2Bb+c");
	message_set(&message.auth, "a", 1);
	message_set(&message.helo, "b+c", 3);
	ck_assert_str_eq(subject_of(AUTH | HELO), "auth+helo:a+b%2Bc");
	message_set(&message.auth, "a%2Bb", 5);
	message_set(&message.helo, "c", 1);
	ck_assert_str_eq(subject_of(AUTH | HELO), "auth+helo:a%252Bb+c");
}
END_TEST

START_TEST(test_a_plus_alone_stays_readable)
{
	message_set(&message.auth, "a+b", 3);
	ck_assert_str_eq(subject_of(AUTH), "auth:a+b");
}
END_TEST

static const struct {
	const char *value;
	size_t length;
	const char *subject;
} hostile[] = {
	{ "a b", 3, "auth:a%20b" },
	{ "a\r\nDEL x", 8, "auth:a%0D%0ADEL%20x" },
	{ "a}:x", 4, "auth:a%7D:x" },
	{ "{a}", 3, "auth:%7Ba%7D" },
	{ "100%", 4, "auth:100%25" },
	{ "a\0b", 3, "auth:a%00b" },
	{ "\xff\xfe", 2, "auth:%FF%FE" },
	{ "\xc3\xa4", 2, "auth:\xc3\xa4" },
	{ "\x1b[2J", 4, "auth:%1B[2J" },
};

START_TEST(test_hostile_bytes_are_encoded)
{
	message_set(&message.auth, hostile[_i].value, hostile[_i].length);
	ck_assert_str_eq(subject_of(AUTH), hostile[_i].subject);
}
END_TEST

START_TEST(test_long_values_are_hashed_not_cut)
{
	char value[5000], first[SUBJECT_SIZE];

	memset(value, 'a', sizeof(value));
	message_set(&message.auth, value, sizeof(value));
	snprintf(first, sizeof(first), "%s", subject_of(AUTH));
	ck_assert_uint_le(strlen(first), strlen("auth:") + TEXT_KEY_MAX);
	ck_assert_ptr_nonnull(strstr(first, "aaa%~"));
	value[sizeof(value) - 1] = 'b';
	message_set(&message.auth, value, sizeof(value));
	ck_assert_str_ne(subject_of(AUTH), first);
}
END_TEST

START_TEST(test_the_longest_subject_fits)
{
	char value[2000];

	memset(value, '%', sizeof(value));
	value[1000] = '@';
	message_set(&message.auth, value, sizeof(value));
	message_set(&message.helo, value, sizeof(value));
	message_set(&message.sender, value, sizeof(value));
	message_set(&recipient->address, value, sizeof(value));
	ck_assert_ptr_nonnull(subject_of(EVERY)); /* asserts that none is cut */
}
END_TEST

START_TEST(test_a_window_has_its_subject_in_a_hash_tag)
{
	const struct limit limit = { .name = (char *)(uintptr_t) "minute",
				     .per_ms = 60000 };
	char buffer[WINDOW_KEY_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	subject_add_window(&text, "sender:jake@example.com", &limit);
	ck_assert_str_eq(buffer, "{sender:jake@example.com}:minute:1m");
	message_set(&message.auth, "x}:minute:1m", 12);
	text_init(&text, buffer, sizeof(buffer));
	subject_add_window(&text, subject_of(AUTH), &limit);
	ck_assert_str_eq(buffer, "{auth:x%7D:minute:1m}:minute:1m");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subject");
	TCase *subjects = tcase_create("subjects");

	tcase_add_checked_fixture(subjects, setup, teardown);
	tcase_add_loop_test(subjects, test_each_key_has_its_subject, 0,
			    COUNT_OF(whole));
	tcase_add_test(subjects, test_ipv6_clients_are_counted_by_network);
	tcase_add_loop_test(subjects, test_a_missing_value_is_no_subject, 0,
			    COUNT_OF(lacking));
	tcase_add_test(subjects, test_what_stood_before_is_kept);
	tcase_add_test(subjects, test_joined_values_cannot_be_confused);
	tcase_add_test(subjects, test_a_plus_alone_stays_readable);
	tcase_add_loop_test(subjects, test_hostile_bytes_are_encoded, 0,
			    COUNT_OF(hostile));
	tcase_add_test(subjects, test_long_values_are_hashed_not_cut);
	tcase_add_test(subjects, test_the_longest_subject_fits);
	tcase_add_test(subjects, test_a_window_has_its_subject_in_a_hash_tag);
	suite_add_tcase(suite, subjects);
	return check_run(suite);
}
