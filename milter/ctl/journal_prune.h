/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_PRUNE_H
#define WEIR_JOURNAL_PRUNE_H

/* weirctl journal prune. argv[0] is the name of it; the answer is an exit code.
 */
#include "command.h"

int journal_prune_run(const struct globals *globals, int argc, char **argv);

#endif
