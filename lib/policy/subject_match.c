/* SPDX-License-Identifier: ISC */

/*
 * The subject becomes a match of its own, with one value in each list, and what
 * is known of matches (see match_implies.h) is asked about that.
 */
#include "subject_match.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/settings/match_implies.h"
#include "lib/settings/settings.h"
#include "subject_parse.h"

/* The lists of the subject; they take the place of those of the limit. */
struct narrow {
	struct match match;
	struct match_lists own; /* to be freed */
};

/* As an entry of a list value would be something else, or has been encoded. */
static bool is_ambiguous(const char *value)
{
	return value[0] == '\0' || value[0] == '@' || value[0] == '.' ||
	       value[strlen(value) - 1] == '@' ||
	       strpbrk(value, "*?[\\%") != NULL;
}

/* False: the limit's list does not have the value. */
static bool narrow_pattern(struct pattern_list **in, struct pattern_list **own,
			   const char *value)
{
	const char *reason;

	if (is_ambiguous(value))
		return true;
	if (*in != NULL && !pattern_list_matches(*in, value, strlen(value)))
		return false;
	*own = pattern_list_new();
	if (pattern_list_add(*own, value, &reason))
		*in = *own;
	return true;
}

static bool narrow_client(struct narrow *narrow, const char *value)
{
	struct network_list **in = &narrow->match.in.client;
	const char *reason;

	narrow->own.client = network_list_new();
	if (!network_list_add(narrow->own.client, value, &reason))
		return true;
	network_list_seal(narrow->own.client);
	if (*in != NULL && network_list_is_apart(*in, narrow->own.client))
		return false;
	*in = narrow->own.client;
	return true;
}

static bool narrow_by(struct narrow *narrow, enum dimension dimension,
		      const char *value)
{
	struct match_lists *in = &narrow->match.in, *own = &narrow->own;

	switch (dimension) {
	case DIMENSION_SENDER:
		return narrow_pattern(&in->sender, &own->sender, value);
	case DIMENSION_RECIPIENT:
		return narrow_pattern(&in->recipient, &own->recipient, value);
	case DIMENSION_AUTH:
		return narrow->match.authenticated != MATCH_NO &&
		       narrow_pattern(&in->auth, &own->auth, value);
	case DIMENSION_HELO:
		return narrow_pattern(&in->helo, &own->helo, value);
	case DIMENSION_CLIENT:
		return narrow_client(narrow, value);
	case DIMENSION_SENDER_DOMAIN:
	case DIMENSION_RECIPIENT_DOMAIN:
	case DIMENSION_COUNT:
		break;
	}
	return true;
}

/* The values behind the colon, in the order of the dimensions; only in a joined
 * subject a '+' parts them. */
static bool narrow_all(struct narrow *narrow, const struct subject *subject)
{
	const char *colon = strchr(subject->text, ':');
	bool is_joined = (subject->key & (subject->key - 1)) != 0;
	char *values = alloc_text(colon == NULL ? "" : colon + 1);
	char *value = values;
	bool may_match = true;

	for (unsigned int d = 0; d < DIMENSION_COUNT && value != NULL; d++) {
		char *plus = is_joined ? strchr(value, '+') : NULL;

		if ((subject->key & LIMIT_KEY_OF(d)) == 0)
			continue;
		if (plus != NULL)
			*plus = '\0';
		may_match = may_match &&
			    narrow_by(narrow, (enum dimension)d, value);
		value = plus == NULL ? NULL : plus + 1;
	}
	free(values);
	return may_match;
}

static bool is_exempt(const struct settings *settings,
		      const struct match *match)
{
	for (size_t i = 0; i < settings->exempt_count; i++)
		if (match_implies(match, &settings->exempt[i]))
			return true;
	return false;
}

static void narrow_clear(struct narrow *narrow)
{
	network_list_free(&narrow->own.client);
	pattern_list_free(&narrow->own.sender);
	pattern_list_free(&narrow->own.recipient);
	pattern_list_free(&narrow->own.auth);
	pattern_list_free(&narrow->own.helo);
}

bool subject_is_counted(const struct settings *settings,
			const struct limit *limit,
			const struct subject *subject)
{
	struct narrow narrow = { .match = limit_effective_match(limit) };
	bool is_counted = narrow_all(&narrow, subject) &&
			  !match_is_never(&narrow.match) &&
			  !is_exempt(settings, &narrow.match);

	narrow_clear(&narrow);
	return is_counted;
}
