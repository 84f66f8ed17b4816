/* SPDX-License-Identifier: ISC */

/*
 * A network is a range of 16-byte numbers. Sorted, and without those that
 * lie inside others, the ranges of a list can be searched by halves.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "alloc.h"
#include "network.h"

struct range {
	struct network_address first, last;
};

struct network_list {
	struct range *ranges;
	size_t count, size;
	bool is_sealed;
};

/* IPv4-mapped addresses, ::ffff:0:0/96 (RFC 4291, section 2.5.5.2). */
static const struct range mapped = {
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0 } },
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff } },
};
static const struct network_address before_mapped = {
	{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff }
};
static const struct network_address behind_mapped = {
	{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 }
};

#define MAPPED_BYTES 12 /* of an IPv4 address, before its own four */

/*
 * Where one network of 64 bits is not one host, and how many bits are. What is
 * in none of them, or in one that the settings make a part of a larger host, is
 * a network of as many bits as the settings say.
 * 6to4 and Teredo do not count as the IPv4 address that is written in them: a
 * network that announces these prefixes could pose as any address in a list of
 * clients.
 */
static const struct {
	struct network_address first;
	unsigned int prefix; /* of the range */
	unsigned int host;   /* bits of one host */
} special[] = {
	/* ::1, ::, IPv4-compatible and IPv4-translated addresses, NAT64 with
	 * private addresses (the others are IPv4, see unwrap()) and NAT64 of a
	 * site of its own layout: each is one host, and no site has a network
	 * there. RFC 4291, 2.4 and 2.5, RFC 2765, 2.1, RFC 6052, 3.1, RFC 8215.
	 */
	{ { { 0 } }, 8, 128 },
	/* Link-local: all the neighbours of an interface. RFC 4291, 2.5.6. */
	{ { { 0xfe, 0x80 } }, 10, 128 },
	/* Teredo: server, port and client are all in the address, and the
	 * clients of a server share their 64 bits. RFC 4380, 4. */
	{ { { 0x20, 0x01, 0x00, 0x00 } }, 32, 128 },
	/* 6to4: the holder of one IPv4 address has 48 bits. RFC 3056, 2. */
	{ { { 0x20, 0x02 } }, 16, 48 },
};

/* 64:ff9b::/96, the well-known prefix of NAT64 (RFC 6052, 2.1). */
static const struct network_address nat64 = { { 0x00, 0x64, 0xff, 0x9b } };

static const char not_a_network[] = "is not an address or a network";

