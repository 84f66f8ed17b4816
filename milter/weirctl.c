/* SPDX-License-Identifier: ISC */

/*
 * weirctl: the administrator's tool. This file finds the command; each
 * command is a file of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "command.h"

#define DEFAULT_FILE WEIR_SYSCONFDIR "/weir/weir.conf"

static const struct command commands[] = {
	{ "check", "[FILE]", "check a configuration and print its limits",
	  command_check },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fprintf(out, "usage: weirctl [-c FILE] COMMAND [ARGUMENTS]\n"
		     "       weirctl -V\n\ncommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %s %-10s %s\n", commands[i].name,
			commands[i].arguments, commands[i].purpose);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const char *path = DEFAULT_FILE;
	const struct command *command;
	int option;

	while ((option = getopt(argc, argv, "+c:Vh")) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'V':
			puts("weir " WEIR_VERSION);
			return EX_OK;
		case 'h':
			usage(stdout);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return EX_USAGE;
	}
	command = find_command(argv[optind]);
	if (command == NULL) {
		fprintf(stderr, "weirctl: there is no command \"%s\"\n\n",
			argv[optind]);
		usage(stderr);
		return EX_USAGE;
	}
	return command->run(path, argc - optind, argv + optind);
}
