/* SPDX-License-Identifier: ISC */

/* Each way to write it ends in an address and a prefix length. */
#include "network_guess.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IPV4_BYTES 12 /* of a mapped address, before its own four */
#define COPY_SIZE  64

/* prefix: of the address as it is written. */
static void write_network(const struct network_address *address,
			  unsigned int prefix, char buffer[NETWORK_TEXT_SIZE])
{
	network_format_within(address,
			      network_is_ipv4(address) ? 8 * IPV4_BYTES + prefix
						       : prefix,
			      buffer);
}

/* "8", or "255.0.0.0" of IPv4: the ones of a mask come first. */
static bool read_prefix(const char *text, bool is_ipv4, unsigned int *prefix_r)
{
	size_t digits = strspn(text, "0123456789");
	struct in_addr mask;
	uint32_t bits;

	if (digits > 0 && digits < 4 && text[digits] == '\0') {
		*prefix_r = (unsigned int)strtoul(text, NULL, 10);
		return *prefix_r <= (is_ipv4 ? 32U : 128U);
	}
	if (!is_ipv4 || inet_pton(AF_INET, text, &mask) != 1)
		return false;
	bits = ntohl(mask.s_addr);
	for (*prefix_r = 0; (bits & 0x80000000U) != 0; bits <<= 1)
		++*prefix_r;
	return bits == 0;
}

static bool guess_prefix(const char *text, const char *slash,
			 char buffer[NETWORK_TEXT_SIZE])
{
	struct network_address address;
	char copy[COPY_SIZE];
	unsigned int prefix;

	snprintf(copy, sizeof(copy), "%.*s", (int)(slash - text), text);
	if ((size_t)(slash - text) >= sizeof(copy) ||
	    !network_parse(copy, &address) ||
	    !read_prefix(slash + 1, network_is_ipv4(&address), &prefix))
		return false;
	write_network(&address, prefix, buffer);
	return true;
}

/* "192.168.", "192.168", "192.168.*", "192.168.*.*" */
static bool guess_bytes(const char *text, char buffer[NETWORK_TEXT_SIZE])
{
	unsigned int bytes[4] = { 0 }, count = 0;
	struct network_address address;
	char copy[COPY_SIZE];

	while (count < 3 && strspn(text, "0123456789") > 0) {
		bytes[count++] = (unsigned int)strtoul(text, NULL, 10);
		text += strspn(text, "0123456789");
		text += *text == '.';
	}
	if (count == 0 || strspn(text, ".*") != strlen(text))
		return false;
	snprintf(copy, sizeof(copy), "%u.%u.%u.0", bytes[0], bytes[1],
		 bytes[2]);
	if (!network_parse(copy, &address))
		return false;
	write_network(&address, 8 * count, buffer);
	return true;
}

bool network_guess(const char *text, char buffer[NETWORK_TEXT_SIZE])
{
	const char *slash = strchr(text, '/');

	return slash != NULL ? guess_prefix(text, slash, buffer)
			     : guess_bytes(text, buffer);
}
