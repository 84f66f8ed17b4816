/* SPDX-License-Identifier: ISC */

/*
 * weirctl check: is this file good, and what does it say? Works on any
 * machine, with or without a running milter.
 */
#include <stdio.h>
#include <sysexits.h>

#include "command.h"
#include "settings_print.h"

int command_check(const char *path, int argc, char **argv)
{
	if (argc > 2) {
		fprintf(stderr, "usage: weirctl check [FILE]\n");
		return EX_USAGE;
	}
	return settings_print(argc == 2 ? argv[1] : path);
}
