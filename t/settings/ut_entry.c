/* SPDX-License-Identifier: ISC */
/*
 * What people write into lists, each in the settings and as a line of a file:
 * either it matches what is meant, or it is refused with a hint.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/settings/settings.h"
#include "settings_file.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define NETWORKS "networks = { office = \"10.0.0.0/8\"; };\n"

/* One or the other: a value that it matches, or the end of the complaint. */
struct row {
	const char *member, *entry, *value, *hint;
};

static const struct row addresses[] = {
	{ "sender", "kim@example.com", "kim@example.com", NULL },
	{ "sender", " \t kim@example.com \t ", "kim@example.com", NULL },
	{ "sender", "<kim@example.com>", "kim@example.com", NULL },
	{ "sender", "<@example.com>", "kim@example.com", NULL },
	{ "sender", "kim@example.com OK", "kim@example.com", NULL },
	{ "sender", "kim@example.com \t 1", "kim@example.com", NULL },
	{ "sender", "<kim@example.com> relay", "kim@example.com", NULL },
	{ "sender", "KIM+x@Example.COM.", "kim@example.com", NULL },
	{ "sender", "*@x", "kim@x", NULL },
	{ "sender", "*", "", NULL },
	{ "sender", "<>", "", NULL },
	{ "sender", "root", "root", NULL },
	{ "sender", ".example.com", "kim@a.example.com", NULL },
	{ "sender", "@example.com.", "kim@example.com", NULL },
	{ "sender", "*@Example.com.", "kim@example.com", NULL },
	{ "sender", "kim@", "kim@example.org", NULL },
	{ "sender", "Kim*", "kim.lee@example.org", NULL },
	{ "sender", "*.example.com", "kim@a.example.com", NULL },
	{ "sender", "[0-9]*@qq.example", "1234@qq.example", NULL },
	{ "sender", "o'brien@example.com", "o'brien@example.com", NULL },
	{ "sender", "\"kim lee\"@example.com", "\"kim lee\"@example.com",
	  NULL },
	{ "sender", "\"kim,lee\"@example.com", "\"kim,lee\"@example.com",
	  NULL },
	{ "sender", "/S=kim/O=x/@gw.example", "/s=kim/o=x/@gw.example", NULL },
	{ "sender", "*@[192.0.2.1]", "kim@[192.0.2.1]", NULL },
	{ "sender", "kim@[192.0.2.*]", "kim@[192.0.2.7]", NULL },
	{ "sender", "kim@[IPv6:2001:db8::1]", "kim@[ipv6:2001:db8::1]", NULL },
	{ "sender",
	  "kim@b\xc3\xbc"
	  "cher.example",
	  "kim@xn--bcher-kva.example", NULL },
	{ "sender",
	  "*@*.b\xc3\xbc"
	  "cher.example",
	  "kim@a.xn--bcher-kva.example", NULL },
	{ "sender", "J\xc3\x9cRGEN*@x", "j\xc3\xbcrgen.b@x", NULL },
	{ "recipient", "kim@example.com OK", "kim@example.com", NULL },
	{ "recipient", "*@x", "kim@x", NULL },

	{ "recipient", "<>", NULL, "no recipient is <>" },
	{ "sender", "kim@example.com, lee@example.com", NULL,
	  "one entry, with OK or nothing behind it" },
	{ "sender", "kim@example.com lee@example.com", NULL, "one entry" },
	{ "sender", "kim@example.com REJECT", NULL, "one entry" },
	{ "sender", "Kim Lee <kim@example.com>", NULL, "one entry" },
	{ "sender", "kim@example.com,lee@example.com", NULL,
	  "each entry on its own" },
	{ "sender", "kim@example.com;lee@example.com", NULL,
	  "each entry on its own" },
	{ "sender", "kim@example.com,", NULL, "each entry on its own" },
	{ "sender", "\"kim@example.com\",", NULL, "each entry on its own" },
	{ "sender", "\"kim@example.com\"", NULL, "without quotes" },
	{ "sender", "'kim@example.com'", NULL, "without quotes" },
	{ "sender", "\xe2\x80\x9ckim@example.com\xe2\x80\x9d", NULL,
	  "without typographic quotes" },
	{ "sender", "kim@example.com\xc2\xa0", NULL, "invisible" },
	{ "sender",
	  "b\xfc"
	  "cher@example.com",
	  NULL, "UTF-8" },
	{ "sender", "/^(kim|lee)@/", NULL, "regular expressions" },
	{ "sender", "/@example\\.com$/i", NULL, "regular expressions" },
	{ "sender", "!/kim/", NULL, "regular expressions" },
	{ "sender", "^kim@example.com", NULL, "regular expressions" },
	{ "sender", ".*@example.com", NULL, "regular expressions" },
	{ "sender", "kim@example.com$", NULL, "no domain" },
	{ "sender", "kim@example\\.com", NULL, "no domain" },
	{ "sender", "!kim@example.com", NULL, "with not_ before it" },
	{ "sender", "mailto:kim@example.com", NULL, "without the colon" },
	{ "sender", "Kim<kim@example.com>", NULL, "the address alone" },
	{ "sender", "kim@example.com>", NULL, "the address alone" },
	{ "sender", "example.com", NULL, "write @example.com" },
	{ "sender", "office", NULL, "office is a network" },
	{ "sender", "@", NULL, "no local part" },
	{ "sender", "@.example.com", NULL, "write .example.com" },
	{ "sender", "@*.example.com", NULL, "write *@*.example.com" },
	{ "sender", ".example.*", NULL, "write *@*.example.com" },
	{ "sender", "kim*@", NULL, "write kim*@*" },
	{ "sender", "kim+*@example.com", NULL, "without a tag" },
	{ "sender", "*+*", NULL, "without a tag" },
	{ "sender", "prvs=*@example.com", NULL, "the address within" },
	{ "sender", "\"kim\"@*", NULL, "without quotes" },
	{ "sender", "kim@a@example.com", NULL, "is there a comma missing" },
	{ "sender", "kim@exam_ple..com", NULL, "no domain" },
	{ "sender", "@example.com/24", NULL, "no domain" },
	{ "sender", ".", NULL, "no domain" },
	{ "sender", "kim(lee)@example.com", NULL, "no local part" },
	{ "sender",
	  "*@*b\xc3\xbc"
	  "cher.example",
	  NULL, "whole labels" },
	{ "sender",
	  "*.b\xc3\xbc"
	  "cher.example",
	  NULL, "write *@*.example.com" },
	{ "sender", "hash:/etc/postfix/access", NULL, "\"file:PATH\"" },
};

