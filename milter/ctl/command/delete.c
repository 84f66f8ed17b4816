/* SPDX-License-Identifier: ISC */

/* weirctl delete: for good, without a notice to the sender. */
#include "milter/ctl/queue_command.h"

static int run(const struct globals *globals, int argc, char **argv)
{
	return queue_command_run(globals, QUEUE_DELETE, argc, argv);
}

/* clang-format off */
static const char help[] =
	"Deletes mail from the MTA's queue for good, held or not. The sender "
        "gets no\nnotice.\n\n"
	QUEUE_COMMAND_HELP "\nexample:\n"
	"  weirctl delete --limit own-sender --sender script@dev.example.com\n";
/* clang-format on */

const struct command command_delete = {
	.name = "delete",
	.arguments = QUEUE_COMMAND_WHICH,
	.purpose = "delete mail from the MTA's queue",
	.help = help,
	.run = run,
};