static int compare(const struct network_address *a,
		   const struct network_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static bool parse_ipv4(const char *text, struct network_address *address_r)
{
	struct in_addr ipv4;

	if (inet_pton(AF_INET, text, &ipv4) != 1)
		return false;
	*address_r = mapped.first;
	memcpy(address_r->bytes + MAPPED_BYTES, &ipv4, sizeof(ipv4));
	return true;
}

/* Not of the public Internet, so not behind the well-known prefix of NAT64:
 * RFC 6890, 2.2.2, as RFC 6052, 3.1 has it. Examples (192.0.2.0/24) are. */
static bool is_public(const unsigned char ipv4[4])
{
	return ipv4[0] != 0 && ipv4[0] != 10 && ipv4[0] != 127 &&
	       ipv4[0] < 224 && !(ipv4[0] == 100 && (ipv4[1] & 0xc0) == 64) &&
	       !(ipv4[0] == 169 && ipv4[1] == 254) &&
	       !(ipv4[0] == 172 && (ipv4[1] & 0xf0) == 16) &&
	       !(ipv4[0] == 192 && ipv4[1] == 168);
}

static bool is_nat64(const struct network_address *address)
{
	return memcmp(address->bytes, nat64.bytes, MAPPED_BYTES) == 0;
}

/* A host of IPv4 that NAT64 has translated is that host. */
static void unwrap(struct network_address *address)
{
	if (is_nat64(address) && is_public(address->bytes + MAPPED_BYTES))
		memcpy(address->bytes, mapped.first.bytes, MAPPED_BYTES);
}

static bool parse_ipv6(const char *text, struct network_address *address_r)
{
	struct in6_addr ipv6;

	if (inet_pton(AF_INET6, text, &ipv6) != 1)
		return false;
	memcpy(address_r->bytes, &ipv6, sizeof(ipv6));
	unwrap(address_r);
	return true;
}

/* text[0..length) is an address without brackets. */
static bool parse_bare(const char *text, size_t length,
		       struct network_address *address_r)
{
	static const char tag[] = "IPv6:"; /* RFC 5321, section 4.1.3 */
	const size_t tag_length = sizeof(tag) - 1;
	bool is_tagged = length > tag_length &&
			 strncasecmp(text, tag, tag_length) == 0;
	char copy[INET6_ADDRSTRLEN];

	if (is_tagged) {
		text += tag_length;
		length -= tag_length;
	}
	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return parse_ipv6(copy, address_r) ||
	       (!is_tagged && parse_ipv4(copy, address_r));
}

static bool parse(const char *text, size_t length,
		  struct network_address *address_r)
{
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	return parse_bare(text, length, address_r);
}

bool network_parse(const char *text, struct network_address *address_r)
{
	return parse(text, strlen(text), address_r);
}

bool network_from_sockaddr(const struct sockaddr *sockaddr,
			   struct network_address *address_r)
{
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;

	if (sockaddr == NULL)
		return false;
	switch (sockaddr->sa_family) {
	case AF_INET:
		memcpy(&ipv4, sockaddr, sizeof(ipv4));
		*address_r = mapped.first;
		memcpy(address_r->bytes + MAPPED_BYTES, &ipv4.sin_addr, 4);
		return true;
	case AF_INET6:
		memcpy(&ipv6, sockaddr, sizeof(ipv6));
		memcpy(address_r->bytes, &ipv6.sin6_addr, 16);
		unwrap(address_r);
		return true;
	default:
		return false;
	}
}

bool network_is_ipv4(const struct network_address *address)
{
	return memcmp(address->bytes, mapped.first.bytes, MAPPED_BYTES) == 0;
}

bool network_is_loopback(const struct network_address *address)
{
	static const struct network_address ipv6_loopback = { { [15] = 1 } };

	if (network_is_ipv4(address))
		return address->bytes[MAPPED_BYTES] == 127;
	return compare(address, &ipv6_loopback) == 0;
}

bool network_is_unspecified(const struct network_address *address)
{
	static const struct network_address ipv6_unspecified = { { 0 } };
	static const struct network_address ipv4_unspecified = {
		{ [10] = 0xff, [11] = 0xff }
	};

	return compare(address, &ipv6_unspecified) == 0 ||
	       compare(address, &ipv4_unspecified) == 0;
}

/* Bits from prefix on become ones or zeros. */
static void fill_host(struct network_address *address, unsigned int prefix,
		      bool is_one)
{
	for (unsigned int i = prefix / 8; i < sizeof(address->bytes); i++) {
		unsigned int kept = i == prefix / 8 ? prefix % 8 : 0;
		unsigned int host = 0xffU >> kept;
		unsigned int byte = address->bytes[i] & ~host;

		address->bytes[i] = (unsigned char)(is_one ? byte | host
							   : byte);
	}
}

static bool is_within(const struct network_address *address,
		      const struct network_address *first, unsigned int prefix)
{
	struct network_address network = *address;

	fill_host(&network, prefix, false);
	return compare(&network, first) == 0;
}

unsigned int network_host_prefix(const struct network_address *address,
				 unsigned int ipv6_prefix)
{
	if (ipv6_prefix >= 128)
		return 128;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (ipv6_prefix < special[i].prefix ||
		    !is_within(address, &special[i].first, special[i].prefix))
			continue;
		return special[i].host == 128 || special[i].host < ipv6_prefix
			       ? special[i].host
			       : ipv6_prefix;
	}
	return ipv6_prefix;
}

