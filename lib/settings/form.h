/* SPDX-License-Identifier: ISC */
#ifndef WEIR_FORM_H
#define WEIR_FORM_H

/*
 * Without this an entry "kim@example.com," would be good, and match nothing:
 * an exemption would not exempt, a limit would look at no mail.
 *
 * Which texts can be an entry of a list at all. What can never equal a value
 * of its kind is an error with a hint; only what cannot is refused, whatever
 * an MTA may hand over stays possible. Pure, thread-safe.
 */
#include <stdbool.h>

struct address_rules;

/* A set: what lists this is a form for. */
enum form_kind {
	FORM_SENDER = 1,
	FORM_RECIPIENT = 2,
	FORM_LOGIN = 4,
	FORM_HELO = 8,
	FORM_LISTENER = 16,
	FORM_NETWORK = 32
};

#define FORM_ADDRESS (FORM_SENDER | FORM_RECIPIENT)

/*
 * NULL, or what to write: a static text. entry is as it was written, without
 * blanks around it and, of an address, without its angle brackets. Of
 * FORM_NETWORK only what no network has is known here (see network_list_add).
 */
const char *form_fault(enum form_kind kind, const struct address_rules *rules,
		       const char *entry);

/* Does entry have a set in which brackets are meant, such as
 * "user@[192.0.2.*]", so that it is no glob by them? */
bool form_has_literal(const char *entry);

#endif
