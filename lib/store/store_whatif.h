/* SPDX-License-Identifier: ISC */
#ifndef WEIR_STORE_WHATIF_H
#define WEIR_STORE_WHATIF_H

/*
 * Without this the question what would happen to a message would be a message
 * that happened.
 *
 * A store that answers as another one would, and charges nothing there: it
 * only peeks. What a charge would have left in a window that is over is added
 * up here, and what was to be added (the attempts of recipients that were
 * refused) is remembered for the questions behind it, so that a policy on top
 * says the very same. For one message: what a message that is let in would
 * leave behind is not there for the next. One thread.
 */
#include "store.h"

/* inner stays the caller's. Never NULL. */
struct store *store_whatif_new(struct store *inner);

#endif
