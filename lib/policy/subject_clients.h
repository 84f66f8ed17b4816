/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUBJECT_CLIENTS_H
#define WEIR_SUBJECT_CLIENTS_H

/*
 * The clients of a subject, so that one block can stop a whole network: one
 * address, or all of a network, as in "client:203.0.113.0/24" and
 * "sender+client:a@x+2001:db8::/48". Works on the text of subjects alone. Pure,
 * thread-safe.
 */
#include <stdbool.h>

#include "subject.h"

struct subject_clients {
	unsigned char prefix; /* of 128 bits; IPv4 has 96 before its own */
	bool is_ipv4;
	bool is_network; /* written with its prefix */
};

/* False when the key has no client in it, or that is no address. */
bool subject_clients_read(const char *subject, unsigned int key,
			  struct subject_clients *clients_r);

/* Adds the subject with its client widened to the network of that form in which
 * it lies. False, with nothing added, where it lies in none: it is of the other
 * family, or wider itself. */
bool subject_clients_widen(struct text *text, const char *subject,
			   unsigned int key,
			   const struct subject_clients *clients);

/* Are the two subjects of this key the same, or is the client of the first, a
 * network too, in the network of the second? */
bool subject_lies_in(const char *subject, unsigned int key, const char *wide);

/* Has the message, for this recipient, the subject, or a client in its
 * network? recipient may be NULL where the key has none in it. */
bool subject_is_of(const char *subject, unsigned int key,
		   const struct message *message,
		   const struct message_recipient *recipient);

/* The same for any of its recipients; never of "all". */
bool subject_is_of_any(const char *subject, unsigned int key,
		       const struct message *message);

#endif
