/* SPDX-License-Identifier: ISC */

/*
 * Each kind of wrapping is a row with a function that takes fields off the
 * front of a text until it knows, or gives up.
 */
#include <string.h>
#include <strings.h>

#include "address.h"
#include "letter.h"
#include "wrapper.h"

#define DIGITS	"0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

#define BATV_TAG_LENGTH 10 /* K, DDD and SSSSSS */
#define MARK_MAX	64 /* of a hash or a tag; the real ones are shorter */

static bool has_only(struct wrapper_text text, const char *letters)
{
	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] == '\0' ||
		    strchr(letters, text.data[i]) == NULL)
			return false;
	return true;
}

static struct wrapper_text skip(struct wrapper_text text, size_t length)
{
	return (struct wrapper_text){ text.data + length,
				      text.length - length };
}

/* Takes prefix, in any case, off the front of *text. */
static bool take(struct wrapper_text *text, const char *prefix)
{
	size_t length = strlen(prefix);

	if (text->length < length ||
	    strncasecmp(text->data, prefix, length) != 0)
		return false;
	*text = skip(*text, length);
	return true;
}

/* Takes all up to and with the next '=' off the front of *text. */
static bool take_field(struct wrapper_text *text, struct wrapper_text *field_r)
{
	const char *end = memchr(text->data, '=', text->length);

	if (end == NULL)
		return false;
	*field_r = (struct wrapper_text){ text->data,
					  (size_t)(end - text->data) };
	*text = skip(*text, field_r->length + 1);
	return true;
}

static bool take_separator(struct wrapper_text *text)
{
	return take(text, "=") || take(text, "+") || take(text, "-");
}

static bool is_host(struct wrapper_text text)
{
	return text.length > 0 && text.data[0] != '.' &&
	       text.data[text.length - 1] != '.' &&
	       letter_all(text.data, text.length, LETTER_HOST);
}

static bool is_mark(struct wrapper_text text)
{
	return text.length > 0 && text.length <= MARK_MAX &&
	       has_only(text, DIGITS LETTERS "+/-_");
}

/* K (key number), DDD (day), SSSSSS (three bytes of a hash). */
static bool is_batv_tag(struct wrapper_text tag)
{
	struct wrapper_text number = { tag.data, 4 };

	return tag.length == BATV_TAG_LENGTH && has_only(number, DIGITS) &&
	       has_only(skip(tag, 4), DIGITS "abcdefABCDEF");
}

static bool open_prvs(struct wrapper_text text, struct wrapper_inner *inner_r)
{
	struct wrapper_text tag;

	if (!take(&text, "prvs=") || !take_field(&text, &tag) ||
	    !is_batv_tag(tag))
		return false;
	inner_r->local = text;
	return true;
}

static bool open_old_prvs(struct wrapper_text text,
			  struct wrapper_inner *inner_r)
{
	size_t length;

	if (!take(&text, "prvs=") || text.length < BATV_TAG_LENGTH + 2)
		return false;
	length = text.length - BATV_TAG_LENGTH - 1;
	if (text.data[length] != '/' || !is_batv_tag(skip(text, length + 1)))
		return false;
	inner_r->local = (struct wrapper_text){ text.data, length };
	return true;
}

static bool open_msprvs(struct wrapper_text text, struct wrapper_inner *inner_r)
{
	struct wrapper_text tag;

	if (!take(&text, "msprvs1=") || !take_field(&text, &tag) ||
	    !is_mark(tag))
		return false;
	inner_r->local = text;
	return true;
}

/* Splits *text at the first mark: what is before it, and what is behind. */
static bool split(struct wrapper_text *text, const char *mark,
		  struct wrapper_text *before_r)
{
	const char *at = memmem(text->data, text->length, mark, strlen(mark));

	if (at == NULL)
		return false;
	*before_r = (struct wrapper_text){ text->data,
					   (size_t)(at - text->data) };
	*text = skip(*text, before_r->length + strlen(mark));
	return true;
}

