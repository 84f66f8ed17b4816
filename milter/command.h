/* SPDX-License-Identifier: ISC */
#ifndef WEIR_COMMAND_H
#define WEIR_COMMAND_H

/*
 * Without this weirctl would be one long list of ifs.
 *
 * A command of weirctl: one file each, one row in the table of weirctl.c.
 */
struct command {
	const char *name;
	const char *arguments; /* for the usage line, "" for none */
	const char *purpose;   /* one line */
	/* argv[0] is the name of the command; path the file of -c. The answer
	 * is an exit code of sysexits.h. */
	int (*run)(const char *path, int argc, char **argv);
};

int command_check(const char *path, int argc, char **argv);

#endif
