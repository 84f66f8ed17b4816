/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_COMMAND_H
#define WEIR_QUEUE_COMMAND_H

/*
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
	"[--limit NAME] [--subject SUBJECT|--incident N] [OPTIONS]"

/* clang-format off */
#define QUEUE_COMMAND_HELP \
	"At least one of the first six says which messages; of several, all must match.\n" \
	"\n" \
	"  --sender ADDRESS    the envelope sender, as weir counts it; \"<>\" is the\n" \
	"                      null sender\n" \
	"  --recipient ADDRESS one of the recipients\n" \
	"  --client NETWORK    the client address, or a network such as 192.0.2.0/24\n" \
	"  --limit NAME        the limit that weir held it for\n" \
	"  --subject SUBJECT   the subject that weir held it for, or one of the message\n" \
	"  --incident N        mail of an incident: of its source and the senders that it\n" \
	"                      was stopped for, in its time\n" \
	"  --yes               do not ask; with --json nothing is changed without it\n" \
	"  --dry-run           show which messages would be affected, change nothing\n" \
	"  --reason TEXT       recorded in the log of orders\n" \
	"  --by WHO            the operator (default: sudo's user, or the login)\n" \
	"  --mta MTA           postfix or sendmail (default: the one that is installed)\n" \
	"  --config DIRECTORY  of main.cf, for one of several Postfix instances\n" \
	"  --tools DIRECTORY   search the programs of the MTA here first\n"
/* clang-format on */

#endif