const char *network_format(const struct network_address *address,
			   unsigned int ipv6_prefix,
			   char buffer[NETWORK_TEXT_SIZE])
{
	struct network_address network = *address;

	if (network_is_ipv4(address))
		return inet_ntop(AF_INET, address->bytes + MAPPED_BYTES, buffer,
				 NETWORK_TEXT_SIZE);
	ipv6_prefix = network_host_prefix(address, ipv6_prefix);
	if (ipv6_prefix < 128)
		fill_host(&network, ipv6_prefix, false);
	(void)inet_ntop(AF_INET6, network.bytes, buffer, NETWORK_TEXT_SIZE);
	if (ipv6_prefix < 128) {
		size_t length = strlen(buffer);

		(void)snprintf(buffer + length, NETWORK_TEXT_SIZE - length,
			       "/%u", ipv6_prefix % 128);
	}
	return buffer;
}

const char *network_format_within(const struct network_address *address,
				  unsigned int prefix,
				  char buffer[NETWORK_TEXT_SIZE])
{
	bool is_ipv4 = network_is_ipv4(address) && prefix >= 8 * MAPPED_BYTES;
	struct network_address network = *address;
	size_t length;

	fill_host(&network, prefix, false);
	if (is_ipv4)
		(void)inet_ntop(AF_INET, network.bytes + MAPPED_BYTES, buffer,
				NETWORK_TEXT_SIZE);
	else
		(void)inet_ntop(AF_INET6, network.bytes, buffer,
				NETWORK_TEXT_SIZE);
	length = strlen(buffer);
	(void)snprintf(buffer + length, NETWORK_TEXT_SIZE - length, "/%u",
		       is_ipv4 ? (prefix - 8 * MAPPED_BYTES) % 1000
			       : prefix % 1000);
	return buffer;
}

struct network_list *network_list_new(void)
{
	return alloc_zero(sizeof(struct network_list));
}

void network_list_free(struct network_list **list)
{
	if (*list == NULL)
		return;
	free((*list)->ranges);
	free(*list);
	*list = NULL;
}

static void add_range(struct network_list *list, struct range range)
{
	assert(!list->is_sealed);
	if (list->count == list->size) {
		list->size = list->size == 0 ? 8 : list->size * 2;
		list->ranges = alloc_resize(list->ranges, list->size,
					    sizeof(*list->ranges));
	}
	list->ranges[list->count++] = range;
}

/* Leaves out IPv4 where an IPv6 network is so large that it lies within. */
static void add_network(struct network_list *list, struct range range)
{
	struct range below = { range.first, before_mapped };
	struct range above = { behind_mapped, range.last };

	if (compare(&range.first, &mapped.first) >= 0 ||
	    compare(&range.last, &mapped.last) < 0) {
		add_range(list, range);
		return;
	}
	add_range(list, below);
	if (compare(&range.last, &mapped.last) > 0)
		add_range(list, above);
}

/* "0" to "128" as digits only; anything else gives more than that. */
static unsigned int parse_prefix(const char *text)
{
	size_t length = strlen(text);

	if (length < 1 || length > 3 || strspn(text, "0123456789") != length)
		return 1000;
	return (unsigned int)strtoul(text, NULL, 10);
}

/* The prefix behind slash (NULL: one address) as one of 128 bits. */
static const char *read_prefix(const char *text, const char *slash,
			       unsigned int *prefix_r)
{
	bool is_ipv4 = strchr(text, ':') == NULL;
	unsigned int max = is_ipv4 ? 32 : 128;
	unsigned int prefix = slash == NULL ? max : parse_prefix(slash + 1);

	if (prefix > max)
		return is_ipv4 ? "needs a prefix length of 0 to 32"
			       : "needs a prefix length of 0 to 128";
	*prefix_r = is_ipv4 ? 8 * MAPPED_BYTES + prefix : prefix;
	return NULL;
}

