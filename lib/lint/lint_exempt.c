/* SPDX-License-Identifier: ISC */
/* Exemptions that do nothing, or more than was meant. */
#include "lint_question.h"

#include "lib/base/text.h"
#include "lib/settings/match_implies.h"
#include "lib/settings/settings.h"

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

/* Of two that are the same the later one is reported. */
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
		lint_add_place(text, settings, exempt->file, other->file,
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

const struct lint_question lint_exempt_questions[] = {
	{ ask_exempt_never, .is_last = true },
	{ ask_exempt_needless, .is_last = true },
	{ ask_exempt_all, .is_last = true },
	{ ask_exempt_forged, .is_last = false },
	{ .ask = NULL },
};
