/* SPDX-License-Identifier: ISC */

/* One table for the three commands; only release goes on to its last row. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "milter/queue/queue_pace.h"
#include "queue_options.h"

#define REASON_MAX 200 /* bytes */

static bool complain(const char *name, const char *what)
{
	fprintf(stderr, "weirctl %s: %s\n", name, what);
	return false;
}

static bool has_wish(const struct queue_options *options)
{
	return options->wish.sender != NULL ||
	       options->wish.recipient != NULL ||
	       options->wish.client != NULL || options->wish.limit != NULL ||
	       options->subject_text != NULL;
}

static bool check(struct queue_options *options, const char *name)
{
	if (!has_wish(options))
		return complain(name, "found nothing that says which messages, "
				      "allowed are --sender, --recipient, "
				      "--client, --limit and --subject; see "
				      "--help");
	if (options->is_yes && options->is_dry)
		return complain(name, "found both --yes and --dry-run, allowed "
				      "is one of them");
	if (strlen(options->order.reason) > REASON_MAX)
		return complain(name, "--reason: found more than 200 bytes, "
				      "allowed are at most 200");
	return true;
}

/* --per-minute stands last: only release has it. */
bool queue_options(struct queue_options *options, const struct globals *globals,
		   enum queue_act act, int argc, char **argv)
{
	const struct argument arguments[] = {
		{ .name = "sender",
		  .kind = ARGUMENT_TEXT,
		  .target = &options->wish.sender },
		{ .name = "recipient",
		  .kind = ARGUMENT_TEXT,
		  .target = &options->wish.recipient },
		{ .name = "client",
		  .kind = ARGUMENT_TEXT,
		  .target = &options->wish.client },
		{ .name = "limit",
		  .kind = ARGUMENT_TEXT,
		  .target = &options->wish.limit },
		{ .name = "subject",
		  .kind = ARGUMENT_TEXT,
		  .target = &options->subject_text },
		{ .name = "yes",
		  .kind = ARGUMENT_FLAG,
		  .target = &options->is_yes },
		{ .name = "dry-run",
		  .kind = ARGUMENT_FLAG,
		  .target = &options->is_dry },
		ORDER_BY(options->order),
		{ .name = "reason",
		  .kind = ARGUMENT_TEXT,
		  .target = &options->order.reason },
		{ .name = "mta",
		  .kind = ARGUMENT_CHOICE,
		  .target = &options->mta,
		  .choices = queue_names },
		{ .name = "config",
		  .kind = ARGUMENT_TEXT,
		  .target = &options->config },
		{ .name = "tools",
		  .kind = ARGUMENT_TEXT,
		  .target = &options->tools },
		{ .name = "per-minute",
		  .kind = ARGUMENT_NUMBER,
		  .target = &options->per_minute,
		  .least = 1,
		  .most = QUEUE_PACE_MAX },
	};
	size_t count = ARGUMENT_COUNT(arguments);

	*options = (struct queue_options){ .order = { .reason = "" },
					   .mta = -1 };
	if (act != QUEUE_RELEASE)
		count--;
	if (arguments_read(argc, argv, arguments, count, 0, 0) == 0 ||
	    !check(options, argv[0]))
		return false;
	/* a program cannot answer a question */
	if (globals->is_json && !options->is_yes)
		options->is_dry = true;
	return true;
}
