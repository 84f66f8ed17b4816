/* SPDX-License-Identifier: ISC */

/* Dimensions in their fixed order, each with its value, joined with '+'. */
#include <string.h>

#include "lib/base/units.h"
#include "subject.h"

/* The value of one dimension; length 0 when the message has none. */
static struct message_value
subject_value(enum dimension dimension, const struct message *message,
	      const struct message_recipient *recipient,
	      unsigned int ipv6_prefix, char buffer[NETWORK_TEXT_SIZE])
{
	struct message_value value = { buffer, 0 };
	const char *domain;

	switch (dimension) {
	case DIMENSION_SENDER:
		return message->sender;
	case DIMENSION_SENDER_DOMAIN:
		domain = address_domain(message->sender.data,
					message->sender.length, &value.length);
		value.data = message->sender.data +
			     (domain - message->sender.data);
		return value;
	case DIMENSION_RECIPIENT:
		return recipient->address;
	case DIMENSION_RECIPIENT_DOMAIN:
		domain = address_domain(recipient->address.data,
					recipient->address.length,
					&value.length);
		value.data = recipient->address.data +
			     (domain - recipient->address.data);
		return value;
	case DIMENSION_CLIENT:
		if (!message->has_client)
			return value;
		network_format(&message->client, ipv6_prefix, buffer);
		value.length = strlen(buffer);
		return value;
	case DIMENSION_AUTH:
		return message->auth;
	case DIMENSION_HELO:
		return message->helo;
	case DIMENSION_COUNT:
		break;
	}
	return value;
}

bool subject_add_value(struct text *text, enum dimension dimension,
		       bool is_joined, const struct message *message,
		       const struct message_recipient *recipient,
		       unsigned int ipv6_prefix)
{
	char client[NETWORK_TEXT_SIZE];
	struct message_value value = subject_value(
		dimension, message, recipient, ipv6_prefix, client);

	text_add_key(text, value.data, value.length, is_joined);
	return value.length != 0;
}

bool subject_add(struct text *text, unsigned int key,
		 const struct message *message,
		 const struct message_recipient *recipient,
		 unsigned int ipv6_prefix)
{
	char name[LIMIT_KEY_TEXT_SIZE];
	size_t start = text->length;
	char separator = ':';

	text_add_string(text, limit_format_key(key, name));
	for (unsigned int d = 0; d < DIMENSION_COUNT; d++) {
		if ((key & LIMIT_KEY_OF(d)) == 0)
			continue;
		text_add(text, &separator, 1);
		if (!subject_add_value(text, (enum dimension)d,
				       (key & (key - 1)) != 0, message,
				       recipient, ipv6_prefix)) {
			text->length = start;
			text->data[start] = '\0';
			return false;
		}
		separator = '+';
	}
	return true;
}

void subject_add_window(struct text *text, const char *subject,
			const struct limit *limit)
{
	char per[UNITS_TEXT_SIZE];

	text_add_string(text, "{");
	text_add_string(text, subject);
	text_add_string(text, "}:");
	text_add_string(text, limit->name);
	text_add_string(text, ":");
	text_add_string(text, limit_is_ceiling(limit)
				      ? "message"
				      : units_format_span(limit->per_ms, per));
}
