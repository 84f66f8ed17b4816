/* SPDX-License-Identifier: ISC */

/*
 * Nearly every address is plain ASCII with nothing in it for any rule: that
 * is one pass over its bytes. All others are taken apart into local part and
 * domain, each is brought into its canonical form, wrappings and tags are
 * taken off the local part until nothing changes any more, and the parts are
 * put together so that they would come apart in the same places again. From
 * that follows what operators rely on when they type an identity back: the
 * identity of an identity is itself.
 */
#include <stdlib.h>
#include <string.h>

#include <idn2.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "address.h"
#include "alloc.h"
#include "letter.h"
#include "wrapper.h"

/* More wrappings than that are none: no forwarder writes them. */
#define WRAPPINGS_MAX 3

/* 255 bytes of an A-label form (RFC 1035) never come from more than this. */
#define ALABEL_INPUT_MAX 1020

const struct address_rules address_rules_default = {
	.tag = "+",
	.batv = true,
	.srs = true,
	.verp = true,
	.lowercase = true,
	.alabel = true,
	.routes = true,
	.quotes = true,
};

enum local_form {
	FORM_ATOMS,  /* atoms and dots only */
	FORM_QUOTED, /* needs quotes; held without them */
	FORM_OPAQUE  /* as it came: no rule but lower case is for it */
};

struct parts {
	enum local_form form;
	char *local;
	size_t local_length;
	char *domain; /* NULL without an '@' */
	size_t domain_length;
};

static void lower_ascii(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		text[i] = letter_lower(text[i]);
}

void address_lower(char **text, size_t *length)
{
	uint8_t *lowered;
	size_t lowered_length;

	if (!letter_any(*text, *length, LETTER_HIGH) ||
	    u8_check((const uint8_t *)*text, *length) != NULL) {
		lower_ascii(*text, *length);
		return;
	}
	lowered = u8_tolower((const uint8_t *)*text, *length, NULL, UNINORM_NFC,
			     NULL, &lowered_length);
	if (lowered == NULL)
		alloc_fail();
	free(*text);
	*text = alloc_copy((const char *)lowered, lowered_length);
	*length = lowered_length;
	free(lowered);
}

static size_t without_final_dots(const char *domain, size_t length)
{
	while (length > 0 && domain[length - 1] == '.')
		length--;
	return length;
}

