/* SPDX-License-Identifier: ISC */

/* Addresses as text and as sockaddr, subjects, and lists of networks. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/network.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *text;
	const char *wanted; /* written with 128 bits; NULL: no address */
} addresses[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "2001:DB8:0:0:0::1", "2001:db8::1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "::FFFF:c000:201", "192.0.2.1" },
	{ "[2001:db8::1]", "2001:db8::1" },
	{ "[192.0.2.1]", "192.0.2.1" },
	{ "IPv6:2001:db8::1", "2001:db8::1" },
	{ "ipv6:::1", "::1" },
	{ "[IPV6:2001:db8::1]", "2001:db8::1" },
	{ "::", "::" },
	{ "64:ff9b::c000:207", "192.0.2.7" },
	{ "64:FF9B::192.0.2.7", "192.0.2.7" },
	{ "64:ff9b::a00:7", "64:ff9b::a00:7" },
	{ "64:ff9b::7f00:1", "64:ff9b::7f00:1" },
	{ "64:ff9b::c0a8:1", "64:ff9b::c0a8:1" },
	{ "64:ff9b::ac10:1", "64:ff9b::ac10:1" },
	{ "64:ff9b::ac20:1", "172.32.0.1" },
	{ "64:ff9b::6440:1", "64:ff9b::6440:1" },
	{ "64:ff9b::a9fe:1", "64:ff9b::a9fe:1" },
	{ "64:ff9b::", "64:ff9b::" },
	{ "64:ff9b::ffff:ffff", "64:ff9b::ffff:ffff" },
	{ "64:ff9b:0:0:0:1:c000:207", "64:ff9b::1:c000:207" },
	{ "64:ff9b:1::c000:207", "64:ff9b:1::c000:207" },
	{ "2002:c000:207::1", "2002:c000:207::1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "2001:db8:1111:2222:3333:4444:5555:6666",
	  "2001:db8:1111:2222:3333:4444:5555:6666" },
	{ "", NULL },
	{ "[]", NULL },
	{ "[", NULL },
	{ "IPv6:", NULL },
	{ "IPv6:192.0.2.1", NULL },
	{ "[192.0.2.1", NULL },
	{ "192.0.2.1]", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.2.1.", NULL },
	{ " 192.0.2.1", NULL },
	{ "192.0.2.1:25", NULL },
	{ "192.0.2.1/32", NULL },
	{ "fe80::1%eth0", NULL },
	{ "2001:db8::1::2", NULL },
	{ "localhost", NULL },
	{ "2001:0db8:1111:2222:3333:4444:5555:6666:7777:8888:9999", NULL },
};

START_TEST(parse)
{
	struct network_address address;
	char buffer[NETWORK_TEXT_SIZE];
	bool is_address = network_parse(addresses[_i].text, &address);

	ck_assert_msg(is_address == (addresses[_i].wanted != NULL), "'%s'",
		      addresses[_i].text);
	if (!is_address)
		return;
	ck_assert_ptr_eq(network_format(&address, 128, buffer), buffer);
	ck_assert_str_eq(buffer, addresses[_i].wanted);
}
END_TEST

static const struct {
	const char *address;
	unsigned int prefix;
	const char *wanted;
} subjects[] = {
	{ "2001:db8:0:1:2:3:4:5", 64, "2001:db8:0:1::/64" },
	{ "2001:db8:0:1:2:3:4:5", 56, "2001:db8::/56" },
	{ "2001:db8:0:1ff:2:3:4:5", 57, "2001:db8:0:180::/57" },
	{ "2001:db8:0:1:2:3:4:5", 0, "::/0" },
	{ "2001:db8:0:1:2:3:4:5", 127, "2001:db8:0:1:2:3:4:4/127" },
	{ "2001:db8:0:1:2:3:4:5", 128, "2001:db8:0:1:2:3:4:5" },
	{ "2001:db8:0:1:2:3:4:5", 1000, "2001:db8:0:1:2:3:4:5" },
	{ "::1", 64, "::1" },
	{ "::1", 16, "::1" },
	{ "::", 64, "::" },
	{ "::c000:207", 64, "::192.0.2.7" },
	{ "::ffff:0:c000:207", 64, "::ffff:0:c000:207" },
	{ "::1:0:0:0:1", 64, "::1:0:0:0:1" },
	{ "fe80::a:b", 64, "fe80::a:b" },
	{ "febf::a:b", 64, "febf::a:b" },
	{ "fec0::a:b", 64, "fec0::/64" },
	{ "fd00::a:b", 64, "fd00::/64" },
	{ "64:ff9b::c000:207", 64, "192.0.2.7" },
	{ "64:ff9b::a00:7", 64, "64:ff9b::a00:7" },
	{ "64:ff9b:1:2:3:4:c000:207", 64, "64:ff9b:1:2:3:4:c000:207" },
	{ "64:ff9b:2::1", 64, "64:ff9b:2::1" },
	{ "2001:0:c000:201:8000:1:2:3", 64, "2001:0:c000:201:8000:1:2:3" },
	{ "2001:1::1", 64, "2001:1::/64" },
	{ "2002:c000:207:9:1::1", 64, "2002:c000:207::/48" },
	{ "2002:c000:207:9:1::1", 56, "2002:c000:207::/48" },
	{ "2002:c000:207:9:1::1", 32, "2002:c000::/32" },
	{ "2001:0:c000:201:8000:1:2:3", 24, "2001::/24" },
	{ "2002:c000:207:9:1::1", 128, "2002:c000:207:9:1::1" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 127,
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127" },
	{ "192.0.2.77", 64, "192.0.2.77" },
	{ "192.0.2.77", 0, "192.0.2.77" },
};

START_TEST(format)
{
	struct network_address address;
	char buffer[NETWORK_TEXT_SIZE];

	ck_assert(network_parse(subjects[_i].address, &address));
	ck_assert_str_eq(network_format(&address, subjects[_i].prefix, buffer),
			 subjects[_i].wanted);
}
END_TEST

START_TEST(from_sockaddr)
{
	struct network_address address;
	char buffer[NETWORK_TEXT_SIZE];
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)inet_pton(AF_INET, "192.0.2.1", &ipv4.sin_addr);
	ck_assert(network_from_sockaddr((struct sockaddr *)&ipv4, &address));
	ck_assert_str_eq(network_format(&address, 64, buffer), "192.0.2.1");
	(void)inet_pton(AF_INET6, "2001:db8::1", &ipv6.sin6_addr);
	ck_assert(network_from_sockaddr((struct sockaddr *)&ipv6, &address));
	ck_assert_str_eq(network_format(&address, 128, buffer), "2001:db8::1");
	(void)inet_pton(AF_INET6, "::ffff:192.0.2.1", &ipv6.sin6_addr);
	ck_assert(network_from_sockaddr((struct sockaddr *)&ipv6, &address));
	ck_assert_str_eq(network_format(&address, 64, buffer), "192.0.2.1");
	ck_assert(!network_from_sockaddr(NULL, &address));
	ck_assert(!network_from_sockaddr((struct sockaddr *)&local, &address));
	ck_assert(!network_from_sockaddr(&none, &address));
}
END_TEST

static const struct {
	const char *address;
	bool is_ipv4, is_loopback;
} kinds[] = {
	{ "127.0.0.1", true, true },	 { "127.255.0.9", true, true },
	{ "128.0.0.1", true, false },	 { "::ffff:127.0.0.1", true, true },
	{ "::1", false, true },		 { "::2", false, false },
	{ "::127.0.0.1", false, false }, { "7f00::1", false, false },
};

START_TEST(kind)
{
	struct network_address address;

	ck_assert(network_parse(kinds[_i].address, &address));
	ck_assert(network_is_ipv4(&address) == kinds[_i].is_ipv4);
	ck_assert(network_is_loopback(&address) == kinds[_i].is_loopback);
}
END_TEST

#define NOT_A_NETWORK "is not an address or a network"
#define NAT64 \
	"is NAT64, whose clients are known by their IPv4 addresses: write those"
#define BITS_BEHIND "has bits set behind its prefix length"
#define PREFIX_OF_4 "needs a prefix length of 0 to 32"
#define PREFIX_OF_6 "needs a prefix length of 0 to 128"

static const struct {
	const char *text;
	const char *reason;
} wrong[] = {
	{ "", NOT_A_NETWORK },
	{ "/8", NOT_A_NETWORK },
	{ "development", NOT_A_NETWORK },
	{ "10.20.0.0/16 ", PREFIX_OF_4 },
	{ "10.20/16", NOT_A_NETWORK },
	{ "10.20.0.0/33", PREFIX_OF_4 },
	{ "10.20.0.0/", PREFIX_OF_4 },
	{ "10.20.0.0/-1", PREFIX_OF_4 },
	{ "10.20.0.0/+8", PREFIX_OF_4 },
	{ "10.20.0.0/255.255.0.0", PREFIX_OF_4 },
	{ "10.20.0.0/16/8", PREFIX_OF_4 },
	{ "10.20.0.0/4294967312", PREFIX_OF_4 },
	{ "10.20.0.1/16", BITS_BEHIND },
	{ "10.20.0.0/8", BITS_BEHIND },
	{ "1.0.0.0/0", BITS_BEHIND },
	{ "2001:db8::/129", PREFIX_OF_6 },
	{ "2001:db8::1/64", BITS_BEHIND },
	{ "2001:db8::/28", BITS_BEHIND },
	{ "fe80::1%eth0/64", NOT_A_NETWORK },
	{ "64:ff9b::/96", NAT64 },
	{ "64:ff9b::/103", NAT64 },
	{ "64:ff9b::c000:201/120", BITS_BEHIND },
};

START_TEST(refuse)
{
	struct network_list *list = network_list_new();
	const char *reason = NULL;

	ck_assert_msg(!network_list_add(list, wrong[_i].text, &reason), "'%s'",
		      wrong[_i].text);
	ck_assert_str_eq(reason, wrong[_i].reason);
	network_list_free(&list);
}
END_TEST

static struct network_list *list_of(const char *const *networks)
{
	struct network_list *list = network_list_new();
	const char *reason = NULL;

	for (; *networks != NULL; networks++)
		ck_assert_msg(network_list_add(list, *networks, &reason),
			      "'%s' %s", *networks, reason);
	return list;
}

static bool contains(const struct network_list *list, const char *text)
{
	struct network_address address;

	ck_assert(network_parse(text, &address));
	return network_list_contains(list, &address);
}

/* Out of order, inside each other, twice, side by side. */
static const char *const networks[] = { "2001:db8::/32",
					"10.20.0.0/16",
					"10.20.30.0/24",
					"192.0.2.25",
					"10.20.0.0/16",
					"2001:db8:1::/48",
					"198.51.100.4/31",
					"198.51.100.6",
					"::ffff:203.0.113.0/120",
					"2001:db9::7",
					NULL };

static const struct {
	const char *address;
	bool is_in;
} members[] = {
	{ "10.19.255.255", false },
	{ "10.20.0.0", true },
	{ "10.20.30.40", true },
	{ "10.20.255.255", true },
	{ "10.21.0.0", false },
	{ "192.0.2.24", false },
	{ "192.0.2.25", true },
	{ "192.0.2.26", false },
	{ "198.51.100.3", false },
	{ "198.51.100.4", true },
	{ "198.51.100.6", true },
	{ "198.51.100.7", false },
	{ "203.0.113.0", true },
	{ "203.0.113.255", true },
	{ "203.0.114.0", false },
	{ "2001:db7:ffff::", false },
	{ "2001:db8::", true },
	{ "2001:db8:1::5", true },
	{ "2001:db8:2::", true },
	{ "2001:db8:ffff:ffff::9", true },
	{ "2001:db9::", false },
	{ "2001:db9::7", true },
	{ "2001:db9::8", false },
	{ "::ffff:10.20.1.1", true },
	{ "::", false },
	{ "255.255.255.255", false },
	{ "ffff::", false },
};

START_TEST(contained)
{
	struct network_list *list = list_of(networks);

	network_list_seal(list);
	ck_assert_msg(contains(list, members[_i].address) == members[_i].is_in,
		      "%s", members[_i].address);
	network_list_free(&list);
	ck_assert_ptr_null(list);
	network_list_free(&list);
}
END_TEST

static const struct {
	const char *network;
	bool has_ipv4, has_low, has_high; /* 192.0.2.1, ::1, 2001:db8::1 */
} wide[] = {
	{ "0.0.0.0/0", true, false, false },
	{ "::/0", false, true, true },
	{ "::/1", false, true, true },
	{ "::/64", false, true, false },
	{ "::/80", false, true, false },
	{ "::ffff:0:0/96", true, false, false },
};

START_TEST(wide_networks)
{
	const char *const one[] = { wide[_i].network, NULL };
	struct network_list *list = list_of(one);

	network_list_seal(list);
	ck_assert(contains(list, "192.0.2.1") == wide[_i].has_ipv4);
	ck_assert(contains(list, "0.0.0.0") == wide[_i].has_ipv4);
	ck_assert(contains(list, "255.255.255.255") == wide[_i].has_ipv4);
	ck_assert(contains(list, "::1") == wide[_i].has_low);
	ck_assert(contains(list, "::fffe:ffff:ffff") == wide[_i].has_low);
	ck_assert(contains(list, "2001:db8::1") == wide[_i].has_high);
	network_list_free(&list);
}
END_TEST

START_TEST(merged)
{
	static const char *const more[] = { "172.16.0.0/12", NULL };
	struct network_list *list = list_of(more);
	struct network_list *other = list_of(networks);
	struct network_list *empty = network_list_new();

	network_list_seal(other);
	network_list_merge(list, other);
	network_list_merge(list, list);
	network_list_merge(list, empty);
	network_list_seal(list);
	network_list_seal(empty);
	ck_assert(contains(list, "172.31.255.255"));
	ck_assert(contains(list, "10.20.1.1"));
	ck_assert(!contains(list, "172.32.0.0"));
	ck_assert(contains(other, "10.20.1.1"));
	ck_assert(!contains(other, "172.16.0.1"));
	ck_assert(!contains(empty, "10.20.1.1"));
	network_list_free(&list);
	network_list_free(&other);
	network_list_free(&empty);
}
END_TEST

/* Every second /24 of 10/8, in an order of no use. */
START_TEST(many)
{
	struct network_list *list = network_list_new();
	const char *reason = NULL;
	struct network_address address;
	unsigned int faults = 0; /* each ck_assert() is written to a file */
	char text[NETWORK_TEXT_SIZE];

	for (unsigned int i = 0; i < 65536; i++) {
		unsigned int n = i * 40503U % 65536; /* odd: each once */

		if (n % 2 == 1)
			continue;
		(void)snprintf(text, sizeof(text), "10.%u.%u.0/24",
			       n / 256 % 256, n % 256);
		faults += !network_list_add(list, text, &reason);
	}
	ck_assert_uint_eq(faults, 0);
	network_list_seal(list);
	for (unsigned int n = 0; n < 65536; n++) {
		(void)snprintf(text, sizeof(text), "10.%u.%u.99", n / 256 % 256,
			       n % 256);
		faults += !network_parse(text, &address) ||
			  network_list_contains(list, &address) != (n % 2 == 0);
	}
	ck_assert_uint_eq(faults, 0);
	network_list_free(&list);
}
END_TEST

/* Lists are written with spaces between their networks. */
static struct network_list *list_of_words(const char *words)
{
	struct network_list *list = network_list_new();
	char copy[200], *state = NULL;
	const char *reason;

	(void)snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " ", &state); word != NULL;
	     word = strtok_r(NULL, " ", &state))
		ck_assert(network_list_add(list, word, &reason));
	network_list_seal(list);
	return list;
}

