/* SPDX-License-Identifier: ISC */

/*
 * weirctl: the administrator's tool. This file finds the command; each
 * command is a file of its own.
 */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "arguments.h"
#include "command.h"
#include "paths.h"

#define USAGE_WIDTH 80

#define DEFAULT_FILE WEIR_SYSCONFDIR "/weir/weir.conf"
/* Taken before it where it exists: with another account of Redis, say. */
#define OWN_FILE      WEIR_SYSCONFDIR "/weir/weirctl.conf"
#define FILE_VARIABLE "WEIR_CONF"

/* In the order of the usage: seeing, steering, tuning. */
static const struct command *const commands[] = {
	&command_status,  &command_incidents, &command_incident,
	&command_top,	  &command_show,      &command_why,
	&command_watch,	  &command_block,     &command_unblock,
	&command_permit,  &command_revoke,    &command_override,
	&command_reset,	  &command_orders,    &command_hold,
	&command_release, &command_delete,    &command_check,
	&command_replay,  &command_journal,   &command_report,
	&command_alert,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fprintf(out, "usage: weirctl [-c FILE] [--json] COMMAND [ARGUMENTS]\n"
		     "       weirctl COMMAND --help\n"
		     "       weirctl -h | -V\n\ncommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-9s %s\n", commands[i]->name,
			commands[i]->purpose);
	fprintf(out,
		"\nFILE is the file that the variable " FILE_VARIABLE
		" names, else\n" OWN_FILE " if it exists, else\n" DEFAULT_FILE
		".\nSee weirctl(8).\n");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* Where a line of arguments may end: before an option or a bracket. */
static size_t next_argument(const char *arguments)
{
	size_t length = 0;

	do
		length += strcspn(arguments + length, " ") + 1;
	while (arguments[length - 1] != '\0' &&
	       strchr("[-", arguments[length]) == NULL);
	return length - 1;
}

/* Arguments that a line cannot hold go on below the first of them. */
static void print_usage(const struct command *command)
{
	int indent = printf("usage: weirctl %s", command->name),
	    column = indent;
	const char *at = command->arguments;

	while (*at != '\0') {
		size_t length = next_argument(at);

		if (column + 1 + (int)length > USAGE_WIDTH)
			column = printf("\n%*s", indent, "") - 1;
		column += printf(" %.*s", (int)length, at);
		at += length + (at[length] == ' ');
	}
	putchar('\n');
}

static int run_command(struct globals *globals, int argc, char **argv)
{
	bool is_help = strcmp(argv[0], "help") == 0;
	const struct command *command;
	bool wants_help = is_help;
	const struct argument shared[] = {
		ARGUMENT(FLAG, "json", &globals->is_json),
		ARGUMENT(FLAG, "help", &wants_help, .letter = 'h',
			 .is_last = true),
		ARGUMENT(TEXT, "", &globals->path, .letter = 'c'),
	};
	int code = EX_OK;

	if (is_help && argc == 1) {
		usage(stdout);
		return EX_OK;
	}
	argv += is_help;
	argc -= is_help;
	command = find_command(argv[0]);
	if (command == NULL) {
		fputs("weirctl: unknown command \"", stderr);
		for (const char *at = argv[0]; *at != '\0'; at++)
			fputc(*at < ' ' || *at > '~' ? '?' : *at, stderr);
		fputs("\"\n\n", stderr);
		usage(stderr);
		return EX_USAGE;
	}
	arguments_share(shared, ARGUMENT_COUNT(shared));
	if (!is_help)
		code = command->run(globals, argc, argv);
	arguments_share(NULL, 0);
	if (!wants_help)
		return code;
	print_usage(command);
	printf("\n%s", command->help);
	return EX_OK;
}

/* The options before the command; -1: go on at argv[*at_r]. */
static int read_options(int argc, char **argv, struct globals *globals,
			int *at_r)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			globals->is_json = true;
		} else if (strcmp(argv[i], "-V") == 0 ||
			   strcmp(argv[i], "--version") == 0) {
			puts("weir " WEIR_VERSION);
			return EX_OK;
		} else if (strcmp(argv[i], "-h") == 0 ||
			   strcmp(argv[i], "--help") == 0) {
			usage(stdout);
			return EX_OK;
		} else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			globals->path = argv[++i];
		} else {
			usage(stderr);
			return EX_USAGE;
		}
	}
	*at_r = i;
	return -1;
}

/* A reader that closes the pipe has read enough. */
static bool has_reader(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) <= 0 || (out.revents & POLLERR) == 0;
}

/* An answer that got lost is none. */
static int finish(int code)
{
	bool is_lost;
	int reason;

	errno = 0;
	is_lost = fflush(stdout) != 0 || ferror(stdout) != 0;
	reason = errno;
	if (!is_lost || !has_reader())
		return code;
	fprintf(stderr, "weirctl: cannot write the output: %s\n",
		reason == 0 ? "output error" : strerror(reason));
	return EX_IOERR;
}

/* One that may not be looked at is there, too. */
static bool exists(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* The configuration where no -c names one. */
static void choose_file(struct globals *globals)
{
	const char *named = getenv(FILE_VARIABLE);

	globals->path = DEFAULT_FILE;
	if (named != NULL && named[0] != '\0') {
		globals->path = named;
		globals->chosen_by = "set by the variable " FILE_VARIABLE;
	} else if (exists(OWN_FILE)) {
		globals->path = OWN_FILE;
		globals->chosen_by = "because it exists";
	}
	globals->chosen = globals->path;
}

int main(int argc, char **argv)
{
	struct globals globals = { 0 };
	int at, code;

	setlocale(LC_CTYPE, "");
	setlocale(LC_TIME, "");
	signal(SIGPIPE, SIG_IGN);
	log_open_stderr("weirctl");
	log_set_threshold(LOG_GRAVITY_ERROR);
	choose_file(&globals);
	code = read_options(argc, argv, &globals, &at);
	if (code >= 0)
		return code;
	if (at == argc) {
		usage(stderr);
		return EX_USAGE;
	}
	return finish(run_command(&globals, argc - at, argv + at));
}