static bool open_btv1(struct wrapper_text text, struct wrapper_inner *inner_r)
{
	struct wrapper_text tag;

	if (!take(&text, "btv1==") || !split(&text, "==", &tag) ||
	    !is_mark(tag))
		return false;
	inner_r->local = text;
	return true;
}

/* HHH=TT=domain=local: hash, day in two letters of base 32. */
static bool open_srs_body(struct wrapper_text text,
			  struct wrapper_inner *inner_r)
{
	struct wrapper_text hash, day, domain;

	if (!take_field(&text, &hash) || !is_mark(hash) ||
	    !take_field(&text, &day) || day.length != 2 ||
	    !has_only(day, LETTERS "234567") || !take_field(&text, &domain) ||
	    !is_host(domain))
		return false;
	inner_r->local = text;
	inner_r->domain = domain;
	return true;
}

static bool open_srs0(struct wrapper_text text, struct wrapper_inner *inner_r)
{
	return take(&text, "SRS0") && take_separator(&text) &&
	       open_srs_body(text, inner_r);
}

/* After the first forwarder comes its SRS0 without these four letters. */
static bool open_srs1(struct wrapper_text text, struct wrapper_inner *inner_r)
{
	struct wrapper_text hash, via;

	return take(&text, "SRS1") && take_separator(&text) &&
	       take_field(&text, &hash) && is_mark(hash) &&
	       take_field(&text, &via) && is_host(via) &&
	       take_separator(&text) && open_srs_body(text, inner_r);
}

static bool is_domain(struct wrapper_text text)
{
	return is_host(text) && memchr(text.data, '.', text.length) != NULL;
}

/* PREFIX+user==a==domain==LIST, and perhaps ==N */
static bool open_sympa(struct wrapper_text text, struct wrapper_inner *inner_r)
{
	struct wrapper_text prefix, user, domain, list;

	if (!split(&text, "+", &prefix) || prefix.length == 0 ||
	    !(split(&text, "==a==", &user) || split(&text, "==A==", &user)) ||
	    user.length == 0 || !split(&text, "==", &domain) ||
	    !is_domain(domain))
		return false;
	inner_r->local = split(&text, "==", &list) ? list : text;
	return true;
}

/* bounces+ACCOUNT-XXXX-user=domain. With a '-' for the '+', which would begin a
 * tag: then all accounts would be one. */
static bool open_sendgrid(struct wrapper_text text,
			  struct wrapper_inner *inner_r)
{
	struct wrapper_text account, mark, user;

	if (!take(&text, "bounces+") || !split(&text, "-", &account) ||
	    account.length == 0 || !has_only(account, DIGITS) ||
	    !split(&text, "-", &mark) || mark.length != 4 ||
	    !has_only(mark, DIGITS "abcdefABCDEF") ||
	    !take_field(&text, &user) || user.length == 0 || !is_domain(text))
		return false;
	inner_r->local = account;
	inner_r->prefix = "bounces-";
	return true;
}

/* bounce-mc.us1_ACCOUNT.CAMPAIGN-user=domain */
static bool open_mailchimp(struct wrapper_text text,
			   struct wrapper_inner *inner_r)
{
	const char *start = text.data;
	struct wrapper_text data_center, account, campaign, user;

	if (!take(&text, "bounce-mc.") || !split(&text, "_", &data_center) ||
	    !is_mark(data_center) || !split(&text, ".", &account) ||
	    !is_mark(account) || !split(&text, "-", &campaign) ||
	    !is_mark(campaign) || !take_field(&text, &user) ||
	    user.length == 0 || !is_domain(text))
		return false;
	inner_r->local = (struct wrapper_text){
		start, (size_t)(account.data + account.length - start)
	};
	return true;
}

/* LIST*user**domain */
static bool open_listserv(struct wrapper_text text,
			  struct wrapper_inner *inner_r)
{
	struct wrapper_text list, user;

	if (!split(&text, "*", &list) || !split(&text, "**", &user) ||
	    user.length == 0 || !is_domain(text))
		return false;
	inner_r->local = list;
	return true;
}

