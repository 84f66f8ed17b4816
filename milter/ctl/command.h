/* SPDX-License-Identifier: ISC */
#ifndef WEIR_COMMAND_H
#define WEIR_COMMAND_H

/*
 * A command of weirctl: one file each (hold, release and delete share one, as
 * block and unblock do), one row in the table of weirctl.c.
 * --json and --help may come before or after the name of the command;
 * main.c removes them, so that no command has to.
 */
#include <stdbool.h>

/* The options of all commands. */
struct globals {
	const char *path;      /* of the configuration, -c */
	const char *chosen;    /* what path is without -c */
	const char *chosen_by; /* why it is that one; NULL: the usual one */
	bool is_json;	       /* --json: one JSON value on standard output */
};

/* The exit codes besides those of sysexits.h: nothing was found, or what was
 * asked for was refused. */
#define COMMAND_NOTHING 1

struct command {
	const char *name;
	const char *arguments; /* for the usage line, "" for none */
	const char *purpose;   /* one line */
	const char *help;      /* options, and an example, for --help */
	/* argv[0] is the name of the command. The answer is an exit code: 0,
	 * COMMAND_NOTHING, EX_USAGE (64), EX_UNAVAILABLE (69: no Redis),
	 * EX_CONFIG (78). What cannot be written is seen by weirctl.c. */
	int (*run)(const struct globals *globals, int argc, char **argv);
};

/* The acts of `weirctl journal`, a file each. argv[0] is "journal" and the name
 * of the act. */
int journal_verify_run(const struct globals *globals, int argc, char **argv);
int journal_show_run(const struct globals *globals, int argc, char **argv);
int journal_export_run(const struct globals *globals, int argc, char **argv);
int journal_prune_run(const struct globals *globals, int argc, char **argv);

extern const struct command command_alert, command_block, command_check,
	command_delete, command_hold, command_incident, command_incidents,
	command_journal, command_orders, command_override, command_permit,
	command_release, command_replay, command_report, command_reset,
	command_revoke, command_show, command_status, command_top,
	command_unblock, command_watch, command_why;

#endif
