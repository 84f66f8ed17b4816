/* SPDX-License-Identifier: ISC */

/*
 * weirctl check: is this file good, and what does it say? Works on any
 * machine, with or without a running milter.
 */
#include <stddef.h>
#include <sysexits.h>

#include "arguments.h"
#include "command.h"
#include "settings_print.h"

static int run(const struct control *control, int argc, char **argv)
{
	argc = arguments_read(argc, argv, NULL, 0, 0, 1);
	if (argc == 0)
		return EX_USAGE;
	return settings_print(argc == 2 ? argv[1] : control->path);
}

const struct command command_check = {
	.name = "check",
	.arguments = "[FILE]",
	.purpose = "check a configuration and print its limits",
	.help = "Reads a configuration as weir-milter would, and prints each "
		"limit as a\nsentence, or every mistake with its line.\n\n"
		"example:\n  weirctl check /etc/weir/weir.conf\n",
	.run = run,
};
