/* SPDX-License-Identifier: ISC */
/*
 * Values are compared as they are, so what is written here in the file must
 * become what the session makes of the same address, name or login.
 */

#include <stdlib.h>
#include <string.h>

#include "lib/base/address.h"
#include "lib/base/alloc.h"
#include "lib/base/letter.h"
#include "lib/base/network.h"
#include "lib/base/network_guess.h"
#include "lib/base/pattern.h"
#include "lib/base/text.h"
#include "form.h"
#include "list_read.h"
#include "suggestion.h"
#include "reader.h"

/* Stands in for the domain of "user@" while its local part is worked on. */
#define ANY_DOMAIN "invalid"

/* networks */

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
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < reader->network_count; i++)
		suggestion_offer(&suggestion, reader->networks[i].name);
	if (suggestion.name != NULL)
		text_add_format(hint, "did you mean %s?", suggestion.name);
	else
		text_add_string(hint, "no network has that name so far");
}

static const char all_clients[] = "all are in 0.0.0.0/0 and ::/0";

/* What is wrong with it, and which network is meant. */
static void hint_address(const struct reader *reader, const char *entry,
			 const char *reason, struct text *hint)
{
	char buffer[NETWORK_TEXT_SIZE];
	const char *fault = form_fault(FORM_NETWORK, reader->rules, entry);

	if (network_guess(entry, buffer))
		text_add_format(hint, "write %s", buffer);
	else if (strcmp(entry, "*") == 0)
		text_add_string(hint, all_clients);
	else if (fault == NULL &&
		 letter_all(entry, strlen(entry), LETTER_HOST) &&
		 entry[strcspn(entry, "ghijklmnopqrstuvwxyz")] != '\0')
		text_add_string(hint, "names of hosts are not looked up");
	else
		text_add_string(hint, fault != NULL ? fault : reason);
}

static bool add_network(struct reader *reader, void *list, const char *entry,
			struct text *hint)
{
	const struct network_list *named = find_network(reader, entry);
	struct network_address address;
	const char *reason;

	if (named != NULL) {
		network_list_merge(list, named);
		return true;
	}
	if (network_parse(entry, &address) &&
	    network_is_unspecified(&address)) {
		text_add_format(hint, "no client has this address; %s",
				all_clients);
		return false;
	}
	if (letter_all(entry, strlen(entry), LETTER_HOST) &&
	    strchr(entry, '.') == NULL) {
		hint_network(reader, entry, hint);
		return false;
	}
	if (network_list_add(list, entry, &reason))
		return true;
	hint_address(reader, entry, reason, hint);
	return false;
}

const struct list_kind entry_network = {
	.add = add_network,
	.allowed = "an address, a network such as 192.0.2.0/24 or "
		   "2001:db8::/32, or a name from networks",
};

/* patterns */

/* Frees entry. */
static bool add_pattern(struct pattern_list *list, char *entry,
			struct text *hint)
{
	const char *reason;
	bool is_added = pattern_list_add(list, entry, &reason);

	if (!is_added)
		text_add_string(hint, reason);
	free(entry);
	return is_added;
}

static bool has_form(enum form_kind kind, const struct reader *reader,
		     const char *entry, struct text *hint)
{
	const char *fault = form_fault(kind, reader->rules, entry);

	if (fault != NULL)
		text_add_string(hint, fault);
	return fault == NULL;
}

static bool is_glob(const char *entry)
{
	return strpbrk(entry, "*?[") != NULL;
}

/* No value has the final dots of a domain. */
static void cut_final_dots(char *entry)
{
	size_t length = strlen(entry);

	while (length > 1 && entry[length - 1] == '.' &&
	       entry[length - 2] != '\\')
		entry[--length] = '\0';
}

/* label[0..*length), whose length changes. */
static char *canonical_label(const struct address_rules *rules,
			     const char *label, size_t *length)
{
	char *copy = alloc_copy(label, *length), *canonical;

	if (is_glob(copy)) {
		address_lower(&copy, length);
		return copy;
	}
	canonical = address_domain_identity(copy, *length, rules->alabel,
					    length);
	free(copy);
	return canonical;
}

/* Adds the labels of a domain, of which only whole ones become A-labels. */
static void add_labels(struct text *text, const struct address_rules *rules,
		       const char *domain)
{
	for (;;) {
		size_t length = strcspn(domain, ".");
		char *label = canonical_label(rules, domain, &length);

		text_add(text, label, length);
		free(label);
		domain += strcspn(domain, ".");
		if (*domain == '\0')
			return;
		text_add(text, domain++, 1);
	}
}

/* Local part and domain as identities have them, as far as that is known of a
 * glob; without an '@' it may be either. */
