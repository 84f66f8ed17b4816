/* SPDX-License-Identifier: ISC */
/*
 * A limit is plain data; what is here are its words: names in both
 * directions, and the sentence that tells an operator what it does.
 */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "template.h"

#define SENTENCE_SIZE 1024

static const char *const dimension_names[DIMENSION_COUNT] = {
	[DIMENSION_SENDER] = "sender",
	[DIMENSION_SENDER_DOMAIN] = "sender_domain",
	[DIMENSION_RECIPIENT] = "recipient",
	[DIMENSION_RECIPIENT_DOMAIN] = "recipient_domain",
	[DIMENSION_CLIENT] = "client",
	[DIMENSION_AUTH] = "auth",
	[DIMENSION_HELO] = "helo",
};

/* The same with their articles, for sentences. */
static const char *const dimension_words[DIMENSION_COUNT] = {
	[DIMENSION_SENDER] = "a sender",
	[DIMENSION_SENDER_DOMAIN] = "a sender domain",
	[DIMENSION_RECIPIENT] = "a recipient",
	[DIMENSION_RECIPIENT_DOMAIN] = "a recipient domain",
	[DIMENSION_CLIENT] = "a client",
	[DIMENSION_AUTH] = "a login",
	[DIMENSION_HELO] = "a HELO name",
};

const char *const limit_unit_names[] = { [LIMIT_MESSAGES] = "messages",
					 [LIMIT_RECIPIENTS] = "recipients",
					 [LIMIT_BYTES] = "bytes",
					 NULL };

const char *const limit_count_names[] = { [LIMIT_COUNT_ACCEPTED] = "accepted",
					  [LIMIT_COUNT_ATTEMPTS] = "attempts",
					  NULL };

static bool find_dimension(const char *name, size_t length,
			   unsigned int *dimension_r)
{
	for (unsigned int i = 0; i < DIMENSION_COUNT; i++)
		if (strlen(dimension_names[i]) == length &&
		    memcmp(dimension_names[i], name, length) == 0) {
			*dimension_r = i;
			return true;
		}
	return false;
}

bool limit_parse_key(const char *text, unsigned int *key_r)
{
	unsigned int key = 0;

	if (strcmp(text, "all") == 0) {
		*key_r = 0;
		return true;
	}
	for (;;) {
		size_t length = strcspn(text, "+");
		unsigned int dimension;

		if (!find_dimension(text, length, &dimension) ||
		    (key & LIMIT_KEY_OF(dimension)) != 0)
			return false;
		key |= LIMIT_KEY_OF(dimension);
		if (text[length] == '\0')
			break;
		text += length + 1;
	}
	*key_r = key;
	return true;
}

const char *limit_format_key(unsigned int key, char buffer[LIMIT_KEY_TEXT_SIZE])
{
	struct text text;

	text_init(&text, buffer, LIMIT_KEY_TEXT_SIZE);
	for (unsigned int i = 0; i < DIMENSION_COUNT; i++) {
		if ((key & LIMIT_KEY_OF(i)) == 0)
			continue;
		if (text.length > 0)
			text_add_string(&text, "+");
		text_add_string(&text, dimension_names[i]);
	}
	if (text.length == 0)
		text_add_string(&text, "all");
	return buffer;
}

const char *limit_unit_name(enum limit_unit unit)
{
	return limit_unit_names[unit];
}

const char *limit_count_name(enum limit_count count)
{
	return limit_count_names[count];
}

bool limit_is_ceiling(const struct limit *limit)
{
	return limit->per_ms == 0;
}

const char *limit_format_per(const struct limit *limit, char *buffer)
{
	return limit_is_ceiling(limit)
		       ? "one message"
		       : units_format_span(limit->per_ms, buffer);
}

bool match_has_recipient(const struct match *match)
{
	return match->in.recipient != NULL || match->out.recipient != NULL;
}

bool match_has_helo(const struct match *match)
{
	return match->in.helo != NULL || match->out.helo != NULL;
}

void limit_clear(struct limit *limit)
{
	free(limit->name);
	free(limit->file);
	match_clear(&limit->match);
	template_free(&limit->reply);
	memset(limit, 0, sizeof(*limit));
}

struct match limit_effective_match(const struct limit *limit)
{
	struct match match = limit->match;

