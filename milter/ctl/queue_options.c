/* SPDX-License-Identifier: ISC */

/* One table for the three commands; only release goes on to its last row. */
#include <string.h>

#include "arguments.h"
#include "milter/queue/queue_pace.h"
#include "queue_options.h"
#include "terminal.h"

#define REASON_MAX 200 /* bytes */

static bool complain(const char *name, const char *what)
{
	return terminal_error("weirctl %s: %s", name, what);
}

static bool has_wish(const struct queue_options *options)
{
	return options->wish.sender != NULL ||
	       options->wish.recipient != NULL ||
	       options->wish.client != NULL || options->wish.limit != NULL ||
	       options->subject_text != NULL || options->incident != 0;
}

static bool check(struct queue_options *options, const char *name)
{
	if (!has_wish(options))
		return complain(name, "nothing says which messages: give "
				      "--sender, --recipient, --client, "
				      "--limit, --subject or --incident; see "
				      "--help");
	if (options->subject_text != NULL && options->incident != 0)
		return complain(name, "found both --subject and --incident, "
				      "only one of them is allowed");
	if (options->is_yes && options->is_dry)
		return complain(name, "found both --yes and --dry-run, only "
				      "one of them is allowed");
	if (strlen(options->order.reason) > REASON_MAX)
		return complain(name, "--reason: longer than 200 bytes, at "
				      "most 200 are allowed");
	return true;
}

/* --per-minute comes last: only release has it. */
bool queue_options(struct queue_options *options, const struct globals *globals,
		   enum queue_act act, int argc, char **argv)
{
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "sender", &options->wish.sender),
		ARGUMENT(TEXT, "recipient", &options->wish.recipient),
		ARGUMENT(TEXT, "client", &options->wish.client),
		ARGUMENT(TEXT, "limit", &options->wish.limit),
		ARGUMENT(TEXT, "subject", &options->subject_text),
		ARGUMENT(NUMBER, "incident", &options->incident, .min = 1,
			 .max = INT64_MAX),
		ARGUMENT(FLAG, "yes", &options->is_yes),
		ARGUMENT(FLAG, "dry-run", &options->is_dry),
		ORDER_BY(options->order),
		ARGUMENT(TEXT, "reason", &options->order.reason),
		ARGUMENT(CHOICE, "mta", &options->mta, .choices = queue_names),
		ARGUMENT(TEXT, "config", &options->config),
		ARGUMENT(TEXT, "tools", &options->tools),
		ARGUMENT(NUMBER, "per-minute", &options->per_minute, .min = 1,
			 .max = QUEUE_PACE_MAX),
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
