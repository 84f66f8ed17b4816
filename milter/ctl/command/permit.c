/* SPDX-License-Identifier: ISC */

/* weirctl permit: announced bulk mail, within a time and a budget. */
#include <stdlib.h>
#include <sysexits.h>

#include "lib/store/window.h"
#include "milter/ctl/order_command.h"
#include "milter/ctl/terminal.h"

struct permit_options {
	struct order_options order;
	struct argument_texts limits;
	const char *subject;
	uint64_t messages, per_minute;
};

/* A permit for a limit that does not exist would only look like one. */
static bool limits_exist(const struct context *context,
			 const struct argument_texts *limits)
{
	for (size_t i = 0; i < limits->count; i++)
		if (context_limit(context, limits->texts[i]) == NULL)
			return false;
	return true;
}

static int permit(const struct globals *globals, struct context *context,
		  void *user_data)
{
	const struct permit_options *options = user_data;
	struct subject subject;
	struct order order;

	if (!context_subject(context, options->subject, &subject) ||
	    !limits_exist(context, &options->limits) ||
	    !order_command_fill(context, &options->order, &subject, &order))
		return EX_USAGE;
	order.kind = ORDER_PERMIT;
	order.messages = options->messages;
	order.per_minute = options->per_minute;
	order.limits = (char **)(uintptr_t)options->limits.texts;
	order.limit_count = options->limits.count;
	return order_command_give(globals, context, &order);
}

/* Bulk mail that was announced has an end. */
static bool has_end(const struct order_options *options)
{
	if (options->for_ms != 0 || options->until_ms != 0)
		return true;
	return terminal_error(
		"weirctl permit: --for or --until is missing; see --help");
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct permit_options options = { 0 };
	const struct argument arguments[] = {
		ARGUMENT(NUMBER, "messages", &options.messages, .min = 1,
			 .max = WINDOW_COUNT_MAX, .is_required = true),
		ARGUMENT(NUMBER, "per-minute", &options.per_minute, .min = 1,
			 .max = WINDOW_COUNT_MAX),
		ARGUMENT(TEXTS, "limit", &options.limits),
		ARGUMENT(TEXT, "owner", &options.order.owner,
			 .is_required = true),
		ARGUMENT(MOMENT, "from", &options.order.from_ms),
		ORDER_FOR(options.order),
		ORDER_UNTIL(options.order),
		ORDER_REASON(options.order),
		ORDER_BY(options.order),
	};
	int code = EX_USAGE;

	if (ARGUMENTS_READ(argc, argv, arguments, 1, 1) != 0 &&
	    has_end(&options.order)) {
		options.subject = argv[1];
		code = context_use(globals, permit, &options);
	}
	free(options.limits.texts);
	return code;
}

const struct command command_permit = {
	.name = "permit",
	.arguments = "SUBJECT --messages N --for SPAN|--until TIME "
		     "--owner WHO --reason TEXT [OPTIONS]",
	.purpose = "allow announced bulk mail of one subject",
	.help = "Suspends the limits for this subject until its time or its budget is used up.\n"
		"Blocks still apply. All milters share one budget.\n\n"
		"  --messages N     the budget\n"
		"  --per-minute N   the rate: at most N a minute\n"
		"  --limit NAME     suspend only this limit (may be repeated)\n"
		"  --from TIME      start (default: now)\n"
		"  --for SPAN       duration: 2h, 3d\n"
		"  --until TIME     end: 18:00, \"2026-05-01 18:00\"\n"
		"  --owner WHO      the contact for this mail\n"
		"  --reason TEXT    recorded in the log of orders\n"
		"  --by WHO         the operator (default: the user behind sudo, or the login)\n\n"
		"example:\n"
		"  weirctl permit sender:news@example.com --messages 5000 --for 4h \\\n"
		"    --owner \"Ann, marketing\" --reason \"May newsletter\"\n",
	.run = run,
};
