/* SPDX-License-Identifier: ISC */
/*
 * Values are compared as they are, so what is written here in the file must
 * become what the session makes of the same address, name or login.
 */
#include "entry.h"

#include <stdlib.h>
#include <string.h>

#include "../base/address.h"
#include "../base/alloc.h"
#include "../base/network.h"
#include "../base/pattern.h"
#include "../base/text.h"
#include "list_read.h"
#include "nearest.h"
#include "reader.h"

#define GLOB_BYTES "*?["

/* Stands in for the domain of "user@" while its local part is worked on. */
#define ANY_DOMAIN "invalid"

static void lower_ascii(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static struct network_list *find_network(const struct reader *reader,
					 const char *name)
{
	for (size_t i = 0; i < reader->network_count; i++)
		if (strcmp(reader->networks[i].name, name) == 0)
			return reader->networks[i].list;
	return NULL;
}

static void hint_network(const struct reader *reader, const char *name,
			 struct text *hint)
{
	struct nearest nearest;

	nearest_init(&nearest, name);
	for (size_t i = 0; i < reader->network_count; i++)
		nearest_offer(&nearest, reader->networks[i].name);
	if (nearest.name != NULL)
		text_add_format(hint, "did you mean %s?", nearest.name);
	else
		text_add_string(hint, "no network has that name so far");
}

static bool add_network(struct reader *reader, void *list, const char *entry,
			struct text *hint)
{
	const struct network_list *named = find_network(reader, entry);
	const char *reason;

	if (named != NULL) {
		network_list_merge(list, named);
		return true;
	}
	if (strpbrk(entry, ".:/") == NULL) {
		hint_network(reader, entry, hint);
		return false;
	}
	if (network_list_add(list, entry, &reason))
		return true;
	text_add_string(hint, reason);
	return false;
}

const struct list_kind entry_network = {
	.add = add_network,
	.allowed = "an address, a network such as 192.0.2.0/24 or "
		   "2001:db8::/32, or a name from networks",
};

static bool add_pattern(struct pattern_list *list, const char *entry,
			struct text *hint)
{
	const char *reason;

	if (pattern_list_add(list, entry, &reason))
		return true;
	text_add_string(hint, reason);
	return false;
}

/* Globs: all in lower case, or only the domain where case is kept. */
static char *canonical_glob(const struct address_rules *rules,
			    const char *entry)
{
	char *copy = alloc_text(entry), *at = strrchr(copy, '@');

	lower_ascii(rules->lowercase || at == NULL ? copy : at);
	return copy;
}

/* "@domain" and ".domain" keep their first byte. */
static char *canonical_domain(const struct address_rules *rules,
			      const char *entry)
{
	size_t length;
	char *domain = address_domain_identity(entry + 1, strlen(entry + 1),
					       rules->alabel, &length);
	char *result = alloc_format("%c%s", entry[0], domain);

	free(domain);
	return result;
}

/* "user@" goes through the rules with a domain, which is then cut off. */
static char *canonical_local(const struct address_rules *rules,
			     const char *entry)
{
	char *whole = alloc_format("%s%s", entry, ANY_DOMAIN);
	size_t length, cut = strlen(ANY_DOMAIN);
	char *identity = address_identity(rules, whole, strlen(whole), &length);

	free(whole);
	if (length > cut && strcmp(identity + length - cut, ANY_DOMAIN) == 0 &&
	    identity[length - cut - 1] == '@')
		identity[length - cut] = '\0';
	return identity;
}

/* Brackets that are meant: "[192.0.2.1]" is no class of a glob. */
static char *escape_brackets(char *name)
{
	size_t length = strlen(name), at = 0;
	char *result = alloc_zero(3 * length + 1);

	for (size_t i = 0; i < length; i++) {
		if (name[i] == '[') {
			memcpy(result + at, "[[]", 3);
			at += 3;
		} else {
			result[at++] = name[i];
		}
	}
	free(name);
	return result;
}

/* user@[192.0.2.1]: RFC 5321, 4.1.3 */
static bool is_address_literal(const char *entry)
{
	return strstr(entry, "@[") != NULL && strpbrk(entry, "*?") == NULL &&
	       entry[strlen(entry) - 1] == ']';
}

static char *canonical_address(const struct address_rules *rules,
			       const char *entry)
{
	size_t length = strlen(entry);

	if (strcmp(entry, "<>") == 0)
		return alloc_text(entry);
	if (is_address_literal(entry))
		return escape_brackets(
			address_identity(rules, entry, length, &length));
	if (strpbrk(entry, GLOB_BYTES) != NULL)
		return canonical_glob(rules, entry);
	if (entry[0] == '@' || entry[0] == '.')
		return canonical_domain(rules, entry);
	if (entry[length - 1] == '@')
		return canonical_local(rules, entry);
	return address_identity(rules, entry, length, &length);
}

static bool add_address(struct reader *reader, void *list, const char *entry,
			struct text *hint)
{
	char *canonical;
	bool is_added;

	if (entry[0] == '\0')
		return false;
	if (strchr(entry, '@') == NULL && strchr(entry, '.') != NULL &&
	    entry[0] != '.' && strpbrk(entry, GLOB_BYTES) == NULL) {
		text_add_format(hint, "write @%s, or .%s with subdomains",
				entry, entry);
		return false;
	}
	canonical = canonical_address(reader->rules, entry);
	is_added = add_pattern(list, canonical, hint);
	free(canonical);
	return is_added;
}

const struct list_kind entry_address = {
	.add = add_address,
	.allowed = "user@domain, @domain, .domain, user@, a glob or <>",
};

static bool add_helo(struct reader *reader, void *list, const char *entry,
		     struct text *hint)
{
	size_t length;
	char *canonical;
	bool is_added;

	if (entry[0] == '\0' || strchr(entry, '@') != NULL)
		return false;
	if (strpbrk(entry, "*?") != NULL)
		canonical = canonical_glob(reader->rules, entry);
	else if (entry[0] == '.')
		canonical = canonical_domain(reader->rules, entry);
	else
		canonical = escape_brackets(address_domain_identity(
			entry, strlen(entry), reader->rules->alabel, &length));
	is_added = add_pattern(list, canonical, hint);
	free(canonical);
	return is_added;
}

const struct list_kind entry_helo = {
	.add = add_helo,
	.allowed = "a host name, .domain or a glob",
};

static bool add_login(struct reader *reader, void *list, const char *entry,
		      struct text *hint)
{
	char *canonical = alloc_text(entry);
	bool is_added;

	(void)reader;
	lower_ascii(canonical);
	is_added = add_pattern(list, canonical, hint);
	free(canonical);
	return is_added;
}

const struct list_kind entry_login = {
	.add = add_login,
	.allowed = "a login, @domain, .domain, user@ or a glob",
};

static bool add_listener(struct reader *reader, void *list, const char *entry,
			 struct text *hint)
{
	(void)reader;
	return add_pattern(list, entry, hint);
}

const struct list_kind entry_listener = {
	.add = add_listener,
	.allowed = "the name of a listener, as in {daemon_name}, or a glob",
};
