/* SPDX-License-Identifier: ISC */
/*
 * What a person types is what the milter counts, and what weir prints is read
 * back as itself, whatever was in the message.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/subject_doubt.h"
#include "lib/policy/subject_parse.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define SENDER		 LIMIT_KEY_OF(DIMENSION_SENDER)
#define SENDER_DOMAIN	 LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN)
#define RECIPIENT	 LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define RECIPIENT_DOMAIN LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN)
#define CLIENT		 LIMIT_KEY_OF(DIMENSION_CLIENT)
#define AUTH		 LIMIT_KEY_OF(DIMENSION_AUTH)
#define HELO		 LIMIT_KEY_OF(DIMENSION_HELO)

#define ROUNDS 2000
#define LONG   ((size_t)64 * 1024)

#define NO_SUBJECT                                                         \
	"found no subject, allowed is KEY:VALUE with a key of sender, "    \
	"sender_domain, recipient, recipient_domain, client, auth, helo, " \
	"or several of them joined: sender+recipient:a@x+b@y; or \"all\""
#define TOO_FEW                                                          \
	"found fewer values than the key has parts, allowed is one for " \
	"each, joined by +; a + within a value is written %2B"
#define NO_SENDER                                          \
	"found no sender, allowed is an address, such as " \
	"sender:jake@example.com; the null sender is not counted"
#define NO_SENDER_DOMAIN \
	"found no domain, allowed is one, such as sender_domain:example.com"
#define NO_RECIPIENT                                          \
	"found no recipient, allowed is an address, such as " \
	"recipient:jake@example.com"
#define NO_RECIPIENT_DOMAIN                         \
	"found no domain, allowed is one, such as " \
	"recipient_domain:example.com"
#define NO_CLIENT                                                        \
	"found no address and no network of clients, allowed are "       \
	"client:192.0.2.7, client:192.0.2.0/24, client:2001:db8::7 and " \
	"client:2001:db8::/48, with no bits set behind the prefix length"
#define NO_LOGIN "found no login, allowed is one, such as auth:jake"
#define NO_HELO \
	"found no HELO name, allowed is one, such as helo:mail.example.com"

static struct settings settings;

static void setup(void)
{
	memset(&settings, 0, sizeof(settings));
	settings.identity = address_rules_default;
	settings.ipv6_prefix = 64;
}

/* what people type */