/* Where "-warn-" or "-probe-" of ezmlm, with its cookie, ends the name of the
 * list; NULL if it does not. */
static const char *find_notice(struct wrapper_text text)
{
	static const char *const notices[] = { "-warn-", "-probe-" };

	for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++) {
		struct wrapper_text rest = text, list, cookie;

		if (split(&rest, notices[i], &list) &&
		    split(&rest, "-", &cookie) && cookie.length != 0 &&
		    rest.length != 0)
			return list.data + list.length;
	}
	return NULL;
}

/* Where "-123-" ends in text, at its second '-'; NULL if it has none. */
static const char *find_number(struct wrapper_text text)
{
	const char *end = text.data + text.length;
	const char *start = memchr(text.data, '-', text.length);

	while (start != NULL) {
		const char *p = start + 1;

		while (p < end && *p >= '0' && *p <= '9')
			p++;
		if (p < end && *p == '-' && p > start + 1)
			return p;
		start = memchr(p, '-', (size_t)(end - p));
	}
	return NULL;
}

/*
 * The end of the list's name. A '+' is only used by VERP; a '-' may be in
 * the names of list and user as well, then a number between them decides,
 * and without one the name of the list is assumed to be the one with more.
 */
static const char *find_delimiter(struct wrapper_text text)
{
	const char *delimiter = memchr(text.data, '+', text.length);

	if (delimiter == NULL)
		delimiter = find_notice(text);
	if (delimiter == NULL)
		delimiter = find_number(text);
	if (delimiter == NULL)
		delimiter = memrchr(text.data, '-', text.length);
	return delimiter;
}

/* Without "-123" at the end, if something is before it. */
static size_t without_number(struct wrapper_text text)
{
	size_t length = text.length;

	while (length > 0 && text.data[length - 1] >= '0' &&
	       text.data[length - 1] <= '9')
		length--;
	if (length == text.length || length < 2 || text.data[length - 1] != '-')
		return text.length;
	return length - 1;
}

/* A second '=' would be that of another wrapping, not ours to open. */
static bool open_verp(struct wrapper_text text, struct wrapper_inner *inner_r)
{
	struct wrapper_text list, domain = text;
	const char *delimiter;

	if (!take_field(&domain, &text) || !is_domain(domain))
		return false;
	delimiter = find_delimiter(text);
	if (delimiter == NULL || delimiter == text.data ||
	    delimiter + 1 == text.data + text.length)
		return false;
	list = (struct wrapper_text){ text.data,
				      (size_t)(delimiter - text.data) };
	list.length = without_number(list);
	inner_r->local = list;
	return true;
}

/* The outer kinds first: VERP would find its '=' in the others as well. */
static const struct {
	size_t rule; /* where in struct address_rules the bool is */
	bool (*open)(struct wrapper_text text, struct wrapper_inner *inner_r);
} kinds[] = {
	{ offsetof(struct address_rules, batv), open_prvs },
	{ offsetof(struct address_rules, batv), open_old_prvs },
	{ offsetof(struct address_rules, batv), open_msprvs },
	{ offsetof(struct address_rules, batv), open_btv1 },
	{ offsetof(struct address_rules, srs), open_srs0 },
	{ offsetof(struct address_rules, srs), open_srs1 },
	{ offsetof(struct address_rules, verp), open_sympa },
	{ offsetof(struct address_rules, verp), open_sendgrid },
	{ offsetof(struct address_rules, verp), open_mailchimp },
	{ offsetof(struct address_rules, verp), open_listserv },
	{ offsetof(struct address_rules, verp), open_verp },
};

bool wrapper_open(const struct address_rules *rules, struct wrapper_text local,
		  struct wrapper_inner *inner_r)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *rule = (const char *)rules + kinds[i].rule;

		*inner_r = (struct wrapper_inner){ .prefix = "" };
		if (*(const bool *)rule && kinds[i].open(local, inner_r) &&
		    inner_r->local.length > 0)
			return true;
	}
	return false;
}
