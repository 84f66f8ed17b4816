/* SPDX-License-Identifier: ISC */
/* The facts of a message: canonical from the start, reset and reused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/message.h"

static struct message message;

static void setup(void)
{
	message_init(&message);
}

static void teardown(void)
{
	message_clear(&message);
}

static void assert_value(const struct message_value *value, const char *text)
{
	ck_assert_uint_eq(value->length, strlen(text));
	ck_assert_str_eq(value->data, text);
}

START_TEST(test_a_new_message_has_nothing)
{
	assert_value(&message.helo, "");
	assert_value(&message.auth, "");
	assert_value(&message.listener, "");
	assert_value(&message.sender, "");
	ck_assert(!message.has_sender);
	ck_assert(!message.has_client);
	ck_assert_uint_eq(message.recipient_count, 0);
}
END_TEST

START_TEST(test_addresses_become_identities)
{
	const struct message_recipient *recipient;

	message_set_sender(&message, &address_rules_default,
			   "<Jake+news@EXAMPLE.com>");
	recipient = message_add_recipient(&message, &address_rules_default,
					  "<Bob@Example.NET>");
	ck_assert(message.has_sender);
	assert_value(&message.sender, "jake@example.com");
	assert_value(&recipient->address, "bob@example.net");
}
END_TEST

START_TEST(test_the_null_sender_is_a_sender)
{
	message_set_sender(&message, &address_rules_default, "<>");
	ck_assert(message.has_sender);
	assert_value(&message.sender, "");
}
END_TEST

static const struct {
	const char *login, *identity;
} logins[] = {
	{ "Jake", "jake" },
	{ "JAKE@EXAMPLE.COM", "jake@example.com" },
	{ "J\xc3\x84KE", "j\xc3\x84ke" }, /* ASCII letters only */
	{ "", "" },
	{ NULL, "" },
};

START_TEST(test_logins_are_in_lower_case)
{
	message_set_auth(&message, "somebody else before");
	message_set_auth(&message, logins[_i].login);
	assert_value(&message.auth, logins[_i].identity);
}
END_TEST

static const struct {
	const char *name, *identity;
} helos[] = {
	{ "Mail.Example.COM", "mail.example.com" },
	{ "mail.example.com.", "mail.example.com" },
	{ "[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]" },
	{ "", "" },
	{ NULL, "" },
};

START_TEST(test_helo_names_are_canonical)
{
	message_set_helo(&message, &address_rules_default, "first.example");
	message_set_helo(&message, &address_rules_default, helos[_i].name);
	assert_value(&message.helo, helos[_i].identity);
}
END_TEST

START_TEST(test_a_value_can_be_set_again)
{
	message_set(&message.listener, "smtp", 4);
	message_set(&message.listener, "smtp", 4);
	assert_value(&message.listener, "smtp");
	message_set(&message.listener, "submission", 10);
	assert_value(&message.listener, "submission");
	message_set(&message.listener, NULL, 0);
	assert_value(&message.listener, "");
}
END_TEST

START_TEST(test_a_value_keeps_every_byte)
{
	message_set(&message.listener, "a\0b", 3);
	ck_assert_uint_eq(message.listener.length, 3);
	ck_assert_mem_eq(message.listener.data, "a\0b", 4);
}
END_TEST

static void add_recipients(unsigned int count)
{
	char raw[32];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(raw, sizeof(raw), "<r%u@example.net>", i);
		message_add_recipient(&message, &address_rules_default, raw);
	}
}

START_TEST(test_recipients_keep_their_order)
{
	char expected[32];

	add_recipients(100);
	ck_assert_uint_eq(message.recipient_count, 100);
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(expected, sizeof(expected), "r%u@example.net", i);
		assert_value(&message.recipients[i].address, expected);
	}
}
END_TEST

START_TEST(test_a_refused_recipient_is_dropped)
{
	add_recipients(2);
	message_drop_recipient(&message);
	ck_assert_uint_eq(message.recipient_count, 1);
	message_add_recipient(&message, &address_rules_default, "<new@x.org>");
	assert_value(&message.recipients[0].address, "r0@example.net");
	assert_value(&message.recipients[1].address, "new@x.org");
}
END_TEST

static void fill_connection(void)
{
	message.has_client = true;
	ck_assert(network_parse("192.0.2.1", &message.client));
	strcpy(message.client_text, "192.0.2.1");
	message_set_helo(&message, &address_rules_default, "h.example");
	message_set_auth(&message, "jake");
	message_set(&message.listener, "smtp", 4);
}

static void fill_envelope(void)
{
	message_set_sender(&message, &address_rules_default, "<a@example.com>");
	add_recipients(3);
	message.declared_bytes = message.bytes = 1000;
	message.refused_recipients = 2;
}

START_TEST(test_reset_keeps_the_connection)
{
	fill_connection();
	fill_envelope();
	message_reset(&message);
	ck_assert(!message.has_sender);
	assert_value(&message.sender, "");
	ck_assert_uint_eq(message.recipient_count, 0);
	ck_assert_uint_eq(message.declared_bytes, 0);
	ck_assert_uint_eq(message.bytes, 0);
	ck_assert_uint_eq(message.refused_recipients, 0);
	ck_assert(message.has_client);
	ck_assert_str_eq(message.client_text, "192.0.2.1");
	assert_value(&message.helo, "h.example");
	assert_value(&message.auth, "jake");
	assert_value(&message.listener, "smtp");
}
END_TEST

START_TEST(test_reset_and_clear_may_come_twice)
{
	fill_connection();
	fill_envelope();
	message_reset(&message);
	message_reset(&message);
	message_clear(&message);
	message_clear(&message);
	ck_assert(!message.has_client);
	assert_value(&message.helo, "");
	fill_envelope();
	ck_assert_uint_eq(message.recipient_count, 3);
}
END_TEST

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int main(void)
{
	Suite *suite = suite_create("message");
	TCase *facts = tcase_create("facts");

	tcase_add_checked_fixture(facts, setup, teardown);
	tcase_add_test(facts, test_a_new_message_has_nothing);
	tcase_add_test(facts, test_addresses_become_identities);
	tcase_add_test(facts, test_the_null_sender_is_a_sender);
	tcase_add_loop_test(facts, test_logins_are_in_lower_case, 0,
			    COUNT_OF(logins));
	tcase_add_loop_test(facts, test_helo_names_are_canonical, 0,
			    COUNT_OF(helos));
	tcase_add_test(facts, test_a_value_can_be_set_again);
	tcase_add_test(facts, test_a_value_keeps_every_byte);
	tcase_add_test(facts, test_recipients_keep_their_order);
	tcase_add_test(facts, test_a_refused_recipient_is_dropped);
	tcase_add_test(facts, test_reset_keeps_the_connection);
	tcase_add_test(facts, test_reset_and_clear_may_come_twice);
	suite_add_tcase(suite, facts);
	return check_run(suite);
}
