/* SPDX-License-Identifier: ISC */

/* Both look at the text behind the colon. */
#include "subject_doubt.h"

#include <stdbool.h>
#include <string.h>

#define KEY_ADDRESS \
	(LIMIT_KEY_OF(DIMENSION_SENDER) | LIMIT_KEY_OF(DIMENSION_RECIPIENT))
#define KEY_DOMAIN                               \
	(LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN) | \
	 LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN))

/* The value of the subject's text, NULL of "all". */
static const char *value_of(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon == NULL ? NULL : colon + 1;
}

/* Quotes and brackets hide what is in them, as in "a,b"@example.com. */
static bool has_bare(const char *value, const char *bytes)
{
	char open = '\0';

	for (; *value != '\0'; value++) {
		if (open == '"' && value[0] == '\\' && value[1] != '\0')
			value++;
		else if (open != '\0')
			open = *value == open ? '\0' : open;
		else if (*value == '"' || *value == '[')
			open = *value == '"' ? '"' : ']';
		else if (strchr(bytes, *value) != NULL)
			return true;
	}
	return false;
}

const char *subject_fault(const char *text)
{
	const char *value = value_of(text);
	bool is_login = strncmp(text, "auth:", strlen("auth:")) == 0;

	/* A blank may be in a login, a comma in the name of a certificate. */
	if (value == NULL || (is_login && value[0] == '/'))
		return NULL;
	if (has_bare(value, is_login ? ",;" : ",; \t"))
		return "found more than one value, allowed is one subject; "
		       "give the command for each";
	return NULL;
}

static bool is_domain_alone(const char *value)
{
	const char *at = strchr(value, '@');

	return value[0] == '@' || value[0] == '.' ||
	       (at == NULL && strchr(value, '.') != NULL);
}

const char *subject_note(const struct subject *subject)
{
	const char *value = value_of(subject->text);
	unsigned int key = subject->key;

	if (value == NULL || (key & (key - 1)) != 0)
		return NULL;
	if (strpbrk(value, "*?") != NULL)
		return "in a subject * and ? stand for themselves; a domain "
		       "is sender_domain:example.com or recipient_domain:";
	if ((key & KEY_ADDRESS) != 0 && is_domain_alone(value))
		return "this is no address; a domain is "
		       "sender_domain:example.com or recipient_domain:";
	if ((key & KEY_ADDRESS) != 0 && value[strlen(value) - 1] == '@')
		return "this is no local part in every domain, but an address "
		       "without one";
	if ((key & KEY_DOMAIN) != 0 && value[0] == '.')
		return "a domain is without a dot before it, and without its "
		       "subdomains";
	return NULL;
}
