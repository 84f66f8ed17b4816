/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ADDRESS_H
#define WEIR_ADDRESS_H

/*
 * Without this jake@example.com, <Jake+news@EXAMPLE.com> and
 * prvs=1234abcdef=jake@example.com would be three senders with three quotas.
 *
 * An identity is the canonical form of an envelope address, the one that
 * is counted. Each rule can be switched off. Pure, thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_TAG_SIZE 8

struct address_rules {
	char tag[ADDRESS_TAG_SIZE]; /* characters that start a tag; "" = none */
	bool batv;	/* prvs=KDDDSSSSSS=local (draft-levine-smtp-batv) */
	bool srs;	/* SRS0=..., SRS1=... give the original address back */
	bool verp;	/* owner-list+user=example.org@... -> owner-list@... */
	bool lowercase; /* the local part too; the domain always is */
	bool alabel;	/* domain in its A-label form (IDNA 2008, RFC 5891) */
	bool routes;	/* <@a,@b:user@c> is user@c (RFC 5321, appendix C) */
	bool quotes;	/* "jake"@x is jake@x where no quotes are needed */
};

/* Every rule on, "+" starts a tag. */
extern const struct address_rules address_rules_default;

/*
 * The identity of raw[0..length), which may have angle brackets, ESMTP
 * parameters after them (both cut), any bytes and any length. Never NULL; the
 * null sender "<>" and empty input give "". An input that no rule understands
 * is its own identity. The result is freed with free(); a NUL follows its
 * *length_r bytes.
 */
char *address_identity(const struct address_rules *rules, const char *raw,
		       size_t length, size_t *length_r);

/*
 * The domain of an identity: what follows its last '@' outside quotes, as a
 * pointer into it; "" (at its end) if there is none.
 */
const char *address_domain(const char *identity, size_t length,
			   size_t *length_r);

/*
 * The canonical form of a domain or HELO name: lower case, a final dot cut,
 * A-label form when is_alabel and it can be converted, address literals in
 * lower case. Freed with free().
 */
char *address_domain_identity(const char *raw, size_t length, bool is_alabel,
			      size_t *length_r);

/*
 * Lower case and NFC (RFC 6532 asks for it) in one, so that all ways to write
 * a letter are one. What is no UTF-8 stays, but for ASCII letters. *text, of
 * *length bytes and a NUL, may be replaced (free(), malloc()).
 */
void address_lower(char **text, size_t *length);

#endif
