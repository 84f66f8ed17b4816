/* SPDX-License-Identifier: ISC */

/* The value of the client is found by its place: within a subject of several
 * dimensions no value has a '+' of its own. */
#include <string.h>

#include "lib/base/network.h"
#include "subject_clients.h"

#define CLIENT_BIT LIMIT_KEY_OF(DIMENSION_CLIENT)

/* The value of the client in the subject; NULL: it has none. */
static const char *find_client(const char *subject, unsigned int key,
			       size_t *length_r)
{
	const char *at = strchr(subject, ':');

	*length_r = 0;
	if ((key & CLIENT_BIT) == 0 || at == NULL)
		return NULL;
	at++;
	for (unsigned int d = 0; d < DIMENSION_CLIENT; d++) {
		if ((key & LIMIT_KEY_OF(d)) == 0)
			continue;
		at = strchr(at, '+');
		if (at == NULL)
			return NULL;
		at++;
	}
	*length_r = strcspn(at, "+");
	return at;
}

static bool read_client(const char *subject, unsigned int key,
			struct network_address *address_r,
			struct subject_clients *clients_r)
{
	char value[NETWORK_TEXT_SIZE];
	unsigned int prefix;
	size_t length;
	const char *at = find_client(subject, key, &length), *reason;

	if (at == NULL || length >= sizeof(value))
		return false;
	memcpy(value, at, length);
	value[length] = '\0';
	if (!network_parse_prefix(value, address_r, &prefix, &reason))
		return false;
	clients_r->prefix = (unsigned char)prefix;
	clients_r->is_ipv4 = network_is_ipv4(address_r) && prefix >= 96;
	clients_r->is_network = strchr(value, '/') != NULL;
	return true;
}

bool subject_clients_read(const char *subject, unsigned int key,
			  struct subject_clients *clients_r)
{
	struct network_address address;

	return read_client(subject, key, &address, clients_r);
}

bool subject_clients_widen(struct text *text, const char *subject,
			   unsigned int key,
			   const struct subject_clients *clients)
{
	char network[NETWORK_TEXT_SIZE];
	struct network_address address;
	struct subject_clients own;
	const char *at;
	size_t length;

	if (!read_client(subject, key, &address, &own) ||
	    own.is_ipv4 != clients->is_ipv4 || own.prefix < clients->prefix)
		return false;
	at = find_client(subject, key, &length);
	text_add(text, subject, (size_t)(at - subject));
	text_add_string(text, clients->is_network
				      ? network_format_within(&address,
							      clients->prefix,
							      network)
				      : network_format(&address, 128, network));
	text_add_string(text, at + length);
	return true;
}

bool subject_lies_in(const char *subject, unsigned int key, const char *wide)
{
	struct subject_clients clients;
	char buffer[SUBJECT_SIZE];
	struct text text;

	if (strcmp(subject, wide) == 0)
		return true;
	text_init(&text, buffer, sizeof(buffer));
	return subject_clients_read(wide, key, &clients) &&
	       subject_clients_widen(&text, subject, key, &clients) &&
	       strcmp(text.data, wide) == 0;
}

bool subject_is_of(const char *subject, unsigned int key,
		   const struct message *message,
		   const struct message_recipient *recipient)
{
	char buffer[SUBJECT_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	return subject_add(&text, key, message, recipient, 128) &&
	       subject_lies_in(text.data, key, subject);
}

bool subject_is_of_any(const char *subject, unsigned int key,
		       const struct message *message)
{
	if ((key & LIMIT_KEY_RECIPIENTS) == 0)
		return key != 0 && subject_is_of(subject, key, message, NULL);
	for (size_t i = 0; i < message->recipient_count; i++)
		if (subject_is_of(subject, key, message,
				  &message->recipients[i]))
			return true;
	return false;
}
