/* SPDX-License-Identifier: ISC */
#ifndef WEIR_STORE_DRY_H
#define WEIR_STORE_DRY_H

/*
 * Without this the question what would happen to a message would be a message
 * that happened.
 *
 * A store that answers as another one would, and charges nothing there: it
 * only peeks. What a charge would have left in a window that is over is added
 * up here, so that a policy on top of it says the very same.
 */
#include "store.h"

/* inner stays the caller's. Never NULL. */
struct store *store_dry_new(struct store *inner);

#endif
