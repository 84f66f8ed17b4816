/* SPDX-License-Identifier: ISC */

/* weirctl release: all at once, or so many a minute. */
#include "milter/ctl/queue_command.h"

static int run(const struct globals *globals, int argc, char **argv)
{
	return queue_command_run(globals, QUEUE_RELEASE, argc, argv);
}

/* clang-format off */
static const char help[] =
	"Lets mail go that was held, by weir or by hand. It is not counted\n"
	"again.\n\n"
	QUEUE_COMMAND_HELP
	"  --per-minute N      so many a minute, evenly spread, oldest first;\n"
	"                      Ctrl-C ends it, the same command goes on\n"
	"\nexample:\n"
	"  weirctl release --limit own-sender --per-minute 600\n";
/* clang-format on */

const struct command command_release = {
	.name = "release",
	.arguments = QUEUE_COMMAND_WHICH,
	.purpose = "let held mail go, at a pace if wanted",
	.help = help,
	.run = run,
};
