/* SPDX-License-Identifier: ISC */
/*
 * Limits that can do nothing, and limits that a stranger can use against
 * others. What does nothing is asked nothing more.
 */
#include "lint_question.h"

#include "lib/base/pattern.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/settings/limit.h"
#include "lib/settings/match_implies.h"
#include "lib/settings/settings.h"
#include "redundant.h"

#define PER_MIN_MS 5000

/* limits that do nothing */

static void ask_limit_never(const struct settings *settings, size_t index,
			    struct text *text)
{
	const struct limit *limit = &settings->limits[index];

	const char *empty = match_empty_list(&limit->match);

	if (empty != NULL)
		text_add_format(text,
				"looks at no mail, since its list \"%s\" is "
				"empty; add what is meant, or remove the limit",
				empty);
	else if (match_is_never(&limit->match))
		text_add_string(text, "looks at no mail, since its match asks "
				      "for one thing and its contrary; correct "
				      "the match, or remove the limit");
}

static void ask_limit_login(const struct settings *settings, size_t index,
			    struct text *text)
{
	const struct limit *limit = &settings->limits[index];

	if ((limit->key & LIMIT_KEY_OF(DIMENSION_AUTH)) != 0 &&
	    limit->match.authenticated == MATCH_NO)
		text_add_string(text, "counts nothing, since its key has the "
				      "login and its match takes only mail "
				      "without one; change one of the two");
}

#define KEY_CLAIMED \
	(LIMIT_KEY_OF(DIMENSION_SENDER) | LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN))

static void ask_limit_null(const struct settings *settings, size_t index,
			   struct text *text)
{
	const struct limit *limit = &settings->limits[index];
	const struct pattern_list *senders = limit->match.in.sender;

	if ((limit->key & KEY_CLAIMED) != 0 && senders != NULL &&
	    pattern_list_count(senders) == 1 &&
	    pattern_list_matches(senders, "", 0) &&
	    !pattern_list_takes_all(senders))
		text_add_string(text, "counts nothing, since its match takes "
				      "the null sender only, which is not "
				      "counted by sender; take another key, "
				      "such as \"recipient\"");
}

static void ask_limit_exempt(const struct settings *settings, size_t index,
			     struct text *text)
{
	const struct limit *limit = &settings->limits[index];

	for (size_t i = 0; i < settings->exempt_count; i++) {
		const struct match *exempt = &settings->exempt[i];
		struct match match = limit_effective_match(limit);

		/* That one is reported itself. */
		if (!match_implies(&match, exempt) || match_is_all(exempt))
			continue;
		text_add_string(text,
				"counts nothing, since all mail that it looks "
				"at is exempt (");
		lint_add_place(text, settings, limit->file, exempt->file,
			       exempt->line);
		text_add_string(text, "); remove the limit, or narrow the "
				      "exemption");
		return;
	}
}

static void add_amount(struct text *text, const struct limit *limit)
{
	char size[UNITS_TEXT_SIZE], per[UNITS_TEXT_SIZE];

	if (limit->unit == LIMIT_BYTES)
		text_add_string(text, units_format_size(limit->max, size));
	else
		text_add_format(text, "%llu %s", (unsigned long long)limit->max,
				limit_unit_name(limit->unit));
	text_add_format(text, " in %s", limit_format_per(limit, per));
}

static void add_limit(struct text *text, const struct settings *settings,
		      const struct limit *from, const struct limit *limit)
{
	text_add_format(text, "limits.%s (", limit->name);
	lint_add_place(text, settings, from->file, limit->file, limit->line);
	text_add_string(text, ")");
}

static void add_redundant(struct text *text, const struct settings *settings,
			  enum redundant redundant, const struct limit *limit,
			  const struct limit *other)
{
	switch (redundant) {
	case REDUNDANT_NONE:
		break;
	case REDUNDANT_TWIN:
		text_add_string(text, "does what ");
		add_limit(text, settings, limit, other);
		text_add_string(text, " does; remove one of them");
		break;
	case REDUNDANT_COVERED:
		text_add_string(text, "changes nothing: whenever it is over, ");
		add_limit(text, settings, limit, other);
		text_add_format(text, " is, and does %s above ",
				limit_action_name(other->action));
		add_amount(text, other);
		text_add_string(text, "; give it a lower max, or remove it");
		break;
	case REDUNDANT_OUT_OF_REACH:
		text_add_string(text, "is never over: of this mail ");
		add_limit(text, settings, limit, other);
		text_add_string(text, " lets in no more than ");
		add_amount(text, other);
		text_add_string(text, ", and what is refused is not counted; "
				      "give it a lower max, or "
				      "count = \"attempts\", or remove it");
		break;
	}
}

/* Of two that hide each other the later one is reported. */
static void ask_limit_redundant(const struct settings *settings, size_t index,
				struct text *text)
{
	const struct limit *limit = &settings->limits[index];

	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *other = &settings->limits[i];
		enum redundant redundant;

		if (other == limit)
			continue;
		redundant = redundant_by(other, limit);
		if (redundant == REDUNDANT_NONE ||
		    (other > limit &&
		     redundant_by(limit, other) != REDUNDANT_NONE))
			continue;
		add_redundant(text, settings, redundant, limit, other);
		return;
	}
}

/* limits that do harm */

#define KEY_KNOWN \
	(LIMIT_KEY_OF(DIMENSION_CLIENT) | LIMIT_KEY_OF(DIMENSION_AUTH))

