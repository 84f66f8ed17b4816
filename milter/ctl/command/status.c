/* SPDX-License-Identifier: ISC */

/* weirctl status: is all well, and what happened lately? */
#include <sysexits.h>

#include "milter/ctl/context.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/status_print.h"

static bool has_milter(const struct status *status)
{
	for (size_t i = 0; i < status->milters.count; i++)
		if (!status_is_silent(status, &status->milters.list[i]))
			return true;
	return false;
}

static int report_status(const struct globals *globals, struct context *context,
			 struct status *status)
{
	if (!milters_read(context->redis, context->prefix, &status->milters) ||
	    !redis_health_read(context->redis, &status->redis) ||
	    !totals_read(context->redis, context->prefix,
			 status->milters.now_ms, &status->totals) ||
	    !order_book_read(context->redis, context->prefix, &status->orders))
		return context_fail(context);
	status->now_ms = context->now_ms;
	if (globals->is_json)
		status_print_json(status);
	else
		status_print(status);
	return has_milter(status) ? EX_OK : COMMAND_NOTHING;
}

static int status(const struct globals *globals, struct context *context,
		  void *user_data)
{
	struct status *found = user_data;
	int code = report_status(globals, context, found);

	milters_clear(&found->milters);
	order_list_clear(&found->orders);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct status found = { 0 };

	if (arguments_read(argc, argv, NULL, 0, 0, 0) == 0)
		return EX_USAGE;
	return context_use(globals, status, &found);
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.purpose = "show the milters, Redis, and recent verdicts",
	.help = "The running milters, their verdicts since they started, "
		"whether Redis is fit\nfor counters, and the verdicts of all "
		"milters in the last minute, hour and day.\nExit code 1: no "
		"milter is running.\n\n"
		"example:\n"
		"  weirctl status\n"
		"  weirctl --json status | jq .verdicts.minute\n",
	.run = run,
};