static const struct row names[] = {
	{ "auth", "Kim", "kim", NULL },
	{ "auth", "kim OK", "kim", NULL },
	{ "auth", "kim@Example.com.", "kim@example.com", NULL },
	{ "auth", ".example.com", "kim@a.example.com", NULL },
	{ "auth", "@Example.com", "kim@example.com", NULL },
	{ "auth", "kim.lee", "kim.lee", NULL },
	{ "auth", "kim/admin@EXAMPLE.COM", "kim/admin@example.com", NULL },
	{ "auth", "CORP\\kim", "corp\\kim", NULL },
	{ "auth", "CORP\\\\kim", "corp\\kim", NULL },
	{ "auth", "CORP\\*", "corp\\kim", NULL },
	{ "auth", "host$", "host$", NULL },
	{ "auth", "kim?lee", "kim lee", NULL },
	{ "auth", "/C=DE/O=A,B/CN=kim", "/c=de/o=a,b/cn=kim", NULL },
	{ "auth", "kim,lee", NULL, "each entry on its own" },
	{ "auth", "kim lee", NULL, "one entry" },
	{ "auth", "kim;", NULL, "each entry on its own" },
	{ "auth", "\"kim\"", NULL, "without quotes" },
	{ "auth", "<kim>", NULL, "the address alone" },
	{ "auth", "/^kim/", NULL, "regular expressions" },
	{ "auth", "!kim", NULL, "with not_ before it" },
	{ "auth", "kim:x:1000:1000", NULL, "without the colon" },
	{ "auth", "@*.example.com", NULL, "write *@*.example.com" },
	{ "auth", "kim@a b", NULL, "one entry" },

	{ "helo", "MX.Example.com.", "mx.example.com", NULL },
	{ "helo", "mx.example.com OK", "mx.example.com", NULL },
	{ "helo", "*.Pool.example.", "a.pool.example", NULL },
	{ "helo", "[a-c].example", "b.example", NULL },
	{ "helo", "[192.0.2.7]", "[192.0.2.7]", NULL },
	{ "helo", "[192.0.2.*]", "[192.0.2.7]", NULL },
	{ "helo", "192.0.2.7", "192.0.2.7", NULL },
	{ "helo", "2001:db8::1", "2001:db8::1", NULL },
	{ "helo", "user_pc", "user_pc", NULL },
	{ "helo",
	  "*.b\xc3\xbc"
	  "cher.example",
	  "a.xn--bcher-kva.example", NULL },
	{ "helo", "mx.example.com,", NULL, "each entry on its own" },
	{ "helo", "https://mx.example.com", NULL, "no host name" },
	{ "helo", "192.0.2.0/24", NULL, "no host name" },
	{ "helo", ".example.*", NULL, "write *.example.*" },
	{ "helo", "a..example", NULL, "no host name" },
	{ "helo", "/^mx/", NULL, "regular expressions" },

	{ "listener", "Submission", "Submission", NULL },
	{ "listener", " MTA-v4 ", "MTA-v4", NULL },
	{ "listener", ".example.com", "mx.example.com", NULL },
	{ "listener", "smtp,submission", NULL, "each entry on its own" },
	{ "listener", "smtp submission", NULL, "one entry" },
	{ "listener", "inet:587", NULL, "milter_macro_daemon_name" },
	{ "listener", "0.0.0.0:587", NULL, "milter_macro_daemon_name" },
	{ "listener", "!smtp", NULL, "with not_ before it" },
};

