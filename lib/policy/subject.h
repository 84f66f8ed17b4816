/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUBJECT_H
#define WEIR_SUBJECT_H

/*
 * A subject is what is counted, and what the operator looks up: one key of a
 * limit with its values: "sender:jake@example.com", "sender+recipient:a@x+b@y",
 * "all". Its text is safe for Redis keys, logs and terminals (see text_add_key)
 * and never ambiguous. Pure, thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/text.h"
#include "lib/settings/limit.h"
#include "message.h"

/* The longest subject: every dimension, joined, with its NUL. */
#define SUBJECT_SIZE \
	(LIMIT_KEY_TEXT_SIZE + DIMENSION_COUNT * (TEXT_KEY_MAX + 1) + 1)

/* The longest key of a window, with its NUL. */
#define WINDOW_KEY_SIZE (SUBJECT_SIZE + LIMIT_NAME_MAX + 32)

/*
 * Adds the subject of message under key, for one of its recipients where the
 * key has a recipient in it (else recipient may be NULL). False, with nothing
 * added, when the message lacks a value: the null sender, no login, no
 * client address, no HELO name, an address without a domain.
 */
bool subject_add(struct text *text, unsigned int key,
		 const struct message *message,
		 const struct message_recipient *recipient,
		 unsigned int ipv6_prefix);

/*
 * Adds one value of a subject. recipient may be NULL unless the dimension is
 * one of recipients. False, with nothing added, when the message lacks it.
 */
bool subject_add_value(struct text *text, enum dimension dimension,
		       bool is_joined, const struct message *message,
		       const struct message_recipient *recipient,
		       unsigned int ipv6_prefix);

/*
 * Adds the key of a window: "{SUBJECT}:LIMIT:PER". The braces around SUBJECT
 * keep all of a subject in one slot of a cluster.
 */
void subject_add_window(struct text *text, const char *subject,
			const struct limit *limit);

#endif
