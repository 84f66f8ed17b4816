/* SPDX-License-Identifier: ISC */
/*
 * A table of what makes an entry impossible, the plainest first: each row has
 * the kinds that it is asked for, the question, and the hint.
 */
#include "form.h"

#include <string.h>
#include <strings.h>

#include "lib/base/address.h"
#include "lib/base/letter.h"
#include "lib/base/network.h"
#include "lib/base/text.h"

#define FORM_ANY \
	(FORM_ADDRESS | FORM_LOGIN | FORM_HELO | FORM_LISTENER | FORM_NETWORK)
#define FORM_NAME  (FORM_ADDRESS | FORM_LOGIN)
#define GLOB_BYTES "*?["

struct form {
	const struct address_rules *rules;
	const char *entry, *end;
	const char *at;	    /* the last '@' outside quotes and sets, or NULL */
	const char *domain; /* behind it, or NULL */
	bool is_glob;
};

/* walking */

/* Behind the quoted string or the set that starts at p; p + 1 else. */
static const char *step(const char *p)
{
	const char *start = p;

	if (*p == '"') {
		for (p++; *p != '\0' && *p != '"'; p++)
			if (*p == '\\' && p[1] != '\0')
				p++;
		return *p == '"' ? p + 1 : start + 1;
	}
	if (*p == '[') {
		p++;
		if (*p == '!' || *p == '^')
			p++;
		if (*p == ']')
			p++;
		while (*p != '\0' && *p != ']')
			p += p[0] == '\\' && p[1] != '\0' ? 2 : 1;
		return *p == ']' ? p + 1 : start + 1;
	}
	return *p == '\\' && p[1] != '\0' ? p + 2 : p + 1;
}

/* The first byte of bytes in [p, end), outside quotes and sets, or NULL. */
static const char *find_bare(const char *p, const char *end, const char *bytes)
{
	for (; p < end; p = step(p))
		if (strchr(bytes, *p) != NULL)
			return p;
	return NULL;
}

static bool starts_with(const char *entry, const char *word)
{
	return strncasecmp(entry, word, strlen(word)) == 0;
}

bool form_has_literal(const char *entry)
{
	const char *bracket = entry[0] == '[' ? entry : strstr(entry, "@[");

	if (bracket == NULL)
		return false;
	bracket += *bracket == '@';
	return strpbrk(bracket, ".:") != NULL &&
	       step(bracket) == entry + strlen(entry);
}

/* questions about any entry */

static bool is_no_utf8(const struct form *form)
{
	const char *p = form->entry;
	size_t length;

	while (p < form->end &&
	       (length = text_utf8_length(p, (size_t)(form->end - p))) > 0)
		p += length;
	return p < form->end;
}

/* U+0080 to U+00A9, U+00AB to U+00B4, U+00B6 to U+00B9, U+00BB to U+00BF. */
static bool is_latin_sign(const char *p)
{
	return (unsigned char)p[0] == 0xc2 &&
	       strchr("\xaa\xb5\xba", p[1]) == NULL;
}

/* Blanks and marks of the Unicode blocks that people paste from: U+2000 to
 * U+207F, the ideographic space, the byte order mark. */
static bool is_sign(const char *p)
{
	return is_latin_sign(p) || strncmp(p, "\xe2\x80", 2) == 0 ||
	       strncmp(p, "\xe2\x81", 2) == 0 ||
	       strncmp(p, "\xe3\x80\x80", 3) == 0 ||
	       strncmp(p, "\xef\xbb\xbf", 3) == 0;
}

static bool has_sign(const struct form *form)
{
	for (const char *p = form->entry; p < form->end; p++)
		if (is_sign(p))
			return true;
	return false;
}

/* "hash:/etc/postfix/access", "cidr:/...", "file:..." */
static bool is_table(const struct form *form)
{
	size_t letters = strspn(form->entry, "abcdefghijklmnopqrstuvwxyz_");

	return letters > 1 && form->entry[letters] == ':' &&
	       ((form->entry[letters + 1] == '/' &&
		 form->entry[letters + 2] != '/') ||
		starts_with(form->entry, "file:"));
}

/* "/^kim@/", "!/kim/", "/kim/i": but not an X.400 address or a DN. */
static bool is_regex(const struct form *form)
{
	const char *start = form->entry + (form->entry[0] == '!');
	const char *last = strrchr(start, '/');

	if (start[0] == '^' || strstr(start, ".*@") == start)
		return true;
	if (start[0] != '/' || last == start)
		return false;
	return strspn(last + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
				"UVWXYZ") == strlen(last + 1);
}

/* The name in a client's certificate: "/C=DE/O=A, B/CN=kim" */
static bool is_distinguished_name(const struct form *form)
{
	return form->entry[0] == '/' && strchr(form->entry, '=') != NULL;
}

static bool has_separator(const struct form *form)
{
	return find_bare(form->entry, form->end, ",;") != NULL &&
	       !is_distinguished_name(form);
}