/* Of NAT64, from 0.0.0.0 on and so large that some clients are IPv4, others
 * not: private addresses begin in whole networks of eight bits. */
static bool is_too_wide(const struct network_address *address,
			unsigned int prefix)
{
	return is_nat64(address) && prefix >= 8 * MAPPED_BYTES &&
	       prefix < 8 * MAPPED_BYTES + 8;
}

bool network_parse_prefix(const char *text, struct network_address *address_r,
			  unsigned int *prefix_r, const char **reason_r)
{
	const char *slash = strchr(text, '/');
	size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
	struct network_address first;

	*reason_r = not_a_network;
	if (!parse(text, length, address_r))
		return false;
	*reason_r = read_prefix(text, slash, prefix_r);
	if (*reason_r != NULL)
		return false;
	*reason_r = "is NAT64, whose clients are known by their IPv4 "
		    "addresses: write those";
	if (strchr(text, ':') != NULL && is_too_wide(address_r, *prefix_r))
		return false;
	first = *address_r;
	fill_host(&first, *prefix_r, false);
	*reason_r = "has bits set behind its prefix length";
	return compare(&first, address_r) == 0;
}

static bool parse_network(const char *text, struct range *range_r,
			  const char **reason_r)
{
	unsigned int prefix;

	if (!network_parse_prefix(text, &range_r->first, &prefix, reason_r))
		return false;
	range_r->last = range_r->first;
	fill_host(&range_r->last, prefix, true);
	return true;
}

bool network_list_add(struct network_list *list, const char *text,
		      const char **reason_r)
{
	struct range range;

	if (!parse_network(text, &range, reason_r))
		return false;
	add_network(list, range);
	return true;
}

void network_list_merge(struct network_list *list,
			const struct network_list *other)
{
	size_t count = other->count; /* other may be list */

	for (size_t i = 0; i < count; i++)
		add_range(list, other->ranges[i]);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *left = a;
	const struct range *right = b;
	int order = compare(&left->first, &right->first);

	/* The larger of two that start together is first. */
	return order != 0 ? order : compare(&right->last, &left->last);
}

void network_list_seal(struct network_list *list)
{
	size_t kept = 0;

	if (list->count > 1)
		qsort(list->ranges, list->count, sizeof(*list->ranges),
		      compare_ranges);
	for (size_t i = 0; i < list->count; i++) {
		/* Networks lie inside each other or apart. */
		if (kept > 0 && compare(&list->ranges[i].last,
					&list->ranges[kept - 1].last) <= 0)
			continue;
		list->ranges[kept++] = list->ranges[i];
	}
	list->count = kept;
	list->is_sealed = true;
}

/* The range that address lies in, or NULL. */
static const struct range *find(const struct network_list *list,
				const struct network_address *address)
{
	size_t low = 0;
	size_t high = list->count;

	assert(list->is_sealed);
	/* Below low all ranges start at or before address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&list->ranges[middle].first, address) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || compare(&list->ranges[low - 1].last, address) < 0)
		return NULL;
	return &list->ranges[low - 1];
}

bool network_list_contains(const struct network_list *list,
			   const struct network_address *address)
{
	return find(list, address) != NULL;
}

bool network_list_is_within(const struct network_list *inner,
			    const struct network_list *outer)
{
	for (size_t i = 0; i < inner->count; i++) {
		const struct range *range = &inner->ranges[i];
		const struct range *around = find(outer, &range->first);

		if (around == NULL || compare(&range->last, &around->last) > 0)
			return false;
	}
	return true;
}

/* Of two ranges that meet, one starts inside the other. */
static bool has_start_in(const struct network_list *a,
			 const struct network_list *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (find(b, &a->ranges[i].first) != NULL)
			return true;
	return false;
}

bool network_list_is_empty(const struct network_list *list)
{
	return list->count == 0;
}

bool network_list_is_apart(const struct network_list *a,
			   const struct network_list *b)
{
	return !has_start_in(a, b) && !has_start_in(b, a);
}
