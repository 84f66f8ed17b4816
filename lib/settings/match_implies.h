/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MATCH_IMPLIES_H
#define WEIR_MATCH_IMPLIES_H

/*
 * Without this it could not be said that one limit looks at nothing but what
 * another has looked at already.
 *
 * What is certain about matches, for whatever message may come. False means
 * "not that we know": of globs, for example, only the same text and "*" are
 * understood. Pure; the lists of clients are sealed.
 */
#include <stdbool.h>

struct match;

/* Does whatever narrow matches match wide too? */
bool match_implies(const struct match *narrow, const struct match *wide);

/* Does every message match? */
bool match_is_all(const struct match *match);

/*
 * Can no message match, since it asks for one thing and its contrary, or for
 * what is in an empty list?
 */
bool match_is_never(const struct match *match);

/* The name of a list that a message must be in and that is empty, such as that
 * of an empty file; NULL: none is. */
const char *match_empty_list(const struct match *match);

/*
 * Is it restricted to mail whose origin is known: after a login, from listed
 * clients (not from everywhere), or local? What is not can come from any
 * stranger, who writes any address. A listener may be open to anybody.
 */
bool match_knows_origin(const struct match *match);

#endif