static bool is_negated(const struct form *form)
{
	return form->entry[0] == '!';
}

/* Quotes that are not those of a local part, "kim lee"@example.com. */
static bool has_quotes(const struct form *form)
{
	const char *p = form->entry;

	if (*p == '"' && form->at != NULL && step(p) == form->at)
		p = form->at;
	return strchr(p, '"') != NULL ||
	       ((*p == '\'' || *p == '`') && form->end[-1] == *p);
}

static bool has_brackets(const struct form *form)
{
	return find_bare(form->entry, form->end, "<>") != NULL &&
	       strcmp(form->entry, "<>") != 0;
}

static bool is_null_address(const struct form *form)
{
	return strcmp(form->entry, "<>") == 0;
}

/* "mailto:", "kim:x:1000:", "sender:kim@example.com" */
static bool has_colon(const struct form *form)
{
	return find_bare(form->entry, form->end, ":") != NULL &&
	       !is_distinguished_name(form) && !form_has_literal(form->entry);
}

static bool has_two_ats(const struct form *form)
{
	return form->at != NULL &&
	       find_bare(form->entry, form->at, "@") != NULL;
}

/* globs */

static bool starts_at_domain(const struct form *form)
{
	return form->is_glob &&
	       (form->entry[0] == '@' || form->entry[0] == '.');
}

static bool ends_in_at(const struct form *form)
{
	return form->is_glob && form->end[-1] == '@';
}

/* In "*+*" the local part ends nowhere; a domain has no such byte. */
static bool has_tag(const struct form *form)
{
	const char *end = form->at != NULL ? form->at : form->end, *tag;

	if (!form->is_glob || form->rules->tag[0] == '\0' ||
	    form->entry[0] == '\0' || form->entry[0] == '"')
		return false;
	tag = find_bare(step(form->entry), end, form->rules->tag);
	return tag != NULL &&
	       (form->at != NULL || !letter_is(*tag, LETTER_HOST)) &&
	       strchr(GLOB_BYTES, *tag) == NULL;
}

static bool has_wrapping(const struct form *form)
{
	const struct address_rules *rules = form->rules;
	const char *entry = form->entry;

	return form->is_glob &&
	       ((rules->batv && (starts_with(entry, "prvs=") ||
				 starts_with(entry, "msprvs1="))) ||
		(rules->srs &&
		 (starts_with(entry, "srs0") || starts_with(entry, "srs1")) &&
		 strchr("=+-", entry[4]) != NULL));
}

/* "kim"@* : quotes that an identity does not keep. */
static bool has_needless_quotes(const struct form *form)
{
	return form->is_glob && form->rules->quotes && form->at != NULL &&
	       form->entry[0] == '"' && form->at - form->entry > 2 &&
	       letter_all(form->entry + 1, (size_t)(form->at - form->entry) - 2,
			  LETTER_ATOM) &&
	       find_bare(form->entry + 1, form->at - 1, GLOB_BYTES) == NULL;
}

/* names of hosts */

/* One label of a host name, or a piece of a glob. */
static bool is_host_text(const char *p, const char *end, bool is_glob)
{
	const char *more = is_glob ? "*?[\\" : "";

	for (; p < end; p = step(p))
		if (!letter_is(*p, LETTER_HOST) && strchr(more, *p) == NULL)
			return false;
	return true;
}

/* No label is empty, but there may be a final dot. */
static bool is_host(const struct form *form, const char *host)
{
	const char *end = form->end;

	return host < end && *host != '.' &&
	       is_host_text(host, end, form->is_glob) &&
	       memmem(host, (size_t)(end - host), "..", 2) == NULL;
}

/* An A-label cannot be made of a glob's half. */
static bool has_mixed_label(const struct form *form)
{
	const char *label = form->domain != NULL ? form->domain : form->entry;

	if (!form->is_glob || !form->rules->alabel ||
	    form_has_literal(form->entry))
		return false;
	while (label < form->end) {
		const char *dot = memchr(label, '.',
					 (size_t)(form->end - label));
		size_t length = (size_t)((dot != NULL ? dot : form->end) -
					 label);

		if (letter_any(label, length, LETTER_HIGH) &&
		    find_bare(label, label + length, GLOB_BYTES) != NULL)
			return true;
		label += length + 1;
	}
	return false;
}

static bool has_mixed_domain(const struct form *form)
{
	return form->domain != NULL && has_mixed_label(form);
}

/* "*.b\xc3\xbccher.example": which part would be the domain? */
static bool has_domain_unknown(const struct form *form)
{
	return form->is_glob && form->at == NULL && form->rules->alabel &&
	       strchr(form->entry, '.') != NULL &&
	       letter_any(form->entry, (size_t)(form->end - form->entry),
			  LETTER_HIGH);
}

static bool has_dot_behind_at(const struct form *form)
{
	return form->entry[0] == '@' && form->entry[1] == '.';
}