/* Only what is a host name afterwards: mapping must not make an '@'. */
static void to_alabel(char **domain, size_t *length)
{
	uint8_t *alabel = NULL;
	size_t alabel_length;
	int result;

	if (*length > ALABEL_INPUT_MAX)
		return;
	result = idn2_lookup_u8((const uint8_t *)*domain, &alabel,
				IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (result == IDN2_MALLOC)
		alloc_fail();
	if (result != IDN2_OK)
		return;
	alabel_length = strlen((const char *)alabel);
	if (letter_all((const char *)alabel, alabel_length, LETTER_HOST) &&
	    !letter_any((const char *)alabel, alabel_length, LETTER_HIGH)) {
		free(*domain);
		*domain = alloc_copy((const char *)alabel, alabel_length);
		*length = alabel_length;
		lower_ascii(*domain, *length);
	}
	idn2_free(alabel);
}

char *address_domain_identity(const char *raw, size_t length, bool is_alabel,
			      size_t *length_r)
{
	char *domain;

	length = without_final_dots(raw, length);
	domain = alloc_copy(raw, length);
	if (letter_all(domain, length, LETTER_HOST) &&
	    letter_any(domain, length, LETTER_HIGH)) {
		address_lower(&domain, &length);
		if (is_alabel)
			to_alabel(&domain, &length);
		/* There are other dots in Unicode. */
		length = without_final_dots(domain, length);
	} else {
		lower_ascii(domain, length);
	}
	domain[length] = '\0';
	*length_r = length;
	return domain;
}

/*
 * The first byte of path[0..length) from at on that is one of stops, outside
 * quotes; length if there is none. Backslashes count within quotes only.
 */
static size_t find_unquoted(const char *path, size_t length, size_t at,
			    const char *stops)
{
	bool is_quoted = false;

	for (; at < length; at++) {
		if (path[at] == '"')
			is_quoted = !is_quoted;
		else if (is_quoted && path[at] == '\\')
			at++;
		else if (!is_quoted && path[at] != '\0' &&
			 strchr(stops, path[at]) != NULL)
			return at;
	}
	return length;
}

/* Where the last '@' outside quotes is; length if there is none. */
static size_t find_at(const char *path, size_t length)
{
	size_t last = length;
	size_t at = find_unquoted(path, length, 0, "@");

	while (at < length) {
		last = at;
		at = find_unquoted(path, length, at + 1, "@");
	}
	return last;
}

const char *address_domain(const char *identity, size_t length,
			   size_t *length_r)
{
	const char *at;
	size_t found = length;

	if (memchr(identity, '"', length) == NULL) {
		at = memrchr(identity, '@', length);
		if (at != NULL)
			found = (size_t)(at - identity);
	} else {
		found = find_at(identity, length);
	}
	if (found < length)
		found++;
	*length_r = length - found;
	return identity + found;
}

/* The bytes of a host name or an address literal at path. */
static size_t host_length(const char *path, size_t length)
{
	size_t i = 0;

	if (length > 0 && path[0] == '[') {
		while (i < length && path[i] != '\0' &&
		       strchr("]@\"<> ", path[i]) == NULL)
			i++;
		return i < length && path[i] == ']' ? i + 1 : 0;
	}
	while (i < length && letter_is(path[i], LETTER_HOST))
		i++;
	return i;
}

/* The bytes of "@a,@b:" in front of a mailbox; 0 if they are not there. */
static size_t route_length(const char *path, size_t length)
{
	size_t i = 0;

	while (i < length && path[i] == '@') {
		size_t host = host_length(path + i + 1, length - i - 1);

		i += 1 + host;
		if (host == 0 || i + 1 >= length)
			return 0;
		if (path[i] == ':')
			return strchr("<> ", path[i + 1]) == NULL ? i + 1 : 0;
		if (path[i++] != ',')
			return 0;
	}
	return 0;
}

/* The mailbox in raw: no brackets, no source route, no parameters. */
static struct wrapper_text find_mailbox(const struct address_rules *rules,
					const char *raw, size_t length)
{
	size_t start = 0;
	size_t route;

	while (start < length && (raw[start] == '<' || raw[start] == ' '))
		start++;
	do {
		route = rules->routes
				? route_length(raw + start, length - start)
				: 0;
		start += route;
	} while (route > 0);
	raw += start;
	length -= start;
	return (struct wrapper_text){ raw,
				      find_unquoted(raw, length, 0, "> ") };
}

/* RFC 5321, section 4.1.2: Dot-string, without its limit to ASCII. */
static bool is_dot_atom(const char *local, size_t length)
{
	return length > 0 && letter_all(local, length, LETTER_ATOM) &&
	       local[0] != '.' && local[length - 1] != '.' &&
	       memmem(local, length, "..", 2) == NULL;
}

/* Brings the local part into its canonical form; may change which. */
static void settle(const struct address_rules *rules, struct parts *parts)
{
	if (parts->form == FORM_OPAQUE) {
		if (rules->lowercase)
			lower_ascii(parts->local, parts->local_length);
		return;
	}
	if (rules->lowercase)
		address_lower(&parts->local, &parts->local_length);
	if (parts->form == FORM_QUOTED &&
	    is_dot_atom(parts->local, parts->local_length))
		parts->form = FORM_ATOMS;
	/* NFC makes a semicolon of the Greek question mark. */
	if (parts->form == FORM_ATOMS &&
	    !letter_all(parts->local, parts->local_length, LETTER_ATOM))
		parts->form = FORM_OPAQUE;
}

/* Takes quotes and backslashes away; false when local is not all quoted. */
static bool unquote(char *local, size_t *length)
{
	size_t to = 0;
	size_t from = 1;

	if (*length < 2 || local[0] != '"')
		return false;
	while (from < *length && local[from] != '"') {
		if (local[from] == '\\')
			from++;
		from++;
	}
	if (from != *length - 1)
		return false;
	for (size_t i = 1; i < from; i++) {
		if (local[i] == '\\')
			i++;
		local[to++] = local[i];
	}
	local[to] = '\0';
	*length = to;
	return true;
}

static void take_apart(const struct address_rules *rules,
		       struct wrapper_text mailbox, struct parts *parts_r)
{
	size_t at = find_at(mailbox.data, mailbox.length);

	parts_r->local = alloc_copy(mailbox.data, at);
	parts_r->local_length = at;
	parts_r->domain = NULL;
	parts_r->domain_length = 0;
	if (at < mailbox.length)
		parts_r->domain = address_domain_identity(
			mailbox.data + at + 1, mailbox.length - at - 1,
			rules->alabel, &parts_r->domain_length);
	parts_r->form = FORM_OPAQUE;
	if (rules->quotes && unquote(parts_r->local, &parts_r->local_length))
		parts_r->form = FORM_QUOTED;
	else if (at > 0 && letter_all(mailbox.data, at, LETTER_ATOM))
		parts_r->form = FORM_ATOMS;
	settle(rules, parts_r);
}

/* Takes the quotes of a quoted local part into account, and its NUL. */
static char *put_together(const struct parts *parts, size_t *length_r)
{
	const bool is_quoted = parts->form == FORM_QUOTED;
	char *text = alloc_zero(2 * parts->local_length + parts->domain_length +
				4);
	size_t to = 0;

	if (is_quoted)
		text[to++] = '"';
	for (size_t i = 0; i < parts->local_length; i++) {
		char letter = parts->local[i];

		if (is_quoted && (letter == '"' || letter == '\\'))
			text[to++] = '\\';
		text[to++] = letter;
	}
	if (is_quoted)
		text[to++] = '"';
	if (parts->domain != NULL) {
		text[to++] = '@';
		memcpy(text + to, parts->domain, parts->domain_length);
		to += parts->domain_length;
	}
	*length_r = to;
	return text;
}

static void free_parts(struct parts *parts)
{
	free(parts->local);
	free(parts->domain);
}

/* Where the tag starts; the length of the local part if it has none. */
static size_t find_tag(const struct address_rules *rules,
		       const struct parts *parts)
{
	size_t i = 1;

	while (i < parts->local_length &&
	       (parts->local[i] == '\0' ||
		strchr(rules->tag, parts->local[i]) == NULL))
		i++;
	return i < parts->local_length ? i : parts->local_length;
}

static void replace_local(const struct address_rules *rules,
			  struct parts *parts, const char *local, size_t length)
{
	char *copy = alloc_copy(local, length);

	free(parts->local);
	parts->local = copy;
	parts->local_length = length;
	settle(rules, parts);
}

static void replace(const struct address_rules *rules, struct parts *parts,
		    const struct wrapper_inner *inner)
{
	char *local;

	if (inner->domain.length > 0) {
		free(parts->domain);
		parts->domain = address_domain_identity(
			inner->domain.data, inner->domain.length, rules->alabel,
			&parts->domain_length);
	}
	if (inner->prefix[0] == '\0') {
		replace_local(rules, parts, inner->local.data,
			      inner->local.length);
		return;
	}
	local = alloc_format("%s%.*s", inner->prefix, (int)inner->local.length,
			     inner->local.data);
	replace_local(rules, parts, local, strlen(local));
	free(local);
}

/*
 * Takes off wrappings and tags until there are none. False when there are
 * too many; parts are then somewhere in between.
 */
static bool reduce(const struct address_rules *rules, struct parts *parts)
{
	struct wrapper_inner inner;
	int wrappings = 0;

	while (parts->form != FORM_OPAQUE) {
		const struct wrapper_text local = { parts->local,
						    parts->local_length };
		size_t tag;

		if (wrapper_open(rules, local, &inner)) {
			if (++wrappings > WRAPPINGS_MAX)
				return false;
			replace(rules, parts, &inner);
			continue;
		}
		tag = find_tag(rules, parts);
		if (tag == parts->local_length)
			break;
		replace_local(rules, parts, parts->local, tag);
	}
	return true;
}

/*
 * One that cannot be reduced to its end is not reduced at all: half way its
 * identity would have another identity.
 */
static char *reduced_identity(const struct address_rules *rules,
			      struct wrapper_text mailbox, size_t *length_r)
{
	struct parts parts;
	char *identity;

	take_apart(rules, mailbox, &parts);
	if (!reduce(rules, &parts)) {
		free_parts(&parts);
		take_apart(rules, mailbox, &parts);
	}
	identity = put_together(&parts, length_r);
	free_parts(&parts);
	return identity;
}

/*
 * The common case: [<]local@host[>], in ASCII, without '=' or '*'
 * (each wrapping has one), tag or quotes. NULL when it is not.
 */
static char *plain_identity(const struct address_rules *rules, const char *raw,
			    size_t length, size_t *length_r)
{
	size_t from = length > 0 && raw[0] == '<' ? 1 : 0;
	char *identity = alloc_zero(length + 1);
	bool is_lower = rules->lowercase;
	int kind = LETTER_ATOM;
	size_t at = 0, to = 0;

	for (; from < length && raw[from] != '>' && raw[from] != ' '; from++) {
		char letter = raw[from];

		if (letter == '@' && at == 0 && to > 0) {
			at = to;
			kind = LETTER_HOST;
			is_lower = true;
		} else if (!letter_is(letter, kind) || letter == '=' ||
			   letter == '*' || letter_is(letter, LETTER_HIGH)) {
			goto special;
		}
		identity[to++] = is_lower ? letter_lower(letter) : letter;
	}
	if (at == 0)
		goto special;
	for (const char *tag = rules->tag; *tag != '\0'; tag++)
		if (memchr(identity + 1, *tag, at - 1) != NULL)
			goto special;
	to = without_final_dots(identity, to);
	identity[to] = '\0';
	*length_r = to;
	return identity;
special:
	free(identity);
	return NULL;
}

char *address_identity(const struct address_rules *rules, const char *raw,
		       size_t length, size_t *length_r)
{
	char *identity = plain_identity(rules, raw, length, length_r);
	struct wrapper_text mailbox;

	if (identity != NULL)
		return identity;
	mailbox = find_mailbox(rules, raw, length);
	if (mailbox.length > 0)
		return reduced_identity(rules, mailbox, length_r);
	*length_r = 0;
	return alloc_zero(1);
}
