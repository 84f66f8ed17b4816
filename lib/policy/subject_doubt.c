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

/* The next byte behind value that is not in quotes or brackets, as they are in
 * "a,b"@example.com; or the end. */
static const char *next_bare(const char *value)
{
	char open = *value == '"' ? '"' : *value == '[' ? ']' : '\0';

	if (*value == '\0')
		return value;
	for (value++; open != '\0' && *value != '\0'; value++) {
		if (open == '"' && value[0] == '\\' && value[1] != '\0')
			value++;
		else if (*value == open)
			open = '\0';
	}
	return value;
}

static bool has_bare(const char *value, const char *bytes)
{
	for (; *value != '\0'; value = next_bare(value))
		if (strchr(bytes, *value) != NULL)
			return true;
	return false;
}

/* Two addresses side by side: a separator between two '@'. One '@' is one
 * address, however odd: an attacker may use it. */
static bool has_two(const char *value, const char *separators)
{
	bool has_address = false, is_next = false;

	for (; *value != '\0'; value = next_bare(value)) {
		if (*value == '@' && is_next)
			return true;
		if (*value == '@' || *value == '+') /* of a pair */
			has_address = *value == '@';
		else if (strchr(separators, *value) != NULL)
			is_next = has_address;
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
	if (has_two(value, is_login ? ",;" : ",; \t"))
		return "found more than one value, allowed is one subject; "
		       "run the command once for each";
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
	if (key != LIMIT_KEY_OF(DIMENSION_AUTH) && has_bare(value, ",; \t"))
		return "this is one value with a comma, semicolon or space in "
		       "it; for several values, run the command once for each";
	if (strpbrk(value, "*?") != NULL)
		return "* and ? match only themselves in a subject; for a "
		       "domain use sender_domain:example.com or "
		       "recipient_domain:example.com";
	if ((key & KEY_ADDRESS) != 0 && is_domain_alone(value))
		return "this is not an address; for a domain use "
		       "sender_domain:example.com or "
		       "recipient_domain:example.com";
	if ((key & KEY_ADDRESS) != 0 && value[strlen(value) - 1] == '@')
		return "this matches an address without a domain, not this "
		       "local part in every domain";
	if ((key & KEY_DOMAIN) != 0 && value[0] == '.')
		return "a domain has no dot in front, and does not include its "
		       "subdomains";
	return NULL;
}
