/* SPDX-License-Identifier: ISC */
/*
 * Each kind of advice is a question about one exemption or one limit, and a
 * row in a table. What does nothing at all is asked nothing more.
 */
#include "lint.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/pattern.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "redundant.h"
#include "lib/settings/limit.h"
#include "lib/settings/match_implies.h"
#include "lib/settings/redis_advice.h"
#include "lib/settings/settings.h"

#define TEXT_SIZE    1024
#define PER_LEAST_MS 5000

/* Asked about the exemption or the limit of this index. */
struct question {
	/* Adds to text what is unwise; nothing when nothing is. */
	void (*ask)(const struct settings *settings, size_t index,
		    struct text *text);
	bool is_last; /* it does nothing, so nothing more is to be said */
};

static const char *file_of(const struct settings *settings, const char *file)
{
	return file != NULL ? file : settings->path;
}

/* "line 12", or "FILE:12" when it is not the file that is spoken of. */
static void add_place(struct text *text, const struct settings *settings,
		      const char *from, const char *file, int line)
{
	file = file_of(settings, file);
	if (strcmp(file_of(settings, from), file) == 0)
		text_add_format(text, "line %d", line);
	else
		text_add_format(text, "%s:%d", file, line);
}

/* exemptions */

static void ask_exempt_never(const struct settings *settings, size_t index,
			     struct text *text)
{
	const struct match *exempt = &settings->exempt[index];
	const char *empty = match_empty_list(exempt);

	if (empty != NULL)
		text_add_format(text,
				"exempts nothing, since its list \"%s\" is "
				"empty; add what is meant, or remove it",
				empty);
	else if (match_is_never(exempt))
		text_add_string(text, "exempts nothing, since it asks for one "
				      "thing and its contrary; correct it, or "
				      "remove it");
}

/* Of two that are the same the later one is told of. */
static bool is_needless(const struct settings *settings, size_t index,
			size_t by)
{
	const struct match *exempt = &settings->exempt[index];
	const struct match *other = &settings->exempt[by];

	return index != by && match_implies(exempt, other) &&
	       (by < index || !match_implies(other, exempt));
}

static void ask_exempt_needless(const struct settings *settings, size_t index,
				struct text *text)
{
	const struct match *exempt = &settings->exempt[index];

	for (size_t i = 0; i < settings->exempt_count; i++) {
		const struct match *other = &settings->exempt[i];

		if (!is_needless(settings, index, i))
			continue;
		text_add_string(text, "exempts nothing that the exemption at ");
		add_place(text, settings, exempt->file, other->file,
			  other->line);
		text_add_string(text, " does not; remove it, or narrow the "
				      "other");
		return;
	}
}

static void ask_exempt_all(const struct settings *settings, size_t index,
			   struct text *text)
{
	if (match_is_all(&settings->exempt[index]))
		text_add_string(text, "exempts all mail, so that no limit "
				      "looks at any; name the clients, logins "
				      "or listeners that are meant");
}

static void ask_exempt_forged(const struct settings *settings, size_t index,
			      struct text *text)
{
	const struct match *exempt = &settings->exempt[index];
	bool has_sender = exempt->in.sender != NULL;

	if ((has_sender || exempt->in.helo != NULL) &&
	    !match_knows_origin(exempt))
		text_add_format(
			text,
			"exempts every stranger who gives such a %s; add "
			"client, auth or authenticated = true",
			has_sender ? "sender in MAIL FROM" : "name in HELO");
}

static const struct question exempt_questions[] = {
	{ ask_exempt_never, .is_last = true },
	{ ask_exempt_needless, .is_last = true },
	{ ask_exempt_all, .is_last = true },
	{ ask_exempt_forged, .is_last = false },
};

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

		/* That one is told of itself. */
		if (!match_implies(&match, exempt) || match_is_all(exempt))
			continue;
		text_add_string(text,
				"counts nothing, since all mail that it looks "
				"at is exempt (");
		add_place(text, settings, limit->file, exempt->file,
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
	add_place(text, settings, from->file, limit->file, limit->line);
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

/* Of two that hide each other the later one is told of. */
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

	if (limit_is_ceiling(limit) || limit->per_ms >= PER_LEAST_MS)
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

static const struct question limit_questions[] = {
	{ ask_limit_never, .is_last = true },
	{ ask_limit_login, .is_last = true },
	{ ask_limit_null, .is_last = true },
	{ ask_limit_exempt, .is_last = true },
	{ ask_limit_redundant, .is_last = true },
	{ ask_limit_forged, .is_last = false },
	{ ask_limit_unbounded, .is_last = false },
	{ ask_limit_shared, .is_last = false },
	{ ask_limit_short, .is_last = false },
};

/* the list */

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))

