/* SPDX-License-Identifier: ISC */

/* The facts of one message, and who owns their memory. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash.h"
#include "lib/base/letter.h"
#include "message.h"

static char nothing[1];

static void value_init(struct message_value *value)
{
	value->data = nothing;
	value->length = 0;
}

static void value_clear(struct message_value *value)
{
	if (value->data != nothing)
		free(value->data);
	value_init(value);
}

void message_init(struct message *message)
{
	memset(message, 0, sizeof(*message));
	value_init(&message->helo);
	value_init(&message->auth);
	value_init(&message->listener);
	value_init(&message->sender);
}

enum limit_action message_action(const struct message *message,
				 enum limit_action action)
{
	return message->is_charged_at_data ? limit_action_before_end(action)
					   : action;
}

void message_reset(struct message *message)
{
	for (size_t i = 0; i < message->recipient_count; i++)
		value_clear(&message->recipients[i].address);
	message->recipient_count = 0;
	value_clear(&message->sender);
	message->has_sender = false;
	message->declared_bytes = 0;
	message->bytes = 0;
	message->refused_recipients = 0;
	hash_list_clear(&message->attempted);
	hash_list_clear(&message->admitted);
}

void message_clear(struct message *message)
{
	message_reset(message);
	value_clear(&message->helo);
	value_clear(&message->auth);
	value_clear(&message->listener);
	free(message->recipients);
	message_init(message);
}

void message_set(struct message_value *value, const char *data, size_t length)
{
	if (length == value->length && data != NULL &&
	    memcmp(value->data, data, length) == 0)
		return;
	value_clear(value);
	if (data == NULL || length == 0)
		return;
	value->data = alloc_copy(data, length);
	value->length = length;
}

void message_set_client(struct message *message,
			const struct network_address *client)
{
	message->has_client = client != NULL;
	message->client_text[0] = '\0';
	message->is_local = client == NULL || network_is_loopback(client);
	if (client == NULL)
		return;
	message->client = *client;
	network_format(client, 128, message->client_text);
}

void message_set_client_text(struct message *message, const char *text)
{
	struct network_address client;

	message_set_client(message,
			   network_parse(text, &client) ? &client : NULL);
}

void message_set_auth(struct message *message, const char *login)
{
	message_set(&message->auth, login, login == NULL ? 0 : strlen(login));
	for (char *at = message->auth.data; *at != '\0'; at++)
		*at = letter_lower(*at);
}

void message_set_helo(struct message *message,
		      const struct address_rules *rules, const char *name)
{
	value_clear(&message->helo);
	if (name == NULL || name[0] == '\0')
		return;
	message->helo.data = address_domain_identity(
		name, strlen(name), rules->alabel, &message->helo.length);
}

void message_set_sender(struct message *message,
			const struct address_rules *rules, const char *raw)
{
	value_clear(&message->sender);
	message->sender.data = address_identity(rules, raw, strlen(raw),
						&message->sender.length);
	message->has_sender = true;
}

struct message_recipient *
message_add_recipient(struct message *message,
		      const struct address_rules *rules, const char *raw)
{
	struct message_recipient *recipient;

	if (message->recipient_count == message->recipient_room) {
		message->recipient_room = message->recipient_room == 0
						  ? 4
						  : 2 * message->recipient_room;
		message->recipients = alloc_resize(
			message->recipients, message->recipient_room,
			sizeof(*message->recipients));
	}
	recipient = &message->recipients[message->recipient_count++];
	recipient->address.data = address_identity(rules, raw, strlen(raw),
						   &recipient->address.length);
	recipient->is_discarded = false;
	return recipient;
}

void message_drop_recipient(struct message *message)
{
	message->recipient_count--;
	value_clear(&message->recipients[message->recipient_count].address);
}

bool message_has_attempted(const struct message *message, const char *key,
			   size_t key_length)
{
	return message->attempted.count != 0 &&
	       hash_list_has(&message->attempted, hash_of(key, key_length));
}

bool message_note_attempt(struct message *message, const char *key,
			  size_t key_length)
{
	return hash_list_add(&message->attempted, hash_of(key, key_length));
}

size_t message_admitted(const struct message *message, const char *key,
			size_t key_length)
{
	return message->admitted.count == 0
		       ? 0
		       : hash_list_count(&message->admitted,
					 hash_of(key, key_length));
}

void message_note_admitted(struct message *message, const char *key,
			   size_t key_length)
{
	hash_list_append(&message->admitted, hash_of(key, key_length));
}