static char *canonical_glob(const struct address_rules *rules,
			    const char *entry)
{
	const char *at = strrchr(entry, '@');
	size_t length = at != NULL ? (size_t)(at - entry) : strlen(entry);
	size_t size = 8 * strlen(entry) + 1;
	char *local = alloc_copy(entry, length), *result = alloc_zero(size);
	struct text text;

	text_init(&text, result, size);
	if (rules->lowercase || at == NULL)
		address_lower(&local, &length);
	text_add(&text, local, length);
	free(local);
	if (at != NULL) {
		text_add(&text, at, 1);
		add_labels(&text, rules, at + 1);
	}
	cut_final_dots(result);
	return result;
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

/* The last bracket is meant: "[192.0.2.1]" is no class of a glob. */
static char *escape_bracket(char *name)
{
	const char *bracket = strrchr(name, '[');
	char *result = alloc_format("%.*s[[]%s", (int)(bracket - name), name,
				    bracket + 1);

	free(name);
	return result;
}

/* addresses */

static char *canonical_address(const struct address_rules *rules,
			       const char *entry)
{
	size_t length = strlen(entry);

	if (strcmp(entry, "<>") == 0)
		return alloc_text(entry);
	if (form_has_literal(entry))
		return escape_bracket(
			address_identity(rules, entry, length, &length));
	if (is_glob(entry))
		return canonical_glob(rules, entry);
	if (entry[0] == '@' || entry[0] == '.')
		return canonical_domain(rules, entry);
	if (entry[length - 1] == '@')
		return canonical_local(rules, entry);
	return address_identity(rules, entry, length, &length);
}

/* A name alone can be that of a sender on this host, "root"; what else it may
 * be is more likely. */
static bool is_bare_name(const struct reader *reader, const char *entry,
			 struct text *hint)
{
	if (strchr(entry, '@') != NULL || entry[0] == '.' || is_glob(entry) ||
	    strcmp(entry, "<>") == 0)
		return false;
	if (strchr(entry, '.') != NULL)
		text_add_format(hint, "write @%s, or .%s with subdomains",
				entry, entry);
	else if (find_network(reader, entry) != NULL)
		text_add_format(hint, "%s is a network, write it in client",
				entry);
	return hint->length > 0;
}

static bool add_bare_address(struct reader *reader, void *list,
			     enum form_kind kind, const char *entry,
			     struct text *hint)
{
	return has_form(kind, reader, entry, hint) &&
	       !is_bare_name(reader, entry, hint) &&
	       add_pattern(list, canonical_address(reader->rules, entry), hint);
}

/* Angle brackets around an address are no part of it. */
static bool add_address(struct reader *reader, void *list, enum form_kind kind,
			const char *entry, struct text *hint)
{
	size_t length = strlen(entry);
	char *inner;
	bool is_added;

	if (length <= 2 || entry[0] != '<' || entry[length - 1] != '>')
		return add_bare_address(reader, list, kind, entry, hint);
	inner = alloc_copy(entry + 1, length - 2);
	is_added = add_bare_address(reader, list, kind, inner, hint);
	free(inner);
	return is_added;
}

static bool add_sender(struct reader *reader, void *list, const char *entry,
		       struct text *hint)
{
	return add_address(reader, list, FORM_SENDER, entry, hint);
}

static bool add_recipient(struct reader *reader, void *list, const char *entry,
			  struct text *hint)
{
	return add_address(reader, list, FORM_RECIPIENT, entry, hint);
}

const struct list_kind entry_sender = {
	.add = add_sender,
	.allowed = "user@domain, @domain, .domain, user@, a glob or <>",
};

const struct list_kind entry_recipient = {
	.add = add_recipient,
	.allowed = "user@domain, @domain, .domain, user@ or a glob",
};

/* names of hosts */

static char *canonical_helo(const struct address_rules *rules,
			    const char *entry)
{
	char *canonical;
	size_t length, size = 8 * strlen(entry) + 1;
	struct text text;

	if (form_has_literal(entry))
		return escape_bracket(address_domain_identity(
			entry, strlen(entry), rules->alabel, &length));
	if (entry[0] == '.')
		return canonical_domain(rules, entry);
	canonical = alloc_zero(size);
	text_init(&text, canonical, size);
	add_labels(&text, rules, entry);
	cut_final_dots(canonical);
	return canonical;
}

static bool add_helo(struct reader *reader, void *list, const char *entry,
		     struct text *hint)
{
	return has_form(FORM_HELO, reader, entry, hint) &&
	       add_pattern(list, canonical_helo(reader->rules, entry), hint);
}

const struct list_kind entry_helo = {
	.add = add_helo,
	.allowed = "a host name, .domain or a glob",
};

/* logins */

/* A backslash is that of the login, "CORP\kim", also where it is doubled; in a
 * glob it is to be escaped. */
static char *canonical_login(const char *entry)
{
	char *canonical = alloc_zero(2 * strlen(entry) + 1), *to = canonical;
	bool has_domain = entry[0] == '.' || strchr(entry, '@') != NULL;
	bool has_glob = is_glob(entry);

	for (; *entry != '\0'; entry++) {
		if (entry[0] == '\\' && entry[1] == '\\')
			entry++;
		if (*entry == '\\' && has_glob)
			*to++ = '\\';
		*to++ = letter_lower(*entry);
	}
	if (has_domain)
		cut_final_dots(canonical);
	return canonical;
}

static bool add_login(struct reader *reader, void *list, const char *entry,
		      struct text *hint)
{
	return has_form(FORM_LOGIN, reader, entry, hint) &&
	       add_pattern(list, canonical_login(entry), hint);
}

const struct list_kind entry_login = {
	.add = add_login,
	.allowed = "a login, @domain, .domain, user@ or a glob",
};

static bool add_listener(struct reader *reader, void *list, const char *entry,
			 struct text *hint)
{
	return has_form(FORM_LISTENER, reader, entry, hint) &&
	       add_pattern(list, alloc_text(entry), hint);
}

const struct list_kind entry_listener = {
	.add = add_listener,
	.allowed = "the name of a listener, as in {daemon_name}, or a glob",
};