static const struct {
	const char *typed, *subject;
	unsigned int key;
} spellings[] = {
	{ "all", "all", 0 },
	{ "sender:jake@example.com", "sender:jake@example.com", SENDER },
	{ "sender:Jake+news@Example.COM", "sender:jake@example.com", SENDER },
	{ "sender:<jake@example.com>", "sender:jake@example.com", SENDER },
	{ "sender:\"jake\"@example.com", "sender:jake@example.com", SENDER },
	{ "sender:jake@example.com.", "sender:jake@example.com", SENDER },
	{ "sender:jake", "sender:jake", SENDER },
	{ "sender:prvs=1234abcdef=jake@example.com", "sender:jake@example.com",
	  SENDER },
	{ "sender:jake@b\xc3\xbc"
	  "cher.example",
	  "sender:jake@xn--bcher-kva.example", SENDER },
	{ "sender:JAKE@XN--BCHER-KVA.example",
	  "sender:jake@xn--bcher-kva.example", SENDER },
	{ "sender_domain:Example.COM.", "sender_domain:example.com",
	  SENDER_DOMAIN },
	{ "sender_domain:[192.0.2.1]", "sender_domain:[192.0.2.1]",
	  SENDER_DOMAIN },
	{ "recipient:Bob+x@Example.Net", "recipient:bob@example.net",
	  RECIPIENT },
	{ "recipient_domain:EXAMPLE.net", "recipient_domain:example.net",
	  RECIPIENT_DOMAIN },
	{ "client:192.0.2.7", "client:192.0.2.7", CLIENT },
	{ "client:::ffff:192.0.2.7", "client:192.0.2.7", CLIENT },
	{ "client:2001:DB8:0:1::7", "client:2001:db8:0:1::/64", CLIENT },
	{ "client:[2001:db8:0:1::7]", "client:2001:db8:0:1::/64", CLIENT },
	{ "client:IPv6:2001:db8:0:1::7", "client:2001:db8:0:1::/64", CLIENT },
	{ "client:2001:db8:0:1::/64", "client:2001:db8:0:1::/64", CLIENT },
	{ "client:192.0.2.0/24", "client:192.0.2.0/24", CLIENT },
	{ "client:192.0.2.7/32", "client:192.0.2.7", CLIENT },
	{ "client:0.0.0.0/0", "client:0.0.0.0/0", CLIENT },
	{ "client:::ffff:192.0.2.0/120", "client:192.0.2.0/24", CLIENT },
	{ "client:2001:DB8::/48", "client:2001:db8::/48", CLIENT },
	{ "client:2001:db8::7/128", "client:2001:db8::7/128", CLIENT },
	{ "client:::/0", "client:::/0", CLIENT },
	{ "client+sender:192.0.2.0/24+a@x", "sender+client:a@x+192.0.2.0/24",
	  SENDER | CLIENT },
	{ "auth:Jake", "auth:jake", AUTH },
	{ "auth:jake+news", "auth:jake+news", AUTH },
	{ "auth:a b", "auth:a%20b", AUTH },
	{ "auth:a%20b", "auth:a%20b", AUTH },
	{ "auth:100%", "auth:100%25", AUTH },
	{ "auth:100%25", "auth:100%25", AUTH },
	{ "auth:a%2Bb", "auth:a%252bb", AUTH }, /* weir prints a+b here */
	{ "auth:a%zz", "auth:a%25zz", AUTH },
	/* as it is shown where the letter cannot be */
	{ "auth:j%C3%A4k", "auth:j\xc3\xa4k", AUTH },
	{ "auth:a%20j%C3%A4k%FF", "auth:a%20j\xc3\xa4k%FF", AUTH },
	{ "auth:%E2%80%AEgnp", "auth:\xe2\x80\xaegnp", AUTH },
	{ "auth:a:b", "auth:a:b", AUTH },
	{ "helo:Mail.Example.COM", "helo:mail.example.com", HELO },
	{ "helo:mail.example.com.", "helo:mail.example.com", HELO },
	{ "sender+recipient:a@x+b@y", "sender+recipient:a@x+b@y",
	  SENDER | RECIPIENT },
	{ "recipient+sender:b@y+a@x", "sender+recipient:a@x+b@y",
	  SENDER | RECIPIENT },
	{ "sender+recipient:A+news@X+B+tag@Y", "sender+recipient:a@x+b@y",
	  SENDER | RECIPIENT },
	{ "sender+recipient:root+b@y", "sender+recipient:root+b@y",
	  SENDER | RECIPIENT },
	{ "sender+recipient:root+postmaster",
	  "sender+recipient:root+postmaster", SENDER | RECIPIENT },
	{ "recipient+sender:postmaster+a@x", "sender+recipient:a@x+postmaster",
	  SENDER | RECIPIENT },
	{ "helo+auth+client:H+Jake+192.0.2.1",
	  "client+auth+helo:192.0.2.1+jake+h", CLIENT | AUTH | HELO },
	{ "auth+helo:a%2Bb+c", "auth+helo:a%2Bb+c", AUTH | HELO },
	{ "auth+helo:a+b+c", "auth+helo:a+b%2Bc", AUTH | HELO },
	{ "client+sender:2001:db8::1+a@x", "sender+client:a@x+2001:db8::/64",
	  SENDER | CLIENT },
};

START_TEST(test_spellings)
{
	struct subject subject;
	const char *reason;

	ck_assert_msg(subject_parse(spellings[_i].typed,
				    strlen(spellings[_i].typed), &settings,
				    &subject, &reason),
		      "%s: %s", spellings[_i].typed, reason);
	ck_assert_str_eq(subject.text, spellings[_i].subject);
	ck_assert_uint_eq(subject.key, spellings[_i].key);
}
END_TEST