static const struct {
	const char *inner, *outer;
	bool is_within, is_apart;
} relations[] = {
	{ "10.1.0.0/16", "10.0.0.0/8", true, false },
	{ "10.0.0.0/8", "10.1.0.0/16", false, false },
	{ "10.0.0.0/8", "10.0.0.0/8", true, false },
	{ "10.0.0.0/8", "192.0.2.0/24", false, true },
	{ "10.255.255.255", "10.0.0.0/8", true, false },
	{ "11.0.0.0", "10.0.0.0/8", false, true },
	{ "9.255.255.255", "10.0.0.0/8", false, true },
	{ "10.1.0.0/16 192.0.2.7", "10.0.0.0/8 192.0.2.0/24", true, false },
	{ "10.1.0.0/16 192.0.2.7", "10.0.0.0/8", false, false },
	{ "2001:db8::1", "2001:db8::/32", true, false },
	{ "0.0.0.0/0", "::/0", false, true },
	{ "::/0", "::/0", true, false },
	{ "2001:db8::/32", "::/0", true, false },
	/* two halves are not seen as the whole */
	{ "10.0.0.0/8", "10.0.0.0/9 10.128.0.0/9", false, false },
	{ "", "10.0.0.0/8", true, true },
};

START_TEST(relation)
{
	struct network_list *inner = list_of_words(relations[_i].inner);
	struct network_list *outer = list_of_words(relations[_i].outer);

	ck_assert(network_list_is_within(inner, outer) ==
		  relations[_i].is_within);
	ck_assert(network_list_is_apart(inner, outer) ==
		  relations[_i].is_apart);
	ck_assert(network_list_is_apart(outer, inner) ==
		  relations[_i].is_apart);
	network_list_free(&inner);
	network_list_free(&outer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("network");
	TCase *tcase = tcase_create("network");

	tcase_add_loop_test(tcase, parse, 0, COUNT(addresses));
	tcase_add_loop_test(tcase, format, 0, COUNT(subjects));
	tcase_add_test(tcase, from_sockaddr);
	tcase_add_loop_test(tcase, kind, 0, COUNT(kinds));
	tcase_add_loop_test(tcase, refuse, 0, COUNT(wrong));
	tcase_add_loop_test(tcase, contained, 0, COUNT(members));
	tcase_add_loop_test(tcase, wide_networks, 0, COUNT(wide));
	tcase_add_test(tcase, merged);
	tcase_add_test(tcase, many);
	tcase_add_loop_test(tcase, relation, 0, COUNT(relations));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