static bool is_no_domain(const struct form *form)
{
	if (form->entry[0] == '.')
		return !is_host(form, form->entry + 1);
	return form->domain != NULL && form->domain < form->end &&
	       !form_has_literal(form->entry) && !is_host(form, form->domain);
}

static bool is_local_byte(const char *p)
{
	return letter_is(*p, LETTER_ATOM) || *p == '[' || *p == '\\';
}

/* Also "@" alone. */
static bool is_no_local(const struct form *form)
{
	const char *end = form->at != NULL ? form->at : form->end;
	const char *p = form->entry;

	if (is_null_address(form))
		return false;
	if (p == end)
		return form->domain == form->end;
	if (*p == '"')
		return form->at == NULL;
	for (; p < end; p = step(p))
		if (!is_local_byte(p) || (*p == '\\' && !form->is_glob))
			return true;
	return false;
}

static bool is_no_helo(const struct form *form)
{
	const char *entry = form->entry;

	struct network_address address;

	return !form_has_literal(entry) && !network_parse(entry, &address) &&
	       !is_host(form, entry + (entry[0] == '.'));
}

static bool is_socket(const struct form *form)
{
	return strpbrk(form->entry, ":/") != NULL;
}

static const struct {
	unsigned int kinds;
	bool (*is_so)(const struct form *form);
	const char *hint;
} rows[] = {
	{ FORM_ANY, is_no_utf8, "in UTF-8, which this is not" },
	{ FORM_ANY, has_sign,
	  "without typographic quotes and invisible characters: type it "
	  "again" },
	{ FORM_ANY, is_table,
	  "\"file:PATH\", in the settings only, names a file with one entry a "
	  "line; tables of an MTA are not looked up" },
	{ FORM_ANY, is_regex,
	  "regular expressions are not known; a glob is, such as "
	  "*-bounces@*" },
	{ FORM_ANY, has_separator,
	  "each entry on its own: [ \"a\", \"b\" ], in a file one a line, "
	  "without a comma" },
	{ FORM_ANY, is_negated,
	  "without \"!\": what is to be left out goes into the list of the "
	  "same name with not_ before it" },
	{ FORM_RECIPIENT, is_null_address, "no recipient is <>" },
	{ FORM_ANY, has_quotes, "without quotes" },
	{ FORM_ANY, has_brackets, "the address alone, without < and >" },
	{ FORM_NAME, has_colon, "without the colon and what goes with it" },
	{ FORM_ADDRESS, has_two_ats,
	  "one \"@\" only; is there a comma missing between two?" },
	{ FORM_NAME, has_dot_behind_at,
	  "write .example.com for a domain with its subdomains" },
	{ FORM_NAME, starts_at_domain,
	  "a pattern is compared with all of it: write *@*.example.com" },
	{ FORM_HELO, starts_at_domain,
	  "a pattern is compared with all of it: write *.example.*" },
	{ FORM_NAME, ends_in_at,
	  "a pattern is compared with all of it: write kim*@*" },
	{ FORM_ADDRESS, has_tag,
	  "without a tag: identity.tag cuts it off before addresses are "
	  "compared" },
	{ FORM_ADDRESS, has_wrapping,
	  "the address within: identity takes such a prefix off before "
	  "addresses are compared" },
	{ FORM_ADDRESS, has_needless_quotes,
	  "without quotes: identity takes them off before addresses are "
	  "compared" },
	{ FORM_ADDRESS, has_mixed_domain,
	  "a pattern with whole labels, or with xn--, in its domain" },
	{ FORM_ADDRESS, has_domain_unknown,
	  "with an \"@\", to tell which part is the domain: write *@*.example.com" },
	{ FORM_HELO, has_mixed_label,
	  "a pattern with whole labels, or with xn--" },
	{ FORM_NAME, is_no_domain, "what is behind \"@\" is no domain" },
	{ FORM_ADDRESS, is_no_local, "what is before \"@\" is no local part" },
	{ FORM_HELO, is_no_helo, "this is no host name" },
	{ FORM_LISTENER, is_socket,
	  "this is an address; Postfix has the name from "
	  "milter_macro_daemon_name, Sendmail from Name= of the daemon" },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static const char *find_at(const char *p, const char *end)
{
	const char *at = NULL;

	while ((p = find_bare(p, end, "@")) != NULL)
		at = p++;
	return at;
}

const char *form_fault(enum form_kind kind, const struct address_rules *rules,
		       const char *entry)
{
	struct form form = { .rules = rules,
			     .entry = entry,
			     .end = entry + strlen(entry) };

	if (entry[0] == '\0')
		return "not an empty text";
	form.at = find_at(entry, form.end);
	form.domain = form.at != NULL ? form.at + 1 : NULL;
	form.is_glob = strpbrk(entry, GLOB_BYTES) != NULL;
	for (size_t i = 0; i < ROW_COUNT; i++)
		if ((rows[i].kinds & kind) != 0 && rows[i].is_so(&form))
			return rows[i].hint;
	return NULL;
}