static const struct {
	const char *typed;
	const char *reason;
} refused[] = {
	{ "", NO_SUBJECT },
	{ "ALL", NO_SUBJECT },
	{ "all:", NO_SUBJECT },
	{ "all:x", NO_SUBJECT },
	{ "jake@example.com", NO_SUBJECT },
	{ ":jake@example.com", NO_SUBJECT },
	{ "Sender:jake@example.com", NO_SUBJECT },
	{ "sendre:jake@example.com", NO_SUBJECT },
	{ "sender :jake@example.com", NO_SUBJECT },
	{ "sender+:a@x+b@y", NO_SUBJECT },
	{ "+sender:a@x+b@y", NO_SUBJECT },
	{ "sender+all:a@x+b@y", NO_SUBJECT },
	{ "sender+sender:a@x+b@y", NO_SUBJECT },
	{ "sender+recipient:a@x", TOO_FEW },
	{ "sender+recipient:", TOO_FEW },
	{ "client+auth+helo:192.0.2.1+jake", TOO_FEW },
	{ "sender:", NO_SENDER },
	{ "sender:<>", NO_SENDER },
	{ "sender+recipient:+b@y", NO_SENDER },
	{ "sender_domain:", NO_SENDER_DOMAIN },
	{ "sender_domain:jake@example.com", NO_SENDER_DOMAIN },
	{ "sender_domain:.", NO_SENDER_DOMAIN },
	{ "recipient:", NO_RECIPIENT },
	{ "sender+recipient:a@x+", NO_RECIPIENT },
	{ "recipient_domain:", NO_RECIPIENT_DOMAIN },
	{ "recipient_domain:jake@example.com", NO_RECIPIENT_DOMAIN },
	{ "client:", NO_CLIENT },
	{ "client:mail.example.com", NO_CLIENT },
	{ "client:192.0.2", NO_CLIENT },
	{ "client:192.0.2.1/64", NO_CLIENT },
	{ "client:192.0.2.0/33", NO_CLIENT },
	{ "client:192.0.2.7/24", NO_CLIENT },
	{ "client:2001:db8::7/48", NO_CLIENT },
	{ "client:2001:db8::/064", NO_CLIENT },
	{ "client:2001:db8::/64/64", NO_CLIENT },
	{ "client:2001:db8::/", NO_CLIENT },
	{ "client:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:"
	  "dddd",
	  NO_CLIENT },
	{ "auth:", NO_LOGIN },
	{ "helo:", NO_HELO },
	{ "helo:.", NO_HELO },
	{ "auth+helo:jake+", NO_HELO },
};

START_TEST(test_refused_with_a_reason)
{
	struct subject subject;
	const char *reason = NULL;

	ck_assert_msg(!subject_parse(refused[_i].typed,
				     strlen(refused[_i].typed), &settings,
				     &subject, &reason),
		      "%s is %s", refused[_i].typed, subject.text);
	ck_assert_str_eq(reason, refused[_i].reason);
}
END_TEST

/* the settings decide */

static const struct {
	unsigned int prefix;
	const char *typed, *subject; /* NULL: refused */
} prefixes[] = {
	{ 64, "client:2001:db8:1:2:3:4:5:6", "client:2001:db8:1:2::/64" },
	{ 56, "client:2001:db8:1:2:3:4:5:6", "client:2001:db8:1::/56" },
	{ 56, "client:2001:db8:1::/56", "client:2001:db8:1::/56" },
	{ 56, "client:2001:db8:1::/64", "client:2001:db8:1::/64" },
	{ 128, "client:2001:db8::1", "client:2001:db8::1" },
	{ 128, "client:2001:db8::1/128", "client:2001:db8::1" },
	{ 0, "client:2001:db8::1", "client:::/0" },
	{ 0, "client:::/0", "client:::/0" },
	{ 32, "client:192.0.2.1", "client:192.0.2.1" },
	{ 32, "client:192.0.2.1/32", "client:192.0.2.1" },
};

