/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_COMMAND_H
#define WEIR_QUEUE_COMMAND_H

/*
 * Without this hold, release and delete would be three programs, and one of
 * them would not ask before it acts.
 *
 * What the commands about mail in the queue share: find the messages, show
 * whose they are, ask, act, note it in the log of orders, and say what came of
 * it.
 */
#include "command.h"
#include "milter/queue/queue.h"

/* Runs the command; argv as of struct command. Returns an exit code. */
int queue_command_run(const struct globals *globals, enum queue_act act,
		      int argc, char **argv);

/* What their usage and their help have in common. */
#define QUEUE_COMMAND_WHICH                                            \
	"[--sender ADDRESS] [--recipient ADDRESS] [--client NETWORK] " \
	"[--limit NAME] [--subject SUBJECT] [OPTIONS]"

/* clang-format off */
#define QUEUE_COMMAND_HELP \
	"Which messages is said by at least one of the first five; where several are\n" \
	"given, all must hold.\n" \
	"\n" \
	"  --sender ADDRESS    this envelope sender, as weir counts it; \"<>\" is the\n" \
	"                      null sender\n" \
	"  --recipient ADDRESS this is one of the recipients\n" \
	"  --client NETWORK    the client: an address, or a network 192.0.2.0/24\n" \
	"  --limit NAME        the limit for which weir held it\n" \
	"  --subject SUBJECT   the subject for which weir held it, or one of its own\n" \
	"  --yes               do not ask; with --json nothing is touched without it\n" \
	"  --dry-run           show what would be touched, touch nothing\n" \
	"  --reason TEXT       why; for the log of orders\n" \
	"  --by WHO            who (default: who called sudo, or the login)\n" \
	"  --mta MTA           postfix or sendmail (default: what can be used)\n" \
	"  --config DIRECTORY  that of main.cf, for one of several Postfix instances\n" \
	"  --tools DIRECTORY   look here first for the programs of the MTA\n"
/* clang-format on */

#endif
