/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEMPLATE_H
#define WEIR_TEMPLATE_H

/*
 * Without this a wrong reply text would be found by the first refused sender.
 *
 * A reply such as "550 5.7.1 %{subject} sent more than %{max} messages in
 * %{per}; ask %{contact}", checked when the file is read. Immutable, so
 * thread-safe.
 */
#include <stddef.h>

#include "limit_action.h"

struct text;
struct template;

/* The names that are known in %{...}, in the order of template_values. */
enum template_name {
	TEMPLATE_LIMIT,
	TEMPLATE_SUBJECT,
	TEMPLATE_USED,
	TEMPLATE_MAX,
	TEMPLATE_PER,
	TEMPLATE_RETRY,
	TEMPLATE_CONTACT,
	TEMPLATE_NAMES
};

/* Longest reply text on the wire, without codes (libmilter takes 980). */
#define TEMPLATE_TEXT_MAX 500

/*
 * Reads text: a three digit code and an enhanced status code (RFC 3463) of
 * the class of the action (4 for tempfail, 5 for reject; other actions take
 * no reply), then printable ASCII of at most TEMPLATE_TEXT_MAX bytes with
 * known names only. 421 is refused (it would end the session). NULL when it
 * is wrong; then *reason_r says what and what is allowed (freed with free()).
 */
struct template *template_parse(const char *text, enum limit_action action,
				char **reason_r);
void template_free(struct template **template);

const char *template_code(const struct template *template);   /* "550" */
const char *template_status(const struct template *template); /* "5.7.1" */

/*
 * Adds the text with its values, which are printable already; what does not
 * fit is cut by the text builder.
 */
void template_expand(const struct template *template,
		     const char *const values[TEMPLATE_NAMES],
		     struct text *text);

#endif
