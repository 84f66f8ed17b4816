/* SPDX-License-Identifier: ISC */

/* weirctl hold: queued mail is not delivered until it is released. */
#include "milter/ctl/queue_command.h"

static int run(const struct globals *globals, int argc, char **argv)
{
	return queue_command_run(globals, QUEUE_HOLD, argc, argv);
}

/* clang-format off */
static const char help[] =
	"Puts queued mail of the MTA on hold: no delivery is attempted until "
        "it is\nreleased.\n\n"
	QUEUE_COMMAND_HELP "\nexample:\n"
	"  weirctl hold --sender script@dev.example.com\n";
/* clang-format on */

const struct command command_hold = {
	.name = "hold",
	.arguments = QUEUE_COMMAND_WHICH,
	.purpose = "put queued mail of the MTA on hold",
	.help = help,
	.run = run,
};