static const struct row clients[] = {
	{ "client", "192.0.2.1", "192.0.2.1", NULL },
	{ "client", "192.0.2.0/24 OK", "192.0.2.9", NULL },
	{ "client", "office", "10.2.3.4", NULL },
	{ "client", "[2001:db8::1]", "2001:db8::1", NULL },
	{ "client", "[2001:db8::]/32", "2001:db8::1", NULL },
	{ "client", "IPv6:2001:DB8::1", "2001:db8::1", NULL },
	{ "client", "::ffff:10.0.0.1", "10.0.0.1", NULL },
	{ "client", "0.0.0.0/0", "192.0.2.1", NULL },
	{ "client", "0.0.0.0", NULL, "no client has this address" },
	{ "client", "::", NULL, "no client has this address" },
	{ "client", "10.1.2.3/8", NULL, "write 10.0.0.0/8" },
	{ "client", "2001:db8::1/32", NULL, "write 2001:db8::/32" },
	{ "client", "10.0.0.0/255.0.0.0", NULL, "write 10.0.0.0/8" },
	{ "client", "10.0.0.0/255.0.255.0", NULL, "0 to 32" },
	{ "client", "192.168.", NULL, "write 192.168.0.0/16" },
	{ "client", "192.168", NULL, "write 192.168.0.0/16" },
	{ "client", "192.0.2.*", NULL, "write 192.0.2.0/24" },
	{ "client", "10.*", NULL, "write 10.0.0.0/8" },
	{ "client", "10.0.0.1-10.0.0.9", NULL, "address or a network" },
	{ "client", "10.0.0.1,10.0.0.2", NULL, "each entry on its own" },
	{ "client", "10.0.0.1 10.0.0.2", NULL, "one entry" },
	{ "client", "10.0.0.0/8;", NULL, "each entry on its own" },
	{ "client", "\"10.0.0.1\"", NULL, "without quotes" },
	{ "client", "!10.0.0.1", NULL, "with not_ before it" },
	{ "client", "/^10\\./", NULL, "regular expressions" },
	{ "client", "mx.example.com", NULL, "names of hosts" },
	{ "client", ".example.com", NULL, "names of hosts" },
	{ "client", "cidr:/etc/postfix/n", NULL, "\"file:PATH\"" },
	{ "client", "ofice", NULL, "did you mean office?" },
	{ "client", "*", NULL, "0.0.0.0/0 and ::/0" },
};

/* As a text of libconfig. */
static char *quoted(const char *entry)
{
	char *text = alloc_zero(2 * strlen(entry) + 3), *to = text;

	*to++ = '"';
	for (; *entry != '\0'; entry++) {
		if (*entry == '"' || *entry == '\\')
			*to++ = '\\';
		*to++ = *entry;
	}
	*to++ = '"';
	return text;
}