static void ask_limit_forged(const struct settings *settings, size_t index,
			     struct text *text)
{
	const struct limit *limit = &settings->limits[index];

	if (limit_is_ceiling(limit) || (limit->key & KEY_CLAIMED) == 0 ||
	    (limit->key & KEY_KNOWN) != 0 ||
	    !limit_action_stops(limit->action) ||
	    match_knows_origin(&limit->match))
		return;
	text_add_format(
		text,
		"anybody can forge a sender in MAIL FROM, and so have the "
		"true one's mail met with %s; count here only mail of known "
		"origin, by match = { authenticated = true; } or { client = "
		"[ ... ]; }, and strangers by key = \"client+sender\"",
		limit_action_name(limit->action));
}

/*
 * What bounds the bytes that are held: for each recipient or for all, or for
 * the very subjects that are held, such as the next rung of a ladder.
 */
static bool bounds_held(const struct limit *bound, const struct limit *limit)
{
	return bound->unit == LIMIT_BYTES && !limit_is_ceiling(bound) &&
	       limit_action_stops(bound->action) &&
	       ((bound->key & ~LIMIT_KEY_RECIPIENTS) == 0 ||
		(bound->key & ~limit->key) == 0);
}

/* The bound's match is taken on trust: some mail may be meant to be free. */
static void ask_limit_unbounded(const struct settings *settings, size_t index,
				struct text *text)
{
	const struct limit *limit = &settings->limits[index];

	if (limit->action != LIMIT_QUARANTINE)
		return;
	for (size_t i = 0; i < settings->limit_count; i++)
		if (bounds_held(&settings->limits[i], limit))
			return;
	text_add_string(text,
			"what is quarantined stays on the MTA's disk, and no "
			"limit bounds it; add one with key = \"recipient\" or "
			"\"all\", unit = \"bytes\" and action = \"tempfail\"");
}

/* Does anything in the file speak of logins, so that there are some? */
static bool has_logins(const struct settings *settings,
		       const struct limit *limit)
{
	if (limit->match.authenticated == MATCH_YES ||
	    limit->match.in.auth != NULL)
		return true;
	for (size_t i = 0; i < settings->limit_count; i++)
		if (settings->limits[i].key == LIMIT_KEY_OF(DIMENSION_AUTH))
			return true;
	return false;
}

/* Each message has a recipient, so a bound of these is one of messages. */
static bool bounds_unit(const struct limit *bound, const struct limit *limit)
{
	return bound->unit == limit->unit || (bound->unit == LIMIT_RECIPIENTS &&
					      limit->unit == LIMIT_MESSAGES);
}

/* Can one login use no more than half of the limit's window? */
static bool bounds_login(const struct limit *bound, const struct limit *limit)
{
	struct match match = limit->match;
	uint64_t times;

	if (limit_is_ceiling(bound))
		return false;
	times = (limit->per_ms - 1) / bound->per_ms + 1;
	match.authenticated = MATCH_YES;
	return bound->key == LIMIT_KEY_OF(DIMENSION_AUTH) &&
	       limit_action_stops(bound->action) && bounds_unit(bound, limit) &&
	       match_implies(&match, &bound->match) &&
	       bound->max <= limit->max / 2 / times;
}

static void ask_limit_shared(const struct settings *settings, size_t index,
			     struct text *text)
{
	const struct limit *limit = &settings->limits[index];

	if (limit_is_ceiling(limit) ||
	    limit->key != LIMIT_KEY_OF(DIMENSION_CLIENT) ||
	    limit->match.authenticated == MATCH_NO ||
	    !limit_action_stops(limit->action) || !has_logins(settings, limit))
		return;
	for (size_t i = 0; i < settings->limit_count; i++)
		if (limit->count == LIMIT_COUNT_ACCEPTED &&
		    bounds_login(&settings->limits[i], limit))
			return;
	text_add_format(
		text,
		"one login, such as a stolen one, can use up the window of "
		"its address, and %s then meets all others behind it; add "
		"match = { authenticated = false; }, or let a limit with key "
		"= \"auth\" keep each login below half of it, with count = "
		"\"accepted\" here",
		limit_action_name(limit->action));
}

/* One message takes this long to come in. */
static void ask_limit_short(const struct settings *settings, size_t index,
			    struct text *text)
{
	const struct limit *limit = &settings->limits[index];
	char per[UNITS_TEXT_SIZE];

	if (limit_is_ceiling(limit) || limit->per_ms >= PER_MIN_MS)
		return;
	text_add_format(text, "its per of %s is shorter than mail takes: ",
			units_format_span(limit->per_ms, per));
	if (limit->unit == LIMIT_MESSAGES)
		text_add_string(text, "what comes at the same moment by chance "
				      "is over it; give it a longer one");
	else
		text_add_format(text,
				"two small messages at the same moment are "
				"over it; for a ceiling on the %s of one "
				"message leave out per",
				limit_unit_name(limit->unit));
}

const struct lint_question lint_limit_questions[] = {
	{ ask_limit_never, .is_last = true },
	{ ask_limit_login, .is_last = true },
	{ ask_limit_null, .is_last = true },
	{ ask_limit_exempt, .is_last = true },
	{ ask_limit_redundant, .is_last = true },
	{ ask_limit_forged, .is_last = false },
	{ ask_limit_unbounded, .is_last = false },
	{ ask_limit_shared, .is_last = false },
	{ ask_limit_short, .is_last = false },
	{ .ask = NULL },
};
