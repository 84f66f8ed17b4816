/* SPDX-License-Identifier: ISC */

/*
 * Names before the colon, values behind it, in the order of the names. Each
 * value is put into a message of its own, by the functions that the milter
 * uses, and taken out again by subject_add_value(): so there is no second idea
 * of what an identity is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "subject_clients.h"
#include "subject_parse.h"
#include "subject_printed.h"

#define CLIENT_MAX 64 /* no text of an address is longer */

/* One value as it was typed. */
struct piece {
	enum dimension dimension;
	const char *data;
	size_t length;
};

struct pieces {
	struct piece pieces[DIMENSION_COUNT];
	size_t count;
	unsigned int key;
};

/* the names */

static bool take_name(struct pieces *pieces, const char *name, size_t length)
{
	char buffer[LIMIT_KEY_TEXT_SIZE];
	unsigned int bit;

	if (length >= sizeof(buffer) || memchr(name, '\0', length) != NULL)
		return false;
	memcpy(buffer, name, length);
	buffer[length] = '\0';
	if (!limit_parse_key(buffer, &bit) || bit == 0 ||
	    (pieces->key & bit) != 0)
		return false;
	pieces->key |= bit;
	for (unsigned int d = 0; d < DIMENSION_COUNT; d++)
		if (bit == LIMIT_KEY_OF(d))
			pieces->pieces[pieces->count++].dimension =
				(enum dimension)d;
	return true;
}

static bool take_names(struct pieces *pieces, const char *names, size_t length)
{
	const char *end = names + length;

	for (;;) {
		const char *plus = memchr(names, '+', (size_t)(end - names));
		const char *stop = plus == NULL ? end : plus;

		if (!take_name(pieces, names, (size_t)(stop - names)))
			return false;
		if (plus == NULL)
			return true;
		names = plus + 1;
	}
}

/* the values */

static bool is_address(enum dimension dimension)
{
	return dimension == DIMENSION_SENDER ||
	       dimension == DIMENSION_RECIPIENT;
}

/* Where a value that others follow ends: an address may have a '+' in its
 * local part (its tag), so there it is the first one behind an '@'. */
static const char *find_end(enum dimension dimension, const char *value,
			    const char *end)
{
	const char *from = value;

	if (is_address(dimension)) {
		from = memchr(value, '@', (size_t)(end - value));
		if (from == NULL)
			from = value;
	}
	return memchr(from, '+', (size_t)(end - from));
}

static size_t count_pluses(const char *value, const char *end)
{
	size_t count = 0;

	for (; value != end; value++)
		count += *value == '+';
	return count;
}

/* As many values as names: each '+' joins two of them, as in all that weir
 * prints, even behind an address that has no domain. */
static bool take_values(struct pieces *pieces, const char *value,
			const char *end)
{
	bool is_plain = count_pluses(value, end) + 1 == pieces->count;

	for (size_t i = 0; i < pieces->count; i++) {
		struct piece *piece = &pieces->pieces[i];
		const char *stop = end;

		if (i + 1 < pieces->count) {
			stop = is_plain
				       ? memchr(value, '+',
						(size_t)(end - value))
				       : find_end(piece->dimension, value, end);
			if (stop == NULL)
				return false;
		}
		piece->data = value;
		piece->length = (size_t)(stop - value);
		value = stop + 1;
	}
	return true;
}

/* one dimension: into a message */

static bool put_sender(struct message *message, const struct settings *settings,
		       const char *raw)
{
	message_set_sender(message, &settings->identity, raw);
	return true;
}

static bool put_recipient(struct message *message,
			  const struct settings *settings, const char *raw)
{
	message_add_recipient(message, &settings->identity, raw);
	return true;
}

/* The domain comes after a local part of weir's own; an '@' in it, where it
 * is not within quotes, would make it an address. */
static const char domain_local[] = "x@";

static bool has_domain_only(const struct message_value *address)
{
	size_t length;

	return address_domain(address->data, address->length, &length) ==
	       address->data + strlen(domain_local);
}

static bool put_sender_domain(struct message *message,
			      const struct settings *settings, const char *raw)
{
	char *address = alloc_format("%s%s", domain_local, raw);

	put_sender(message, settings, address);
	free(address);
	return has_domain_only(&message->sender);
}

static bool put_recipient_domain(struct message *message,
				 const struct settings *settings,
				 const char *raw)
{
	char *address = alloc_format("%s%s", domain_local, raw);

	put_recipient(message, settings, address);
	free(address);
	return has_domain_only(&message->recipients->address);
}

/* An IPv6 network may be written as weir writes it, with its prefix. */
static bool put_client(struct message *message, const struct settings *settings,
		       const char *raw)
{
	char address[CLIENT_MAX], prefix[CLIENT_MAX];
	size_t length = strcspn(raw, "/");

	if (strlen(raw) >= sizeof(address))
		return false;
	memcpy(address, raw, length);
	address[length] = '\0';
	message->has_client = network_parse(address, &message->client);
	if (!message->has_client)
		return false;
	snprintf(prefix, sizeof(prefix), "/%u",
		 network_host_prefix(&message->client, settings->ipv6_prefix));
	return (raw[length] == '\0' || (strcmp(raw + length, prefix) == 0 &&
					!network_is_ipv4(&message->client)));
}

