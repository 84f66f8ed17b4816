/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SECRETS_H
#define WEIR_SECRETS_H

/*
 * The secrets of the channels, which weir-keeper alone can read: a mistake in
 * them is to be found at the start or the reload, not in a flood.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"

/* Can each be read? False: each reason is logged. */
bool secrets_check(const struct settings *settings);

#endif
