/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_SHOW_H
#define WEIR_JOURNAL_SHOW_H

/* weirctl journal show. argv[0] is the name of it; the answer is an exit code.
 */
#include "command.h"

int journal_show_run(const struct globals *globals, int argc, char **argv);

#endif
