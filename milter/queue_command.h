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
#include "queue.h"

/* Runs the command; argv as of struct command. Returns an exit code. */
int queue_command_run(const struct control *control, enum queue_act act,
		      int argc, char **argv);

/* What their usage and their help have in common. */
#define QUEUE_COMMAND_ARGUMENTS "WHICH MESSAGES [--yes | --dry-run] [OPTIONS]"

/* clang-format off */
#define QUEUE_COMMAND_HELP                                                     \
	"Which messages, at least one of these; all that are given must hold:\n" \
	"  --sender A          of this envelope sender, as weir counts it;\n"   \
	"                      \"<>\" is the null sender\n"                      \
	"  --recipient A       with this recipient among others\n"              \
	"  --client IP|CIDR    from this client or network\n"                   \
	"  --limit NAME        that weir held for this limit\n"                 \
	"  --subject SUBJECT   such as sender_domain:example.com\n"             \
	"and:\n"                                                               \
	"  --yes               do not ask\n"                                    \
	"  --dry-run           show what would be touched, touch nothing\n"     \
	"  --by WHO, --reason TEXT\n"                                           \
	"                      for the log of orders\n"                         \
	"  --mta postfix|sendmail\n"                                            \
	"                      where there are both\n"                          \
	"  --config DIR        the config_directory of Postfix\n"               \
	"  --tools DIR         look here first for the MTA's programs\n"        \
	"With --json nothing is touched unless --yes is given.\n"
/* clang-format on */

#endif
