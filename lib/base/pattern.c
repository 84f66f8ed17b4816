/* SPDX-License-Identifier: ISC */

/*
 * An entry is kept in one of three tables by what it looks like. A value is
 * then cut in the few ways an entry could have been written, and each piece,
 * which lies in the value as it is, looked up. Only globs are tried in turn.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "hash_table.h"
#include "letter.h"
#include "network.h"
#include "pattern.h"

#define ENTRY_MAX 320 /* RFC 5321, section 4.5.3.1: 64 + 1 + 255 */
#define COPY_SIZE 512

struct entry {
	UT_hash_handle hh;
	size_t length;
	char text[];
};

struct pattern_list {
	struct entry *names;   /* whole values, @domain, user@; "" is <> */
	struct entry *domains; /* .domain, without its dot */
	struct entry *globs;
};

struct pattern_list *pattern_list_new(void)
{
	return alloc_zero(sizeof(struct pattern_list));
}

static void free_table(struct entry **table)
{
	struct entry *entry = *table;

	HASH_CLEAR(hh, *table); /* the entries keep their order */
	while (entry != NULL) {
		struct entry *next = entry->hh.next;

		free(entry);
		entry = next;
	}
}

void pattern_list_free(struct pattern_list **list)
{
	if (*list == NULL)
		return;
	free_table(&(*list)->names);
	free_table(&(*list)->domains);
	free_table(&(*list)->globs);
	free(*list);
	*list = NULL;
}

static bool is_in(const struct entry *table, const char *text, size_t length)
{
	struct entry *found = NULL;

	if (table != NULL && length <= ENTRY_MAX)
		HASH_FIND(hh, table, text, length, found);
	return found != NULL;
}

static void add(struct entry **table, const char *text, size_t length)
{
	struct entry *entry;

	if (is_in(*table, text, length))
		return;
	entry = alloc_zero(sizeof(*entry) + length + 1);
	entry->length = length;
	memcpy(entry->text, text, length);
	HASH_ADD_KEYPTR(hh, *table, entry->text, entry->length, entry);
}

/* "[192.0.2.1]", also behind an '@': brackets that open no glob. */
static bool is_literal(const char *entry)
{
	const char *bracket = strchr(entry, '[');
	struct network_address address;

	return bracket != NULL && (bracket == entry || bracket[-1] == '@') &&
	       strcspn(entry, "*?") >= (size_t)(bracket - entry) &&
	       network_parse(bracket, &address);
}

static bool is_glob(const char *entry)
{
	return strpbrk(entry, "*?[") != NULL && !is_literal(entry);
}

/* Behind the ']' of the set that starts at p, or NULL (glob(7)). */
static const char *skip_set(const char *p)
{
	p++;
	if (*p == '!' || *p == '^')
		p++;
	if (*p == ']')
		p++;
	for (; *p != ']'; p++) {
		if (p[0] == '[' && p[1] != '\0' &&
		    strchr(":.=", p[1]) != NULL) {
			const char close[] = { p[1], ']', '\0' };

			p = strstr(p + 2, close);
			if (p == NULL)
				return NULL;
			p++;
		} else if (*p == '\\' && p[1] != '\0') {
			p++;
		}
		if (*p == '\0')
			return NULL;
	}
	return p + 1;
}

/* What is wrong with a glob; NULL if nothing is. */
static const char *check_glob(const char *glob)
{
	while (*glob != '\0') {
		if (glob[0] == '\\' && glob[1] == '\0')
			return "is a glob that ends in a lone '\\'";
		if (*glob == '[') {
			glob = skip_set(glob);
			if (glob == NULL)
				return "is a glob with an unclosed '['";
		} else {
			glob += *glob == '\\' ? 2 : 1;
		}
	}
	return NULL;
}

static const char *check(const char *entry)
{
	if (entry[0] == '\0')
		return "is empty";
	if (strlen(entry) > ENTRY_MAX)
		return "is longer than 320 bytes";
	if (letter_has_control(entry))
		return "has control bytes";
	return is_glob(entry) ? check_glob(entry) : NULL;
}

