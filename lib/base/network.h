/* SPDX-License-Identifier: ISC */
#ifndef WEIR_NETWORK_H
#define WEIR_NETWORK_H

/*
 * Addresses and lists of networks. Without this an IPv6 host would have 2^64
 * quotas, and ::ffff:10.0.0.7 would not be 10.0.0.7.
 *
 * Addresses are 16 bytes; IPv4 is kept in its v4-mapped form. Lists of
 * networks are built by one thread, sealed, and then read by any number.
 */
#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

struct network_address {
	unsigned char bytes[16]; /* network order */
};

/* Longest text of network_format with its NUL ("x:x:x:x:x:x:x:x/128"). */
#define NETWORK_TEXT_SIZE 52

/*
 * What follows gives an address of NAT64 (64:ff9b::/96, RFC 6052) as the IPv4
 * address that is written in it, but for private ones.
 *
 * "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "[2001:db8::1]" and
 * "IPv6:2001:db8::1" (any case); no zone, no port, no prefix.
 */
bool network_parse(const char *text, struct network_address *address_r);

/* False for NULL and for families other than AF_INET and AF_INET6. */
bool network_from_sockaddr(const struct sockaddr *sockaddr,
			   struct network_address *address_r);

bool network_is_ipv4(const struct network_address *address);
bool network_is_loopback(const struct network_address *address);

/* 0.0.0.0 and ::, which are no address of a host. */
bool network_is_unspecified(const struct network_address *address);

/* How many bits of an IPv6 address are one host: ipv6_prefix (0 to 128), but
 * for those where that would be all of IPv4, or a part of one host only. */
unsigned int network_host_prefix(const struct network_address *address,
				 unsigned int ipv6_prefix);

/*
 * The subject of a client: "192.0.2.1", or for IPv6 its network of
 * network_host_prefix() bits, "2001:db8:0:1::/64"; with 128 no "/128" is
 * written. Returns buffer.
 */
const char *network_format(const struct network_address *address,
			   unsigned int ipv6_prefix,
			   char buffer[NETWORK_TEXT_SIZE]);

/*
 * The network of prefix bits (of the 128; IPv4 has 96 before its own) in which
 * the address lies, always with its prefix: "192.0.2.0/24", "2001:db8::/32",
 * "2001:db8::1/128". Returns buffer.
 */
const char *network_format_within(const struct network_address *address,
				  unsigned int prefix,
				  char buffer[NETWORK_TEXT_SIZE]);

/* Reads an address (prefix 128) or a network, as network_list_add() does. */
bool network_parse_prefix(const char *text, struct network_address *address_r,
			  unsigned int *prefix_r, const char **reason_r);

struct network_list;

struct network_list *network_list_new(void);
void network_list_free(struct network_list **list);

/*
 * Adds "10.20.0.0/16", "2001:db8::/32" or a single address; "::/0" is all of
 * IPv6 and none of IPv4. False when text is none of these or has bits set
 * behind the prefix; then *reason_r points to a static text that says what is
 * wrong.
 */
bool network_list_add(struct network_list *list, const char *text,
		      const char **reason_r);

/* Adds all of other, which stays the caller's. */
void network_list_merge(struct network_list *list,
			const struct network_list *other);

/* To be called once, after the last addition and before the first question. */
void network_list_seal(struct network_list *list);

/* O(log n), thread-safe once sealed. */
bool network_list_contains(const struct network_list *list,
			   const struct network_address *address);

/*
 * Is every network of inner inside one of outer? Both are sealed. Networks
 * that only together make up a larger one are not treated as that one.
 */
bool network_list_is_within(const struct network_list *inner,
			    const struct network_list *outer);

bool network_list_is_empty(const struct network_list *list);

/* Is no address in both? Both are sealed. */
bool network_list_is_apart(const struct network_list *a,
			   const struct network_list *b);

#endif
