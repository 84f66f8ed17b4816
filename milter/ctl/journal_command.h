/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_COMMAND_H
#define WEIR_JOURNAL_COMMAND_H

/* The acts of `weirctl journal`, a file each. argv[0] is "journal" and the name
 * of the act; the answer is an exit code. */
#include "command.h"

int journal_verify_run(const struct globals *globals, int argc, char **argv);
int journal_show_run(const struct globals *globals, int argc, char **argv);
int journal_export_run(const struct globals *globals, int argc, char **argv);
int journal_prune_run(const struct globals *globals, int argc, char **argv);

#endif
