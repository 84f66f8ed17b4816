/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MESSAGE_H
#define WEIR_MESSAGE_H

/*
 * What is known of one message, collected by the program that speaks to the
 * MTA (or reads a log). Addresses are identities already (see address.h), no
 * value is ever NULL. One thread at a time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/address.h"
#include "lib/base/hash_list.h"
#include "lib/base/network.h"
#include "lib/settings/limit.h"

struct message_value {
	char *data; /* never NULL, with a NUL behind it */
	size_t length;
};

struct message_recipient {
	struct message_value address;
	/* Accepted at RCPT; its mail is to be discarded at the end of the
	 * message. */
	bool is_discarded;
};

struct message {
	/* the connection */
	bool has_client;
	struct network_address client;
	char client_text[NETWORK_TEXT_SIZE]; /* whole address, for the log */
	bool is_local;			     /* submitted on this host */
	bool is_simulated; /* not through SMTP: no RCPT to answer */
	struct message_value helo, auth, listener; /* "" = none */
	bool is_charged_at_data; /* an end of message may never come */

	/* the envelope */
	bool has_sender; /* MAIL has come; "" is the null sender */
	struct message_value sender;
	struct message_recipient *recipients;
	size_t recipient_count, recipient_room;
	uint64_t declared_bytes; /* SIZE= of MAIL, 0 = none */

	/* the content */
	uint64_t bytes;

	/* what happened to it so far */
	size_t refused_recipients;
	/* Windows that were charged with an attempt of it already, for refused
	 * recipients: hashes of their keys. */
	struct hash_list attempted;
	/* Windows that had room at RCPT: a hash of the key for each recipient
	 * that was counted there. */
	struct hash_list admitted;
};

void message_init(struct message *message);

/* What an action of a limit or a block is for this message. */
enum limit_action message_action(const struct message *message,
				 enum limit_action action);

/* Forgets envelope and content, keeps the connection. */
void message_reset(struct message *message);

/* Frees everything, leaves what message_init leaves. */
void message_clear(struct message *message);

/* Copies data into the value; NULL data is "". */
void message_set(struct message_value *value, const char *data, size_t length);

/* The client's address, and what follows from it; NULL: it has none, so it is
 * a program on this host. */
void message_set_client(struct message *message,
			const struct network_address *client);
/* From its text; what is no address is none. */
void message_set_client_text(struct message *message, const char *text);

/* A login: the same, with ASCII letters in lower case. */
void message_set_auth(struct message *message, const char *login);

/* A HELO name in its canonical form (see address_domain_identity). */
void message_set_helo(struct message *message,
		      const struct address_rules *rules, const char *name);

/* The raw address of MAIL and RCPT becomes an identity. add returns it. */
void message_set_sender(struct message *message,
			const struct address_rules *rules, const char *raw);
struct message_recipient *
message_add_recipient(struct message *message,
		      const struct address_rules *rules, const char *raw);

/* Removes the last one: it was refused. */
void message_drop_recipient(struct message *message);

/* Was it an attempt at the window of this key? note: it was; true when that is
 * news. */
bool message_has_attempted(const struct message *message, const char *key,
			   size_t key_length);
bool message_note_attempt(struct message *message, const char *key,
			  size_t key_length);

/* How many of its recipients so far the window of this key had room for; note:
 * one more. */
size_t message_admitted(const struct message *message, const char *key,
			size_t key_length);
void message_note_admitted(struct message *message, const char *key,
			   size_t key_length);

#endif