/* A network: its canonical text; NULL: it is none. */
static const char *network_text(const char *raw,
				const struct settings *settings,
				char buffer[NETWORK_TEXT_SIZE])
{
	const char *slash = strchr(raw, '/'), *reason;
	struct network_address address;
	unsigned int prefix;

	if (slash == NULL || (slash[1] == '0' && slash[2] != '\0') ||
	    !network_parse_prefix(raw, &address, &prefix, &reason))
		return NULL;
	if (network_is_ipv4(&address) && prefix >= 96
		    ? prefix == 128
		    : prefix == settings->ipv6_prefix)
		return network_format(&address, settings->ipv6_prefix, buffer);
	return network_format_within(&address, prefix, buffer);
}

static bool put_auth(struct message *message, const struct settings *settings,
		     const char *raw)
{
	(void)settings;
	message_set_auth(message, raw);
	return true;
}

static bool put_helo(struct message *message, const struct settings *settings,
		     const char *raw)
{
	message_set_helo(message, &settings->identity, raw);
	return true;
}

static const struct {
	bool (*put)(struct message *message, const struct settings *settings,
		    const char *raw);
	const char *reason; /* why there is no such subject */
} rows[DIMENSION_COUNT] = {
	[DIMENSION_SENDER] = { put_sender,
			       "found no sender, allowed is an address, such "
			       "as sender:jake@example.com; the null sender is "
			       "not counted" },
	[DIMENSION_SENDER_DOMAIN] = { put_sender_domain,
				      "found no domain, allowed is one, such "
				      "as sender_domain:example.com" },
	[DIMENSION_RECIPIENT] = { put_recipient,
				  "found no recipient, allowed is an address, "
				  "such as recipient:jake@example.com" },
	[DIMENSION_RECIPIENT_DOMAIN] = { put_recipient_domain,
					 "found no domain, allowed is one, "
					 "such as recipient_domain:"
					 "example.com" },
	[DIMENSION_CLIENT] = { put_client,
			       "found no address and no network of clients, "
			       "allowed are client:192.0.2.7, "
			       "client:192.0.2.0/24, client:2001:db8::7 and "
			       "client:2001:db8::/48, with no bits set behind "
			       "the prefix length" },
	[DIMENSION_AUTH] = { put_auth, "found no login, allowed is one, such "
				       "as auth:jake" },
	[DIMENSION_HELO] = { put_helo, "found no HELO name, allowed is one, "
				       "such as helo:mail.example.com" },
};

static const char names_reason[] =
	"found no subject, allowed is KEY:VALUE with a key of sender, "
	"sender_domain, recipient, recipient_domain, client, auth, helo, or "
	"several of them joined: sender+recipient:a@x+b@y; or \"all\"";

static bool add_piece(struct text *text, const struct piece *piece,
		      bool is_joined, const struct settings *settings)
{
	struct message message;
	char buffer[NETWORK_TEXT_SIZE];
	const char *network = NULL;
	size_t length;
	char *raw;
	bool is_added;

	if (subject_printed_is_shortened(piece->data, piece->length,
					 is_joined)) {
		text_add(text, piece->data, piece->length);
		return true;
	}
	raw = subject_printed_read(piece->data, piece->length, is_joined,
				   &length);
	if (piece->dimension == DIMENSION_CLIENT && strlen(raw) == length)
		network = network_text(raw, settings, buffer);
	if (network != NULL) {
		text_add_key(text, network, strlen(network), is_joined);
		free(raw);
		return true;
	}
	message_init(&message);
	is_added = length != 0 && strlen(raw) == length &&
		   rows[piece->dimension].put(&message, settings, raw) &&
		   subject_add_value(text, piece->dimension, is_joined,
				     &message, message.recipients,
				     settings->ipv6_prefix);
	message_clear(&message);
	free(raw);
	return is_added;
}

static const struct piece *find_piece(const struct pieces *pieces,
				      enum dimension dimension)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->pieces[i].dimension == dimension)
			return &pieces->pieces[i];
	return NULL;
}

/* Name and values, in the fixed order. */
static bool write_subject(const struct pieces *pieces,
			  const struct settings *settings,
			  struct subject *subject_r, const char **reason_r)
{
	char name[LIMIT_KEY_TEXT_SIZE], separator = ':';
	struct text text;

	subject_r->key = pieces->key;
	text_init(&text, subject_r->text, sizeof(subject_r->text));
	text_add_string(&text, limit_format_key(pieces->key, name));
	for (unsigned int d = 0; d < DIMENSION_COUNT; d++) {
		const struct piece *piece = find_piece(pieces,
						       (enum dimension)d);

		if (piece == NULL)
			continue;
		text_add(&text, &separator, 1);
		separator = '+';
		if (!add_piece(&text, piece, pieces->count > 1, settings)) {
			*reason_r = rows[d].reason;
			return false;
		}
	}
	return true;
}

bool subject_is_network(const struct subject *subject, unsigned int ipv6_prefix)
{
	struct subject_clients clients;

	return subject_clients_read(subject->text, subject->key, &clients) &&
	       clients.is_network &&
	       (clients.is_ipv4 || clients.prefix != ipv6_prefix);
}

bool subject_parse(const char *text, size_t length,
		   const struct settings *settings, struct subject *subject_r,
		   const char **reason_r)
{
	const char *colon = length == 0 ? NULL : memchr(text, ':', length);
	struct pieces pieces = { .count = 0 };

	*reason_r = names_reason;
	if (length == 3 && memcmp(text, "all", 3) == 0) {
		subject_r->key = 0;
		memcpy(subject_r->text, "all", 4);
		return true;
	}
	if (colon == NULL || !take_names(&pieces, text, (size_t)(colon - text)))
		return false;
	*reason_r = "found fewer values than the key has parts, allowed is one "
		    "for each, joined by +; a + within a value is written %2B";
	return take_values(&pieces, colon + 1, text + length) &&
	       write_subject(&pieces, settings, subject_r, reason_r);
}