/* Typed by people, and most likely not what they mean. */
static const struct {
	const char *text;
	bool is_fault, is_noted;
} doubts[] = {
	{ "all", false, false },
	{ "sender:kim@example.com", false, false },
	{ "sender+recipient:kim@a.example+lee@b.example", false, false },
	{ "sender:\"kim,lee\"@example.com", false, false },
	{ "sender:kim@[IPv6:2001:db8::1]", false, false },
	{ "sender:root", false, false },
	{ "auth:/C=DE/O=A, B/CN=kim", false, false },
	{ "auth:kim lee", false, false },
	{ "client:2001:db8::1", false, false },
	{ "helo:[192.0.2.7]", false, false },
	{ "sender:kim@example.com,lee@example.com", true, false },
	{ "sender:kim@example.com, lee@example.com", true, false },
	{ "recipient:kim@example.com lee@example.com", true, false },
	{ "auth:kim@example.com,lee@example.com", true, false },
	/* an attacker can have these */
	{ "sender:kim@example.com;", false, true },
	{ "sender:kim,lee@example.com", false, true },
	{ "sender+recipient:a,b@x.example+c,d@y.example", false, false },
	{ "sender_domain:a.example,b.example", false, true },
	{ "auth:kim,lee", false, false },
	{ "helo:a.example;b.example", false, true },
	{ "sender:*@example.com", false, true },
	{ "sender:@example.com", false, true },
	{ "recipient:.example.com", false, true },
	{ "sender:example.com", false, true },
	{ "sender:kim@", false, true },
	{ "auth:*", false, true },
	{ "sender_domain:.example.com", false, true },
};

START_TEST(test_doubts)
{
	const char *text = doubts[_i].text, *reason;
	struct subject subject;

	ck_assert_int_eq(subject_fault(text) != NULL, doubts[_i].is_fault);
	if (doubts[_i].is_fault)
		return;
	ck_assert(subject_parse(text, strlen(text), &settings, &subject,
				&reason));
	ck_assert_int_eq(subject_note(&subject) != NULL, doubts[_i].is_noted);
}
END_TEST

START_TEST(test_networks_are_those_of_the_settings)
{
	struct subject subject;
	const char *reason;

	settings.ipv6_prefix = prefixes[_i].prefix;
	ck_assert_int_eq(subject_parse(prefixes[_i].typed,
				       strlen(prefixes[_i].typed), &settings,
				       &subject, &reason),
			 prefixes[_i].subject != NULL);
	if (prefixes[_i].subject != NULL)
		ck_assert_str_eq(subject.text, prefixes[_i].subject);
	else
		ck_assert_str_eq(reason, NO_CLIENT);
}
END_TEST

START_TEST(test_identities_are_those_of_the_settings)
{
	static const char typed[] = "sender:Jake+news@Example.COM";
	struct subject subject;
	const char *reason;

	memset(&settings.identity, 0, sizeof(settings.identity));
	ck_assert(subject_parse(typed, strlen(typed), &settings, &subject,
				&reason));
	ck_assert_str_eq(subject.text, "sender:Jake+news@example.com");
}
END_TEST

/* any bytes, any length */

static const struct {
	const char *typed;
	size_t length;
	const char *reason;
} with_nul[] = {
	{ "auth:ja\0ke", 10, NO_LOGIN },
	{ "auth:jake\0", 10, NO_LOGIN },
	{ "auth:\0", 6, NO_LOGIN },
	{ "sender:jake@x\0y", 15, NO_SENDER },
	{ "client:192.0.2.1\0", 17, NO_CLIENT },
	{ "helo:h\0x", 8, NO_HELO },
	{ "sender_domain:x\0y", 17, NO_SENDER_DOMAIN },
	{ "recipient_domain:x\0y", 20, NO_RECIPIENT_DOMAIN },
	{ "sender\0:jake@x", 14, NO_SUBJECT },
	{ "sender\0x+auth:a@x+b", 19, NO_SUBJECT },
	{ "\0sender:jake@x", 14, NO_SUBJECT },
	{ "all\0", 4, NO_SUBJECT },
};

START_TEST(test_a_nul_is_refused)
{
	struct subject subject;
	const char *reason = NULL;

	ck_assert_msg(!subject_parse(with_nul[_i].typed, with_nul[_i].length,
				     &settings, &subject, &reason),
		      "row %d is %s", _i, subject.text);
	ck_assert_str_eq(reason, with_nul[_i].reason);
}
END_TEST

/* name, then letters up to 64 KB: one subject, shortened, or none. */
static const struct {
	const char *name;
	const char *reason; /* NULL: it is one */
} long_ones[] = {
	{ "auth:", NULL },	     { "sender:", NULL },
	{ "recipient:", NULL },	     { "sender_domain:", NULL },
	{ "helo:", NULL },	     { "recipient_domain:", NULL },
	{ "client:", NO_CLIENT },    { "", NO_SUBJECT },
	{ "sender+auth:", TOO_FEW }, { "auth+helo:a+", NULL },
};

