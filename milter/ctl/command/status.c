/* SPDX-License-Identifier: ISC */

/* weirctl status: is all well, and what happened lately? */
#include <stdio.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "milter/ctl/context.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/status_print.h"

static int report_status(const struct globals *globals, struct context *context,
			 struct status *status)
{
	if (!status_read(context->redis, context->prefix, status))
		return context_fail(context);
	if (globals->is_json)
		document_print(status_json(status), stdout);
	else
		status_print(status, context->settings);
	return status_has_milter(status) ? EX_OK : COMMAND_NOTHING;
}

static int status(const struct globals *globals, struct context *context,
		  void *user_data)
{
	struct status *found = user_data;
	int code = report_status(globals, context, found);

	status_clear(found);
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
