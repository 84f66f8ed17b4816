/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_EXPORT_H
#define WEIR_JOURNAL_EXPORT_H

/* weirctl journal export. argv[0] is the name of it; the answer is an exit
 * code. */
#include "command.h"

int journal_export_run(const struct globals *globals, int argc, char **argv);

#endif
