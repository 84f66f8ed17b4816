/* SPDX-License-Identifier: ISC */

/* weirctl release: all at once, or so many a minute. */
#include "milter/ctl/queue_command.h"

static int run(const struct globals *globals, int argc, char **argv)
{
	return queue_command_run(globals, QUEUE_RELEASE, argc, argv);
}

/* clang-format off */
static const char help[] =
	"Releases mail that weir or an operator has put on hold. It is not "
        "counted\nagain.\n\n"
	QUEUE_COMMAND_HELP
	"  --per-minute N      at most N a minute, evenly spread, oldest "
        "first; Ctrl-C\n"
        "                      stops, the same command continues\n\n"
        "example:\n"
        "  weirctl release --limit own-sender --per-minute 600\n";
/* clang-format on */

const struct command command_release = {
	.name = "release",
	.arguments = QUEUE_COMMAND_WHICH,
	.purpose = "release held mail, gradually if wanted",
	.help = help,
	.run = run,
};