/* What the questions of a table are about. */
struct topic {
	const struct settings *settings;
	size_t index;
	const char *group; /* "limits", "exempt", "redis" */
	const char *name;  /* of a limit, or NULL */
	const char *file;
	int line;
};

static void add_advice(struct lint_list *list, const struct topic *topic,
		       const char *text)
{
	struct lint_finding *advice;

	list->entries = alloc_resize(list->entries, list->count + 1,
				     sizeof(*list->entries));
	advice = &list->entries[list->count++];
	advice->file = file_of(topic->settings, topic->file);
	advice->line = (unsigned int)topic->line;
	advice->text = topic->name == NULL
			       ? alloc_format("%s: %s", topic->group, text)
			       : alloc_format("%s.%s: %s", topic->group,
					      topic->name, text);
}

static void ask_all(struct lint_list *list, const struct topic *topic,
		    const struct question *questions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char buffer[TEXT_SIZE];
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		questions[i].ask(topic->settings, topic->index, &text);
		if (text.length == 0)
			continue;
		add_advice(list, topic, buffer);
		if (questions[i].is_last)
			return;
	}
}

static void ask_about_exemption(const struct settings *settings, size_t index,
				struct lint_list *list)
{
	const struct match *exempt = &settings->exempt[index];
	const struct topic topic = { settings, index,	     "exempt",
				     NULL,     exempt->file, exempt->line };

	ask_all(list, &topic, exempt_questions, COUNT_OF(exempt_questions));
}

static void ask_about_limit(const struct settings *settings, size_t index,
			    struct lint_list *list)
{
	const struct limit *limit = &settings->limits[index];
	const struct topic topic = { settings,	  index,       "limits",
				     limit->name, limit->file, limit->line };

	ask_all(list, &topic, limit_questions, COUNT_OF(limit_questions));
}

static void ask_about_redis(const struct settings *settings,
			    struct lint_list *list)
{
	const struct settings_redis *redis = &settings->redis;
	const struct topic topic = {
		settings, 0,	       "redis",
		NULL,	  redis->file, redis->line > 0 ? redis->line : 1
	};
	char buffer[TEXT_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	redis_advice(redis, &text);
	if (text.length > 0)
		add_advice(list, &topic, buffer);
}

/* The main file comes first. */
static bool is_before(const struct settings *settings,
		      const struct lint_finding *a,
		      const struct lint_finding *b)
{
	int order = strcmp(a->file, b->file);

	if (order == 0)
		return a->line < b->line;
	if (strcmp(a->file, settings->path) == 0)
		return true;
	return strcmp(b->file, settings->path) != 0 && order < 0;
}

/* Stands stably where it belongs: lists are short and nearly in order. */
static void sort(const struct settings *settings, struct lint_list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		struct lint_finding advice = list->entries[i];
		size_t at = i;

		while (at > 0 &&
		       is_before(settings, &advice, &list->entries[at - 1])) {
			list->entries[at] = list->entries[at - 1];
			at--;
		}
		list->entries[at] = advice;
	}
}

void lint_collect(const struct settings *settings, struct lint_list *list_r)
{
	*list_r = (struct lint_list){ 0 };
	ask_about_redis(settings, list_r);
	for (size_t i = 0; i < settings->exempt_count; i++)
		ask_about_exemption(settings, i, list_r);
	for (size_t i = 0; i < settings->limit_count; i++)
		ask_about_limit(settings, i, list_r);
	sort(settings, list_r);
}

void lint_clear(struct lint_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].text);
	free(list->entries);
	*list = (struct lint_list){ 0 };
}
