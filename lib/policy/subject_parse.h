/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUBJECT_PARSE_H
#define WEIR_SUBJECT_PARSE_H

/*
 * Reads a subject as an administrator writes it,
 * "sender:Jake+news@Example.COM" or "sender+recipient:a@x+b@y", through the
 * identity rules of the settings, and gives the text that subject_add() gives
 * for a message with these values. A client may be a network,
 * "client:192.0.2.0/24": see subject_clients.h. The text that weir itself
 * prints (see text_add_key) gives the same subject again. Pure, thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/settings/settings.h"
#include "subject.h"

struct subject {
	unsigned int key; /* set of LIMIT_KEY_OF() */
	char text[SUBJECT_SIZE];
};

/*
 * Accepts any bytes of any length. False when text is no subject; then
 * *reason_r points to a static text that says what is wrong and what is
 * allowed.
 */
bool subject_parse(const char *text, size_t length,
		   const struct settings *settings, struct subject *subject_r,
		   const char **reason_r);

/* Is it about a network, and not about what counts as one client? */
bool subject_is_network(const struct subject *subject,
			unsigned int ipv6_prefix);

#endif
