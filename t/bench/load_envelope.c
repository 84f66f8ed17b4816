/* SPDX-License-Identifier: ISC */
/*
 * One function for each stage that has something to say writes its data as
 * the protocol wants it: strings with their NUL, one behind the other.
 */
#include "load_envelope.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	CLIENT_PORT = 25252
};

void envelope_set_client(struct envelope *envelope, uint64_t connection)
{
	uint64_t number = connection % envelope->options->clients;
	const char **value = envelope->values.value;

	snprintf(envelope->client_host, sizeof(envelope->client_host),
		 "client%" PRIu64 ".bench.example", number);
	snprintf(envelope->client_address, sizeof(envelope->client_address),
		 "10.%u.%u.%u", (unsigned)(number >> 16 & 255),
		 (unsigned)(number >> 8 & 255), (unsigned)(number & 255));
	value[MACRO_HOST] = "mail.bench.example";
	value[MACRO_DAEMON_NAME] = "mail.bench.example";
	value[MACRO_DAEMON_ADDR] = "127.0.0.1";
	value[MACRO_VERSION] = "Postfix 3.7.11";
	value[MACRO_CLIENT] = envelope->client_host;
	value[MACRO_CLIENT_NAME] = envelope->client_host;
	value[MACRO_CLIENT_ADDR] = envelope->client_address;
	value[MACRO_CLIENT_PORT] = "25252";
	value[MACRO_MAIL_MAILER] = "smtp";
	value[MACRO_RCPT_MAILER] = "smtp";
	value[MACRO_RCPT_HOST] = "rcpt.example";
	value[MACRO_MAIL_HOST] = "bench.example";
}

void envelope_set_message(struct envelope *envelope, uint64_t message)
{
	envelope->message = message;
	snprintf(envelope->sender, sizeof(envelope->sender),
		 "sender%" PRIu64 "@bench.example",
		 envelope->options->first_sender +
			 message % envelope->options->senders);
	snprintf(envelope->queue_id, sizeof(envelope->queue_id),
		 "4B%010" PRIX64, message);
	envelope->values.value[MACRO_MAIL_ADDR] = envelope->sender;
	envelope->values.value[MACRO_QUEUE_ID] = NULL;
}

void envelope_show_queue_id(struct envelope *envelope)
{
	envelope->values.value[MACRO_QUEUE_ID] = envelope->queue_id;
}

static size_t chunks(const struct options *options)
{
	return (options->body_bytes + MILTER_CHUNK_SIZE - 1) /
	       MILTER_CHUNK_SIZE;
}

size_t envelope_parts(const struct envelope *envelope, enum milter_stage stage)
{
	switch (stage) {
	case MILTER_RCPT:
		return envelope->options->recipients_per_message;
	case MILTER_HEADER:
		return envelope->options->headers;
	case MILTER_BODY:
		return chunks(envelope->options);
	default:
		return 1;
	}
}

static size_t put_connect(const struct envelope *envelope, char *data)
{
	size_t length = strlen(envelope->client_host) + 1;
	size_t address_length = strlen(envelope->client_address) + 1;
	uint16_t port = htons(CLIENT_PORT);

	memcpy(data, envelope->client_host, length);
	data[length++] = SMFIA_INET;
	memcpy(data + length, &port, sizeof(port));
	length += sizeof(port);
	memcpy(data + length, envelope->client_address, address_length);
	return length + address_length;
}

static size_t put_sender(const struct envelope *envelope, char *data)
{
	size_t length = (size_t)snprintf(data, ENVELOPE_BUFFER_SIZE, "<%s>",
					 envelope->sender) +
			1;

	return length +
	       (size_t)snprintf(data + length, ENVELOPE_BUFFER_SIZE - length,
				"SIZE=%zu", envelope->options->body_bytes) +
	       1;
}

static size_t put_recipient(struct envelope *envelope, size_t part, char *data)
{
	const struct options *options = envelope->options;
	uint64_t number = envelope->message * options->recipients_per_message +
			  part;

	snprintf(envelope->recipient, sizeof(envelope->recipient),
		 "rcpt%" PRIu64 "@rcpt.example", number % options->recipients);
	envelope->values.value[MACRO_RCPT_ADDR] = envelope->recipient;
	return (size_t)snprintf(data, ENVELOPE_BUFFER_SIZE, "<%s>",
				envelope->recipient) +
	       1;
}

static size_t put_header(const struct envelope *envelope, size_t part,
			 char *data)
{
	static const char *const names[] = {
		"From", "To", "Date", "Message-Id", "Subject", "X-Bench"
	};
	enum {
		NAMES = sizeof(names) / sizeof(names[0])
	};
	const char *name = names[part < NAMES ? part : NAMES - 1];
	size_t length = strlen(name) + 1;

	memcpy(data, name, length);
	return length +
	       (size_t)snprintf(data + length, ENVELOPE_BUFFER_SIZE - length,
				"<%s.%zu@bench.example>", envelope->queue_id,
				part) +
	       1;
}

static size_t chunk_length(const struct envelope *envelope, size_t part)
{
	size_t rest = envelope->options->body_bytes - part * MILTER_CHUNK_SIZE;

	return rest < MILTER_CHUNK_SIZE ? rest : MILTER_CHUNK_SIZE;
}

size_t envelope_data(struct envelope *envelope, enum milter_stage stage,
		     size_t part, char buffer[ENVELOPE_BUFFER_SIZE],
		     const void **data_r)
{
	*data_r = buffer;
	switch (stage) {
	case MILTER_CONNECT:
		return put_connect(envelope, buffer);
	case MILTER_HELO:
		*data_r = envelope->client_host;
		return strlen(envelope->client_host) + 1;
	case MILTER_MAIL:
		return put_sender(envelope, buffer);
	case MILTER_RCPT:
		return put_recipient(envelope, part, buffer);
	case MILTER_HEADER:
		return put_header(envelope, part, buffer);
	case MILTER_BODY:
		*data_r = envelope->body;
		return chunk_length(envelope, part);
	default:
		return 0;
	}
}