static bool matches(const struct match_lists *in, const char *member,
		    const char *value)
{
	const struct pattern_list *list =
		strcmp(member, "sender") == 0	   ? in->sender
		: strcmp(member, "recipient") == 0 ? in->recipient
		: strcmp(member, "auth") == 0	   ? in->auth
		: strcmp(member, "helo") == 0	   ? in->helo
						   : in->listener;
	struct network_address address;

	if (strcmp(member, "client") != 0)
		return pattern_list_matches(list, value, strlen(value));
	ck_assert(network_parse(value, &address));
	return network_list_contains(in->client, &address);
}

static void check_good(const struct row *row)
{
	struct settings_errors errors;
	struct settings *settings = settings_read(MAIN_FILE, &errors);

	ck_assert_msg(settings != NULL, "%s: %s", row->entry,
		      errors.count > 0 ? errors.lines[0] : "");
	ck_assert_msg(matches(&settings->exempt->in, row->member, row->value),
		      "%s %s does not match %s", row->member, row->entry,
		      row->value);
	settings_errors_clear(&errors);
	settings_release(&settings);
}

static void check_row(const struct row *row, const char *place)
{
	char *found;

	if (row->value != NULL) {
		check_good(row);
		return;
	}
	found = errors_of(MAIN_FILE);
	ck_assert_msg(strncmp(found, place, strlen(place)) == 0 &&
			      strstr(found, row->hint) != NULL &&
			      strchr(found, '\n') == NULL,
		      "%s %s: %s", row->member, row->entry, found);
	free(found);
}

static void check_rows(const struct row *rows, int count)
{
	for (int i = 0; i < count; i++) {
		char *entry = quoted(rows[i].entry);
		char *text = alloc_format(NETWORKS
					  "exempt = { %s = [ %s ]; };\n" LIMITS,
					  rows[i].member, entry);
		char *line = alloc_format(
			"\xef\xbb\xbf# a list\r\n%s\t# %s\r\n", rows[i].entry,
			"of ours");

		write_file(MAIN_FILE, text);
		check_row(&rows[i], "weir.conf:2: exempt.");
		free(text);
		text = alloc_format(
			NETWORKS "exempt = { %s = \"file:list\"; };\n" LIMITS,
			rows[i].member);
		write_file(MAIN_FILE, text);
		write_file("list", line);
		check_row(&rows[i], "list:2: exempt.");
		free(line);
		free(text);
		free(entry);
	}
}

START_TEST(test_addresses)
{
	check_rows(addresses, COUNT_OF(addresses));
}
END_TEST

START_TEST(test_names)
{
	check_rows(names, COUNT_OF(names));
}
END_TEST

START_TEST(test_clients)
{
	check_rows(clients, COUNT_OF(clients));
}
END_TEST

/* What identity keeps, entries may have. */
START_TEST(test_rules)
{
	struct settings *settings = read_good(
		"exempt = { sender = [ \"kim+*@example.com\","
		" \"prvs=*@example.com\", \"Lee@*\","
		" \"*@B\xc3\x9c*.example\" ]; };\n"
		"identity = { tag = \"\"; batv = false; lowercase = false;"
		" alabel = false; };\n" LIMITS);
	const struct match_lists *in = &settings->exempt->in;

	ck_assert(matches(in, "sender", "kim+x@example.com"));
	ck_assert(matches(in, "sender", "prvs=1@example.com"));
	ck_assert(matches(in, "sender", "Lee@example.com"));
	ck_assert(matches(in, "sender",
			  "x@b\xc3\xbc"
			  "cher.example"));
	settings_release(&settings);
}
END_TEST

START_TEST(test_utf16)
{
	static const char list[] = "\xff\xfe"
				   "k\0i\0m\0@\0x\0\n";
	char *found;

	write_file(MAIN_FILE, "exempt = { sender = \"file:list\"; };\n" LIMITS);
	write_bytes("list", list, sizeof(list));
	found = errors_of(MAIN_FILE);
	ck_assert_str_eq(found, "weir.conf:1: exempt.sender: found UTF-16 at "
				"list, allowed is a file in UTF-8");
	free(found);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("entry");
	TCase *tcase = tcase_create("entry");

	tcase_add_checked_fixture(tcase, settings_file_enter,
				  settings_file_leave);
	tcase_add_test(tcase, test_addresses);
	tcase_add_test(tcase, test_names);
	tcase_add_test(tcase, test_clients);
	tcase_add_test(tcase, test_rules);
	tcase_add_test(tcase, test_utf16);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