bool pattern_list_add(struct pattern_list *list, const char *entry,
		      const char **reason_r)
{
	const char *reason = check(entry);

	if (reason != NULL) {
		*reason_r = reason;
		return false;
	}
	if (strcmp(entry, "<>") == 0)
		add(&list->names, "", 0);
	else if (is_glob(entry))
		add(&list->globs, entry, strlen(entry));
	else if (entry[0] == '.')
		add(&list->domains, entry + 1, strlen(entry + 1));
	else
		add(&list->names, entry, strlen(entry));
	return true;
}

size_t pattern_list_count(const struct pattern_list *list)
{
	return HASH_COUNT(list->names) + HASH_COUNT(list->domains) +
	       HASH_COUNT(list->globs);
}

static bool name_matches(const struct pattern_list *list, const char *value,
			 size_t length)
{
	size_t domain_length;
	const char *domain = address_domain(value, length, &domain_length);
	size_t local_length = (size_t)(domain - value); /* with its '@' */

	if (is_in(list->names, value, length))
		return true;
	if (local_length == 0 || domain[-1] != '@')
		return false;
	return is_in(list->names, domain - 1, domain_length + 1) ||
	       is_in(list->names, value, local_length);
}

/* The domain of value, or all of it, and then without label after label. */
static bool domain_matches(const struct pattern_list *list, const char *value,
			   size_t length)
{
	size_t domain_length;
	const char *domain = address_domain(value, length, &domain_length);
	const char *end = value + length;

	if (domain == end && (length == 0 || domain[-1] != '@'))
		domain = value;
	if (end - domain > ENTRY_MAX)
		domain = end - ENTRY_MAX;
	while (domain != NULL) {
		if (is_in(list->domains, domain, (size_t)(end - domain)))
			return true;
		domain = memchr(domain, '.', (size_t)(end - domain));
		if (domain != NULL)
			domain++;
	}
	return false;
}

static bool glob_matches(const struct pattern_list *list, const char *value,
			 size_t length)
{
	char buffer[COPY_SIZE];
	char *copy = buffer;
	const struct entry *glob = list->globs;

	if (glob == NULL || memchr(value, '\0', length) != NULL)
		return false;
	if (length >= sizeof(buffer))
		copy = alloc_zero(length + 1);
	memcpy(copy, value, length);
	copy[length] = '\0';
	while (glob != NULL && fnmatch(glob->text, copy, 0) != 0)
		glob = glob->hh.next;
	if (copy != buffer)
		free(copy);
	return glob != NULL;
}

bool pattern_list_matches(const struct pattern_list *list, const char *value,
			  size_t length)
{
	return (list->names != NULL && name_matches(list, value, length)) ||
	       (list->domains != NULL && domain_matches(list, value, length)) ||
	       glob_matches(list, value, length);
}

/* The entry as it is in one table, and the values that it matches. */
static bool is_name_within(const struct entry *name,
			   const struct pattern_list *outer)
{
	if (is_in(outer->names, name->text, name->length))
		return true;
	/* "user@": any domain may follow, also where the user is empty. */
	if (name->length != 0 && name->text[name->length - 1] == '@')
		return false;
	if (name->length != 0 && name->text[0] == '@')
		return outer->domains != NULL &&
		       domain_matches(outer, name->text, name->length);
	return pattern_list_matches(outer, name->text, name->length);
}

/* In a name without '@' domain_matches looks at all of it. */
static bool is_domain_within(const struct entry *domain,
			     const struct pattern_list *outer)
{
	return outer->domains != NULL &&
	       memchr(domain->text, '@', domain->length) == NULL &&
	       domain_matches(outer, domain->text, domain->length);
}

bool pattern_list_takes_all(const struct pattern_list *list)
{
	return is_in(list->globs, "*", 1);
}

bool pattern_list_is_within(const struct pattern_list *inner,
			    const struct pattern_list *outer)
{
	const struct entry *entry;

	if (pattern_list_takes_all(outer))
		return true;
	for (entry = inner->names; entry != NULL; entry = entry->hh.next)
		if (!is_name_within(entry, outer))
			return false;
	for (entry = inner->domains; entry != NULL; entry = entry->hh.next)
		if (!is_domain_within(entry, outer))
			return false;
	for (entry = inner->globs; entry != NULL; entry = entry->hh.next)
		if (!is_in(outer->globs, entry->text, entry->length))
			return false;
	return true;
}
