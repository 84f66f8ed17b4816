/* SPDX-License-Identifier: ISC */

/* Texts that nothing has set share one empty string. Recipients are known by
 * their hash: a list of ten thousand is gone through often, and two of them
 * that had one hash would only be counted as one. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash.h"
#include "lib/base/text.h"
#include "log_message.h"

static char nothing[1];

void log_message_init(struct log_message *message)
{
	memset(message, 0, sizeof(*message));
	message->client = message->login = nothing;
	message->helo = message->sender = nothing;
}

static void text_free(char *text)
{
	if (text != nothing)
		free(text);
}

void log_message_clear(struct log_message *message)
{
	text_free(message->client);
	text_free(message->login);
	text_free(message->helo);
	text_free(message->sender);
	for (size_t i = 0; i < message->recipient_count; i++)
		free(message->recipients[i].address);
	free(message->recipients);
	log_message_init(message);
}

static char *copy(const struct slice *word)
{
	char *text = alloc_copy(word->data, word->length < LOG_WORD_MAX
						    ? word->length
						    : LOG_WORD_MAX);

	text_undo_octal(text);
	return text;
}

void log_message_set(char **text, const struct slice *word)
{
	if (word->data == NULL)
		return;
	text_free(*text);
	*text = copy(word);
}

uint64_t log_message_hash(const struct slice *word)
{
	return hash_of(word->data, word->length);
}

static bool has(const struct log_message *message, uint64_t hash)
{
	for (size_t i = 0; i < message->recipient_count; i++)
		if (message->recipients[i].hash == hash)
			return true;
	return false;
}

static void make_room(struct log_message *message)
{
	if (message->recipient_count < message->recipient_room)
		return;
	message->recipient_room = message->recipient_room == 0
					  ? 1
					  : 2 * message->recipient_room;
	message->recipients = alloc_resize(message->recipients,
					   message->recipient_room,
					   sizeof(*message->recipients));
}

bool log_message_add(struct log_message *message, const struct slice *address)
{
	uint64_t hash = log_message_hash(address);

	if (has(message, hash))
		return false;
	if (message->recipient_count == LOG_RECIPIENTS_MAX) {
		message->hidden++;
		return false;
	}
	make_room(message);
	message->recipients[message->recipient_count++] =
		(struct log_recipient){ copy(address), hash };
	return true;
}

void log_message_add_all(struct log_message *message,
			 const struct log_message *other)
{
	for (size_t i = 0; i < other->recipient_count; i++) {
		struct slice address = slice_of(other->recipients[i].address);

		log_message_add(message, &address);
	}
}
