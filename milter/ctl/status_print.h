/* SPDX-License-Identifier: ISC */
#ifndef WEIR_STATUS_PRINT_H
#define WEIR_STATUS_PRINT_H

/*
 * The milters, Redis, and the verdicts lately, on standard output.
 */
#include "lib/settings/settings.h"
#include "milter/common/status.h"

void status_print(const struct status *status, const struct settings *settings);

#endif
