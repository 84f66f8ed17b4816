/* SPDX-License-Identifier: ISC */

/* One table for the three commands; only release goes on to its last row. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "milter/queue/queue_pace.h"
#include "queue_words.h"

#define REASON_MOST 200 /* bytes */

static bool complain(const char *name, const char *what)
{
	fprintf(stderr, "weirctl %s: %s\n", name, what);
	return false;
}

static bool has_wish(const struct queue_words *words)
{
	return words->wish.sender != NULL || words->wish.recipient != NULL ||
	       words->wish.client != NULL || words->wish.limit != NULL ||
	       words->subject_text != NULL;
}

static bool check(struct queue_words *words, const char *name)
{
	if (!has_wish(words))
		return complain(name, "found nothing that says which messages, "
				      "allowed are --sender, --recipient, "
				      "--client, --limit and --subject; see "
				      "--help");
	if (words->is_yes && words->is_dry)
		return complain(name, "found both --yes and --dry-run, allowed "
				      "is one of them");
	if (strlen(words->order.reason) > REASON_MOST)
		return complain(name, "--reason: found more than 200 bytes, "
				      "allowed are at most 200");
	return true;
}

/* --per-minute stands last: only release has it. */
bool queue_words_read(struct queue_words *words, const struct control *control,
		      enum queue_act act, int argc, char **argv)
{
	const struct argument arguments[] = {
		{ .name = "sender",
		  .kind = ARGUMENT_TEXT,
		  .target = &words->wish.sender },
		{ .name = "recipient",
		  .kind = ARGUMENT_TEXT,
		  .target = &words->wish.recipient },
		{ .name = "client",
		  .kind = ARGUMENT_TEXT,
		  .target = &words->wish.client },
		{ .name = "limit",
		  .kind = ARGUMENT_TEXT,
		  .target = &words->wish.limit },
		{ .name = "subject",
		  .kind = ARGUMENT_TEXT,
		  .target = &words->subject_text },
		{ .name = "yes",
		  .kind = ARGUMENT_FLAG,
		  .target = &words->is_yes },
		{ .name = "dry-run",
		  .kind = ARGUMENT_FLAG,
		  .target = &words->is_dry },
		ORDER_BY(words->order),
		{ .name = "reason",
		  .kind = ARGUMENT_TEXT,
		  .target = &words->order.reason },
		{ .name = "mta",
		  .kind = ARGUMENT_CHOICE,
		  .target = &words->mta,
		  .choices = queue_names },
		{ .name = "config",
		  .kind = ARGUMENT_TEXT,
		  .target = &words->config },
		{ .name = "tools",
		  .kind = ARGUMENT_TEXT,
		  .target = &words->tools },
		{ .name = "per-minute",
		  .kind = ARGUMENT_NUMBER,
		  .target = &words->per_minute,
		  .least = 1,
		  .most = QUEUE_PACE_MOST },
	};
	size_t count = ARGUMENT_COUNT(arguments);

	*words = (struct queue_words){ .order = { .reason = "" }, .mta = -1 };
	if (act != QUEUE_RELEASE)
		count--;
	if (arguments_read(argc, argv, arguments, count, 0, 0) == 0 ||
	    !check(words, argv[0]))
		return false;
	/* a program cannot answer a question */
	if (control->is_json && !words->is_yes)
		words->is_dry = true;
	return true;
}