	if ((limit->key & LIMIT_KEY_OF(DIMENSION_AUTH)) != 0 &&
	    match.authenticated == MATCH_ANY)
		match.authenticated = MATCH_YES;
	return match;
}

/* Adds the words of a set: "a sender, a client and a login". */
static unsigned int add_dimensions(struct text *text, unsigned int key)
{
	unsigned int left = 0, count = 0;

	for (unsigned int i = 0; i < DIMENSION_COUNT; i++)
		left += (key >> i) & 1;
	for (unsigned int i = 0; i < DIMENSION_COUNT; i++) {
		if ((key & LIMIT_KEY_OF(i)) == 0)
			continue;
		if (count > 0)
			text_add_string(text, left == 1 ? " and " : ", ");
		text_add_string(text, dimension_words[i]);
		count++;
		left--;
	}
	return count;
}

/* "what a sender sends to a recipient", "what a recipient gets". */
static void add_subject(struct text *text, unsigned int key)
{
	unsigned int from = key & ~LIMIT_KEY_RECIPIENTS;
	unsigned int to = key & LIMIT_KEY_RECIPIENTS;
	unsigned int count;

	if (key == 0) {
		text_add_string(text, "all mail");
		return;
	}
	text_add_string(text, "what ");
	count = add_dimensions(text, from != 0 ? from : to);
	if (from == 0) {
		text_add_string(text, count > 1 ? " together get" : " gets");
		return;
	}
	text_add_string(text, count > 1 ? " together send" : " sends");
	if (to != 0) {
		text_add_string(text, " to ");
		add_dimensions(text, to);
	}
}

static void add_amount(struct text *text, const struct limit *limit)
{
	static const char *const singular[] = {
		[LIMIT_MESSAGES] = "message",
		[LIMIT_RECIPIENTS] = "recipient",
		[LIMIT_BYTES] = "byte",
	};
	char size[UNITS_TEXT_SIZE];

	if (limit->unit == LIMIT_BYTES)
		text_add_string(text, units_format_size(limit->max, size));
	else
		text_add_format(text, "%llu %s", (unsigned long long)limit->max,
				limit->max == 1
					? singular[limit->unit]
					: limit_unit_names[limit->unit]);
}

/*
 * One side of a match, in words. The lists are resolved by now and may be
 * long, so only their presence is shown.
 */
static void add_match_side(struct text *text, const char *intro,
			   const struct match_lists *lists,
			   const struct match *match, enum match_wish wish)
{
	const struct {
		bool is_set;
		const char *words;
	} parts[] = {
		{ lists->client != NULL, "listed clients" },
		{ lists->sender != NULL, "listed senders" },
		{ lists->recipient != NULL, "listed recipients" },
		{ lists->auth != NULL, "listed logins" },
		{ lists->helo != NULL, "listed HELO names" },
		{ lists->listener != NULL, "listed listeners" },
		{ match->authenticated == wish, "mail with a login" },
		{ match->local == wish, "local submissions" },
	};
	const char *separator = intro;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].is_set) {
			text_add_string(text, separator);
			text_add_string(text, parts[i].words);
			separator = intro[2] == 'o' ? " and " : " or ";
		}
}

static void add_match(struct text *text, const struct match *match)
{
	add_match_side(text, ", only ", &match->in, match, MATCH_YES);
	add_match_side(text, ", not ", &match->out, match, MATCH_NO);
}

char *match_describe(const struct match *match)
{
	char buffer[SENTENCE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_string(&text, "mail");
	add_match(&text, match);
	return alloc_text(text.length == strlen("mail") ? "all mail" : buffer);
}

char *limit_describe(const struct limit *limit)
{
	char buffer[SENTENCE_SIZE], per[UNITS_TEXT_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_format(&text, "%s: %s ", limit->name,
			limit_action_name(limit->action));
	add_subject(&text, limit->key);
	text_add_string(&text, " above ");
	add_amount(&text, limit);
	text_add_format(&text, " in %s", limit_format_per(limit, per));
	if (limit->count == LIMIT_COUNT_ATTEMPTS)
		text_add_string(&text, ", refused attempts counted too");
	add_match(&text, &limit->match);
	return alloc_copy(text.data, text.length);
}