START_TEST(test_64_kilobytes)
{
	size_t name = strlen(long_ones[_i].name);
	char *typed = malloc(LONG);
	struct subject subject;
	const char *reason;

	ck_assert_ptr_nonnull(typed);
	memset(typed, 'a', LONG);
	memcpy(typed, long_ones[_i].name, name);
	if (subject_parse(typed, LONG, &settings, &subject, &reason)) {
		ck_assert_ptr_null(long_ones[_i].reason);
		ck_assert_uint_eq(strlen(subject.text), name + TEXT_KEY_MAX);
		ck_assert_ptr_nonnull(strstr(subject.text, "aaa%~"));
	} else {
		ck_assert_ptr_nonnull(long_ones[_i].reason);
		ck_assert_str_eq(reason, long_ones[_i].reason);
	}
	free(typed);
}
END_TEST

/* what weir prints */

static uint64_t random_state;

static unsigned int random_below(unsigned int bound)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned int)((random_state * UINT64_C(2685821657736338717)) >>
			      33) %
	       bound;
}

/* Pieces that mean something to somebody on the way. */
static const char *const pieces[] = {
	"a",
	"jake",
	"B",
	"example.com",
	".",
	"@",
	"+",
	"%",
	"%41",
	"%2B",
	"%~",
	"\"",
	"\\",
	"<",
	">",
	" ",
	"\r\n",
	"\x1b[2J",
	"{",
	"}",
	":",
	"/",
	"\xff",
	"\xc3",
	"\xc3\xa4",
	"\xc3\x84",
	"a\xcc\x88",
	"\xf0\x9f\x93\xac",
	"=",
	"-",
	"SRS0",
	"prvs=1234abcdef=",
	"xn--",
	"[",
	"]",
	"\x7f",
	",",
	"IPv6:",
	"\xe3\x80\x82",
	"\xcd\xbe",
	"\xc2\xad",
	"_",
};

/* Mostly short, sometimes as long as the header may be. */
static const char *random_text(void)
{
	static char text[LONG + 32];
	unsigned int most = 8;
	size_t length = 0;

	switch (random_below(40)) {
	case 0:
		most = 20000;
		break;
	case 1:
	case 2:
	case 3:
		most = 60;
		break;
	default:
		break;
	}
	for (unsigned int left = random_below(most); left != 0; left--) {
		const char *piece = pieces[random_below(COUNT_OF(pieces))];
		char byte[2] = { (char)(1 + random_below(255)), '\0' };

		if (random_below(6) == 0)
			piece = byte;
		if (length + strlen(piece) >= LONG)
			break;
		memcpy(text + length, piece, strlen(piece));
		length += strlen(piece);
	}
	text[length] = '\0';
	return text;
}

static const char *random_address(void)
{
	static char address[LONG];
	size_t length;

	switch (random_below(5)) {
	case 0:
		return random_text();
	case 1:
		snprintf(address, sizeof(address), "<%.30000s", random_text());
		length = strlen(address);
		snprintf(address + length, sizeof(address) - length,
			 "@%.30000s>", random_text());
		break;
	default:
		snprintf(address, sizeof(address), "%.30000s", random_text());
		length = strlen(address);
		snprintf(address + length, sizeof(address) - length,
			 "@%.30000s", random_text());
		break;
	}
	return address;
}

static void random_message(struct message *message)
{
	message_init(message);
	message_set_sender(message, &settings.identity, random_address());
	message_add_recipient(message, &settings.identity, random_address());
	message_set_auth(message, random_text());
	message_set_helo(message, &settings.identity, random_text());
	message->has_client = random_below(10) != 0;
	for (size_t i = 0; i < sizeof(message->client.bytes); i++)
		message->client.bytes[i] = (unsigned char)random_below(256);
	if (random_below(2) == 0)
		ck_assert(network_parse("192.0.2.1", &message->client));
}

