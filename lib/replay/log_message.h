/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_MESSAGE_H
#define WEIR_LOG_MESSAGE_H

/*
 * A message as a log describes it. Texts are as in the log, but for 8-bit
 * letters, which Sendmail writes in octal; "" when it does not say, never NULL.
 * One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"

/* Of one message; the others are only counted. */
#define LOG_RECIPIENTS_MAX 10000
/* Of one address, login or name, in bytes. */
#define LOG_WORD_MAX 1024

struct log_recipient {
	char *address;
	uint64_t hash;
};

struct log_message {
	uint64_t time_ms; /* when it ended */
	bool is_local;	  /* of sendmail(1) */
	char *client, *login, *helo, *sender;
	struct log_recipient *recipients;
	size_t recipient_count, recipient_room;
	uint64_t hidden; /* recipients whose addresses are not known */
	uint64_t bytes;
};

void log_message_init(struct log_message *message);
void log_message_clear(struct log_message *message);

/* Sets one of its texts, or another that is NULL or for free(), to one for
 * free(), cut at LOG_WORD_MAX; a word whose data is NULL leaves it as it is. */
void log_message_set(char **text, const struct slice *word);

/* Each address once. False when it was there, or there is no room (then it
 * counts as hidden). */
bool log_message_add(struct log_message *message, const struct slice *address);

/* Adds the recipients of other, which keeps its own. */
void log_message_add_all(struct log_message *message,
			 const struct log_message *other);

/* That of hash.h. */
uint64_t log_message_hash(const struct slice *word);

#endif
