/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_VERIFY_H
#define WEIR_JOURNAL_VERIFY_H

/* weirctl journal verify. argv[0] is "verify"; the answer is an exit code. */
#include "command.h"

int journal_verify_run(const struct globals *globals, int argc, char **argv);

#endif
