/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PATTERN_H
#define WEIR_PATTERN_H

/*
 * A list of names to match, of any length at one price, built by one thread
 * and then read by any number:
 *
 *   jake@example.com  this one
 *   @example.com      every address in this domain, not in its subdomains
 *   .example.com      every address in this domain and below it; also the
 *                     host name itself, for HELO names
 *   postmaster@       this local part in every domain
 *   *.example.?om     a glob as in fnmatch(3), no special '/' or '.'
 *   <>                the null sender
 *
 * An address literal ("[192.0.2.1]", also behind "user@" or "@") is no glob;
 * in one write its brackets as "\[" and "\]". In values that are no address
 * .domain looks at the whole value. A value with a NUL matches no glob.
 *
 * Values are compared as they are: callers give canonical identities on both
 * sides (see address.h). All but globs cost one or a few hash look-ups.
 */
#include <stdbool.h>
#include <stddef.h>

struct pattern_list;

struct pattern_list *pattern_list_new(void);
void pattern_list_free(struct pattern_list **list);

/*
 * Adds one entry. False when it is empty, longer than 320 bytes, has control
 * bytes, or is a broken glob (an unclosed '['); then *reason_r points to a
 * static text that says what is wrong. Adding an entry twice is no error.
 */
bool pattern_list_add(struct pattern_list *list, const char *entry,
		      const char **reason_r);

size_t pattern_list_count(const struct pattern_list *list);

/* Does any entry match value[0..length)? Thread-safe. */
bool pattern_list_matches(const struct pattern_list *list, const char *value,
			  size_t length);

/* Is one of its entries the glob "*"? */
bool pattern_list_takes_all(const struct pattern_list *list);

/*
 * Does outer certainly match whatever inner matches? Each entry of inner must
 * be matched by one of outer; of globs only "*" and the same text are known
 * to. False: perhaps not.
 */
bool pattern_list_is_within(const struct pattern_list *inner,
			    const struct pattern_list *outer);

#endif