/* Is what this message is counted as read back as itself? */
static bool check_key(const struct message *message, unsigned int key)
{
	char printed[SUBJECT_SIZE];
	struct subject subject;
	const char *reason;
	struct text text;

	text_init(&text, printed, sizeof(printed));
	if (!subject_add(&text, key, message, message->recipients,
			 settings.ipv6_prefix))
		return false;
	ck_assert_msg(subject_parse(printed, text.length, &settings, &subject,
				    &reason),
		      "%s: %s", printed, reason);
	ck_assert_str_eq(subject.text, printed);
	ck_assert_uint_eq(subject.key, key);
	return true;
}

static const struct address_rules *random_rules(void)
{
	static struct address_rules rules;

	rules = address_rules_default;
	if (random_below(3) != 0)
		return &rules;
	rules.tag[0] = "+-\0"[random_below(3)];
	rules.batv = random_below(2) == 0;
	rules.srs = random_below(2) == 0;
	rules.verp = random_below(2) == 0;
	rules.lowercase = random_below(2) == 0;
	rules.alabel = random_below(2) == 0;
	rules.routes = random_below(2) == 0;
	rules.quotes = random_below(2) == 0;
	return &rules;
}

START_TEST(test_what_is_printed_is_read_back)
{
	static const unsigned int prefixes_seen[] = { 0, 32, 56, 64, 128 };
	unsigned int found = 0;

	random_state = (uint64_t)_i + 1;
	for (int round = 0; round < ROUNDS; round++) {
		struct message message;

		settings.identity = *random_rules();
		settings.ipv6_prefix = prefixes_seen[random_below(5)];
		random_message(&message);
		for (unsigned int d = 0; d < DIMENSION_COUNT; d++)
			found += check_key(&message, LIMIT_KEY_OF(d));
		for (int i = 0; i < 4; i++)
			found += check_key(&message, random_below(LIMIT_KEY_OF(
							     DIMENSION_COUNT)));
		message_clear(&message);
	}
	/* most messages have most values */
	ck_assert_uint_gt(found, ROUNDS * 4);
}
END_TEST

/* Whatever is typed and is a subject, is itself when it is typed again. */
START_TEST(test_what_was_read_is_read_again)
{
	static const char *const names[] = {
		"sender",
		"sender_domain",
		"recipient",
		"client",
		"recipient_domain",
		"auth",
		"helo",
		"auth+helo",
		"sender+recipient",
		"helo+sender",
		"recipient+sender+auth",
	};
	static char typed[LONG * 2];
	unsigned int found = 0;

	random_state = (uint64_t)_i + 100;
	for (int round = 0; round < ROUNDS * 4; round++) {
		struct subject subject, again;
		const char *reason;
		int length = snprintf(typed, sizeof(typed), "%s:%s",
				      names[random_below(COUNT_OF(names))],
				      random_below(2) == 0 ? random_text()
							   : random_address());

		if (!subject_parse(typed, (size_t)length, &settings, &subject,
				   &reason))
			continue;
		found++;
		ck_assert_msg(subject_parse(subject.text, strlen(subject.text),
					    &settings, &again, &reason),
			      "%s: %s", subject.text, reason);
		ck_assert_str_eq(again.text, subject.text);
		ck_assert_uint_eq(again.key, subject.key);
	}
	ck_assert_uint_gt(found, ROUNDS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subject_parse");
	TCase *tcase = tcase_create("subject_parse");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, test_spellings, 0, COUNT_OF(spellings));
	tcase_add_loop_test(tcase, test_refused_with_a_reason, 0,
			    COUNT_OF(refused));
	tcase_add_loop_test(tcase, test_networks_are_those_of_the_settings, 0,
			    COUNT_OF(prefixes));
	tcase_add_loop_test(tcase, test_doubts, 0, COUNT_OF(doubts));
	tcase_add_test(tcase, test_identities_are_those_of_the_settings);
	tcase_add_loop_test(tcase, test_a_nul_is_refused, 0,
			    COUNT_OF(with_nul));
	tcase_add_loop_test(tcase, test_64_kilobytes, 0, COUNT_OF(long_ones));
	tcase_add_loop_test(tcase, test_what_is_printed_is_read_back, 0, 4);
	tcase_add_loop_test(tcase, test_what_was_read_is_read_again, 0, 2);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
